"""`adamw cache`."""

from typing import Annotated, Literal

import typer

from adamw_cli.cli.options import FormatOption, emit


def cache(
    action: Annotated[
        Literal["info", "clean", "warm"],
        typer.Argument(
            help="Show it, delete compiled kernels, or compile those of the shipped scenarios and of conform."
        ),
    ] = "info",
    old: Annotated[bool, typer.Option("--old", help="With clean: kernels of other versions only.")] = False,
    form: FormatOption = "table",
) -> None:
    """The cache of compiled kernels: where it is, how large, clean it, fill it.

    \b
    Examples:
      adamw cache
      adamw cache warm
      adamw cache clean --old
    """
    from adamw_cli import api
    from adamw_cli.engine.choice import use
    from adamw_cli.report.output import say

    use(None, say)  # which there is no option for: what is said of an unsafe folder is said as by every other command
    result = api.cache(action, old=old)
    if action != "info":
        say(f"{result.changed} {'files deleted' if action == 'clean' else 'kernels compiled'}")
    emit(result, form)
