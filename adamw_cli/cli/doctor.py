"""`adamw doctor`."""

from __future__ import annotations

import typer

from adamw_cli.cli.options import Format, FormatOption, emit


def doctor(form: FormatOption = Format.table) -> None:
    """Versions, the kernel cache, and a self-test of the engine: what to send with a report.

    \b
    Examples:
      adamw doctor
      adamw doctor --format json
    """
    from adamw_cli.engine.doctor import examine
    from adamw_cli.errors import ExitCode
    from adamw_cli.report.environment import diagnosis

    findings = examine()
    emit(diagnosis(findings), form)
    raise typer.Exit(ExitCode.OK if all(finding.ok for finding in findings) else ExitCode.COULD_NOT_RUN)
