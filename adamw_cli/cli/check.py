"""`adamw check`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from adamw_cli.cli.options import Format, emit


class CheckFormat(StrEnum):
    """How the outcomes are printed."""

    full = "full"
    concise = "concise"
    json = "json"
    csv = "csv"
    markdown = "markdown"


def check(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH", help="Files, folders, names of shipped scenarios, PATH:LINE for one expectation."
        ),
    ],
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Exit with 0 if there is no scenario at all.")
    ] = False,
    update_snapshots: Annotated[
        bool, typer.Option("--update-snapshots", help="Store the values of snapshots anew, instead of comparing.")
    ] = False,
    form: Annotated[CheckFormat, typer.Option("--format", "-f", help="How to print the outcomes.")] = CheckFormat.full,
) -> None:
    """Run scenarios and judge what they expect: a gate for CI.

    Exit codes: 0 all expectations are met; 1 one is not; 2 a scenario could not be run; 5 there is none.

    \b
    Examples:
      adamw check scenarios/
      adamw check plateau my.yaml --format concise
      adamw check scenarios/ --format json
      adamw check my.yaml:12
      adamw check scenarios/ --update-snapshots
    """
    from adamw_cli import api
    from adamw_cli.cli.announce import announce_compilation
    from adamw_cli.errors import ExitCode
    from adamw_cli.gate.select import chosen
    from adamw_cli.report.outcomes import concise
    from adamw_cli.report.outcomes.document import document
    from adamw_cli.report.output import write
    from adamw_cli.report.progress import Progress

    announce_compilation()
    with Progress(len(chosen(paths)), "scenarios") as progress:
        result = api.check(paths, update_snapshots=update_snapshots, progress=progress)
    if form is CheckFormat.concise:
        write(concise.render(result))
    else:
        emit(document(result), Format.table if form is CheckFormat.full else Format(form.value))
    if result.bug is not None:
        raise result.bug
    code = result.exit_code
    raise typer.Exit(ExitCode.OK if code is ExitCode.NOTHING_MATCHED and allow_empty else code)
