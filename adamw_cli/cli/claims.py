"""`adamw claims`."""

import typer

from adamw_cli.cli.options import EngineOption, FormatOption, PluginsOption, emit


def claims(form: FormatOption = "table", engine: EngineOption = None, plugins: PluginsOption = None) -> None:
    """What is said about AdamW, put to the test: each claim, whether it holds, and the number that decides.

    Every claim is a shipped scenario; this runs them all. Exit codes: 0 every verdict is confirmed; 1 one is not.

    \b
    Examples:
      adamw claims
      adamw claims --format json
      adamw simulate claims/26_critical_lambda
    """
    from adamw_cli import api
    from adamw_cli.report.progress import Progress

    with Progress("claims") as progress:
        result = api.claims(progress=progress)
    emit(result, form)
    raise typer.Exit(result.check.exit_code)
