"""`adamw validate`: the format only; nothing is run."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class ValidateFormat(StrEnum):
    """How problems are printed."""

    full = "full"
    concise = "concise"
    json = "json"


def validate(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders, names of shipped scenarios.")],
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Exit with 0 if there is no scenario at all.")
    ] = False,
    form: Annotated[
        ValidateFormat, typer.Option("--format", "-f", help="How to print problems.")
    ] = ValidateFormat.full,
) -> None:
    """Check that scenarios are well-formed, without running them.

    Exit codes: 0 all are; 2 one is not; 5 there is none.

    \b
    Examples:
      adamw validate scenarios/
      adamw validate my.yaml --format concise
    """
    from adamw_cli import api
    from adamw_cli.errors import ExitCode
    from adamw_cli.report.validation import text

    found = api.validate(paths)
    text(found, form.value)
    if not found:
        raise typer.Exit(ExitCode.OK if allow_empty else ExitCode.NOTHING_MATCHED)
    raise typer.Exit(ExitCode.COULD_NOT_RUN if any(found.values()) else ExitCode.OK)
