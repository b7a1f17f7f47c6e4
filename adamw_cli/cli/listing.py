"""`adamw list`."""

from enum import StrEnum
from typing import Annotated

import typer

from adamw_cli.cli.options import Format, FormatOption, PluginsOption, emit, warn


class Listed(StrEnum):
    """What can be listed."""

    optimizers = "optimizers"
    landscapes = "landscapes"
    schedules = "schedules"
    noises = "noises"
    metrics = "metrics"
    scenarios = "scenarios"


def listing(
    what: Annotated[Listed, typer.Argument(help="What to list.")],
    plugins: PluginsOption = None,
    form: FormatOption = Format.table,
) -> None:
    """What there is: update rules, landscapes, schedules, kinds of noise, metrics, shipped scenarios.

    \b
    Examples:
      adamw list optimizers
      adamw list scenarios
      adamw list metrics --format markdown
    """
    from adamw_cli import registry
    from adamw_cli.report.catalog import listing as find

    if what is not Listed.scenarios:
        warn(registry.faults(what.value))
    emit(find(what.value), form)
