"""`adamw check`."""

from __future__ import annotations

from typing import Annotated

import typer

from adamw_cli.cli.reporting import AUTO, CheckFormatOption, CheckReportOption, reporting


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
    form: CheckFormatOption = AUTO,
    reports: CheckReportOption = None,
) -> None:
    """Run scenarios and judge what they expect: a gate for CI.

    Exit codes: 0 all expectations are met; 1 one is not; 2 a scenario could not be run; 5 there is none.

    \b
    Examples:
      adamw check scenarios/
      adamw check plateau my.yaml --format concise
      adamw check scenarios/ --format json
      adamw check scenarios/ --report junit=junit.xml --report sarif=adamw.sarif
      adamw check my.yaml:12
      adamw check scenarios/ --update-snapshots
    """
    from adamw_cli import api
    from adamw_cli.cli.announce import announce_compilation
    from adamw_cli.errors import ExitCode, InterruptionError
    from adamw_cli.gate.select import chosen
    from adamw_cli.report.formats import CHECK
    from adamw_cli.report.progress import Progress

    output = reporting(CHECK, form, reports)
    announce_compilation()
    with Progress(len(chosen(paths)), "scenarios") as progress:
        result = api.check(paths, update_snapshots=update_snapshots, progress=progress)
    complete = output.deliver(result)
    if result.interrupted:
        done = len(result.files)
        raise InterruptionError(f"{done:,} of {done + result.not_run:,} scenarios done")
    if result.bug is not None:
        raise result.bug
    code = result.exit_code if complete else ExitCode.COULD_NOT_RUN
    raise typer.Exit(ExitCode.OK if code is ExitCode.NOTHING_MATCHED and allow_empty else code)
