"""`adamw config`."""

from typing import Annotated, Literal

import typer

from adamw_cli.cli.options import FormatOption, emit, warn


def config(
    context: typer.Context,
    action: Annotated[
        Literal["show"], typer.Argument(help="Show every option, its value, and where that comes from.")
    ] = "show",
    command: Annotated[
        str | None, typer.Argument(metavar="COMMAND", help="The command that is meant; all of them if left out.")
    ] = None,
    form: FormatOption = "table",
) -> None:
    """The settings in effect: what each option is, and whether a file, the environment or nobody said so.

    A flag beats the environment, the environment beats the file: the nearest adamw.toml, or pyproject.toml with a
    table [tool.adamw]. `adamw --config FILE COMMAND` names another one, `adamw --no-config COMMAND` none.

    \b
    Examples:
      adamw config show
      adamw config show check
      adamw config show simulate --format json
    """
    from adamw_cli.cli import settings
    from adamw_cli.errors import UsageError, suggestion
    from adamw_cli.report.settings import document

    known = settings.commands(context)
    if command is not None and command not in known:
        raise UsageError(f"there is no command '{command}'", suggestion(command, known))
    rows = settings.in_effect(context, known if command is None else [command])
    warn(tuple(settings.strangers(context)))
    emit(document(rows, settings.file(context)), form)
