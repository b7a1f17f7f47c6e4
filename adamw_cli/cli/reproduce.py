"""`adamw reproduce`."""

from typing import Annotated

import typer

from adamw_cli.cli.options import EngineOption, FormatOption, PluginsOption, emit


def reproduce(
    papers: Annotated[
        list[str] | None, typer.Argument(help="Short names of papers; without any, the gallery is listed.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Reproduce every paper; a gate for CI.")] = False,
    form: FormatOption = "table",
    engine: EngineOption = None,
    plugins: PluginsOption = None,
) -> None:
    """Published results, put to the test: what the paper says, theory, what is measured, and the verdict.

    Every result is a shipped scenario. Exit codes: 0 every result is confirmed; 1 one is not.

    \b
    Examples:
      adamw reproduce
      adamw reproduce cohen-2022
      adamw reproduce --all --format markdown
    """
    from adamw_cli import api
    from adamw_cli.judging.papers import chosen
    from adamw_cli.report import papers as report
    from adamw_cli.report.progress import Progress

    if everything and papers:
        raise typer.BadParameter("it goes against naming papers", param_hint="'--all'")
    gallery = api.papers()
    chosen(gallery.statements, papers or ())  # a name that is not known is said before anything is run
    if not everything and not papers:
        emit(gallery, form)
        return
    with Progress("results") as progress:
        result = api.reproduce(papers or (), progress=progress)
    emit(report.document(result, in_full=not everything), form)
    raise typer.Exit(result.check.exit_code)
