"""`adamw show`."""

from typing import Annotated

import typer

from adamw_cli.cli.options import PluginsOption
from adamw_cli.report.output import write


def show(
    name: Annotated[
        str, typer.Argument(help="An update rule, landscape, schedule, kind of noise, metric or shipped scenario.")
    ],
    plugins: PluginsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Everything about one thing: formula, source, parameters with defaults; a scenario's text.

    \b
    Examples:
      adamw show adamw
      adamw show half_life
      adamw show plateau
    """
    from adamw_cli.report import catalog
    from adamw_cli.report.results import text

    found = catalog.show(name)
    write(text(found, "json") if as_json else found.text)
