"""`adamw validate`: the format only; nothing is run."""

from typing import Annotated

import typer

from adamw_cli.cli.options import PluginsOption
from adamw_cli.cli.reporting import AUTO, ValidateFormatOption, ValidateReportOption, reporting


def validate(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders, names of shipped scenarios.")],
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Exit with 0 if there is no scenario at all.")
    ] = False,
    plugins: PluginsOption = None,
    form: ValidateFormatOption = AUTO,
    reports: ValidateReportOption = None,
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
    from adamw_cli.report.formats import VALIDATE

    output = reporting(VALIDATE, form, reports)
    found = api.validate(paths)
    complete = output.deliver(found)
    if not found.files and complete:
        raise typer.Exit(ExitCode.OK if allow_empty else ExitCode.NOTHING_MATCHED)
    raise typer.Exit(ExitCode.COULD_NOT_RUN if not (found.valid and complete) else ExitCode.OK)
