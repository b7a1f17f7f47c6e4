"""The command line: one thin file per command, and main.py, the one place where errors become exit codes."""
