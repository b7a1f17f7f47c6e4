"""`adamw cache`."""

from enum import StrEnum
from typing import Annotated

import typer

from adamw_cli.cli.options import Format, FormatOption, emit


class CacheAction(StrEnum):
    """What to do with the cache."""

    info = "info"
    clean = "clean"
    warm = "warm"


def cache(
    action: Annotated[
        CacheAction,
        typer.Argument(
            help="Show it, delete compiled kernels, or compile those of the shipped scenarios and of conform."
        ),
    ] = CacheAction.info,
    old: Annotated[bool, typer.Option("--old", help="With clean: kernels of other versions only.")] = False,
    form: FormatOption = Format.table,
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
    result = api.cache(action.value, old=old)
    if action is not CacheAction.info:
        say(f"{result.changed} {'files deleted' if action is CacheAction.clean else 'kernels compiled'}")
    emit(result, form)
