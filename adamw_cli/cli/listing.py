"""`adamw list`."""

from typing import Annotated, Literal

import typer

from adamw_cli.cli.options import FormatOption, PluginsOption, emit, warn


def listing(
    what: Annotated[
        Literal["optimizers", "landscapes", "schedules", "noises", "metrics", "scenarios"],
        typer.Argument(help="What to list."),
    ],
    plugins: PluginsOption = None,
    form: FormatOption = "table",
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

    if what != "scenarios":
        warn(registry.faults(what))
    emit(find(what), form)
