"""`adamw cache`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from adamw_cli.cli.options import Format, FormatOption, emit


class Action(StrEnum):
    """What to do with the cache."""

    info = "info"
    clean = "clean"
    warm = "warm"


def cache(
    action: Annotated[
        Action,
        typer.Argument(
            help="Show it, delete compiled kernels, or compile those of the shipped scenarios and of conform."
        ),
    ] = Action.info,
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
    from adamw_cli.engine import cache as store
    from adamw_cli.engine import choice
    from adamw_cli.report.environment import cache_document
    from adamw_cli.report.output import say

    if action is Action.warm:
        from adamw_cli.conformance.probes import probes
        from adamw_cli.conformance.runs import run
        from adamw_cli.conformance.variants import space
        from adamw_cli.engine.native import compiled_here
        from adamw_cli.engine.warm import warm
        from adamw_cli.scenario.find import load_scenario
        from adamw_cli.scenario.shipped import shipped

        choice.use("llvm")
        before = len(compiled_here())
        warm(load_scenario(path) for path in shipped().values())
        run(space()[:1], probes())
        say(f"{len(compiled_here()) - before} kernels compiled")
    native = choice.native()
    current = None if native is None else native.folder()
    if action is Action.clean:
        say(f"{store.clean(keep=current if old else None)} files deleted")
    emit(cache_document(store.root(), current, store.entries()), form)
