"""The command `adamw`, and `python -m adamw_cli`: a process of its own, which a signal may reach at any moment."""

import sys


def command() -> int:
    """Run the command line of the process; return its exit code."""
    try:
        from adamw_cli.cli.main import main
        from adamw_cli.cli.signals import deaf, occupy_standard_streams

        occupy_standard_streams()
        code = main()
        deaf()
        return code
    except KeyboardInterrupt:  # while these were imported, or after the last word
        return 130


if __name__ == "__main__":
    sys.exit(command())
