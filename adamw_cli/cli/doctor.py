"""`adamw doctor`."""

import typer

from adamw_cli.cli.options import EngineOption, FormatOption, emit


def doctor(form: FormatOption = "table", engine: EngineOption = None) -> None:
    """Check versions, the kernel cache, standard streams and the engine, and say what to do: send it with a report.

    \b
    Examples:
      adamw doctor
      adamw doctor --format json
    """
    from adamw_cli import api
    from adamw_cli.errors import ExitCode

    diagnosis = api.doctor()
    emit(diagnosis, form)
    raise typer.Exit(ExitCode.OK if diagnosis.ok else ExitCode.COULD_NOT_RUN)
