"""Write docs/cli.md from the commands' own help: `python docs/generate_cli.py`. A test checks that it is up to date."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from typing import Any

import typer

from adamw_cli.cli.app import build
from adamw_cli.errors import ExitCode

TARGET = Path(__file__).resolve().parent / "cli.md"
_HEAD = """\
# Commands

Written by `python docs/generate_cli.py` from the commands' own help; do not edit.

Data goes to standard output, everything else to standard error. `-h` and `--help` both work, on every command.
A table is drawn for a terminal and plain everywhere else; `--format json`, `csv` and `markdown` are the same on both.
`NO_COLOR`, `FORCE_COLOR`, `TERM=dumb` and `COLUMNS` are respected.
Every option can be set in a file or in the environment as well, see [config.md](config.md); `adamw --config FILE COMMAND` names
the file, `adamw --no-config COMMAND` reads none.

| exit code | meaning |
|---:|---|
"""
_MEANING = {
    ExitCode.OK: "fine",
    ExitCode.EXPECTATION_FAILED: "ran to the end, and at least one expectation failed",
    ExitCode.COULD_NOT_RUN: "could not run: usage, YAML, a missing file, a missing extra, a file that cannot be written",
    ExitCode.BUG: "a bug in `adamw`; `--traceback` shows where",
    ExitCode.NOTHING_MATCHED: "there is no scenario at all; `--allow-empty` makes it 0",
    ExitCode.HUNG_UP: "interrupted by SIGHUP: its terminal was closed",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C; what was done until then is printed and written",
    ExitCode.TERMINATED: "interrupted by SIGTERM, as `timeout` and containers do it",
}


def text() -> str:
    """Return the document; it depends on what the commands declare, not on how a library lays out help."""
    group = typer.main.get_command(build(terminal=False))
    parts = [_HEAD + "".join(f"| {code.value} | {_MEANING[code]} |\n" for code in ExitCode)]
    for name, command in group.commands.items():  # type: ignore[attr-defined]  # a group, as there are several commands
        about = inspect.cleandoc(command.callback.__doc__ or "").replace("\b\n", "")
        intro, _, examples = about.partition("Examples:\n")
        rows = [_row(parameter) for parameter in command.params]
        table = "\n".join(["| argument or option | meaning | default |", "|---|---|---|", *rows]) if rows else ""
        lines = textwrap.dedent(examples).strip()
        parts.append(f"## adamw {name}\n\n{intro.strip()}\n\n```sh\n{lines}\n```\n" + (f"\n{table}\n" if table else ""))
    return "\n".join(parts)


def _row(parameter: Any) -> str:
    names = (
        ", ".join(f"`{name}`" for name in parameter.opts)
        if parameter.param_type_name == "option"
        else f"`{parameter.name.upper()}`"
    )
    default = parameter.default
    shown = "" if default in (None, False) or callable(default) else f"`{getattr(default, 'value', default)}`"
    return f"| {names} | {parameter.help} | {shown} |"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
