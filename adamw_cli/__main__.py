"""`python -m adamw_cli` is the command `adamw`."""

import sys

from adamw_cli.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
