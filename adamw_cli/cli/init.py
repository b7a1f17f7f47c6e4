"""`adamw init`."""

from pathlib import Path
from typing import Annotated

import typer

from adamw_cli.cli.options import ForceOption, PluginsOption


def init(
    path: Annotated[Path, typer.Argument(help="File to write; - prints it.")] = Path("scenario.yaml"),
    plugins: PluginsOption = None,
    force: ForceOption = False,
) -> None:
    """Write a starter scenario, and beside it the JSON Schema that editors complete and check it with.

    \b
    Examples:
      adamw init
      adamw init scenarios/mine.yaml
      adamw init - | adamw simulate -
    """
    from adamw_cli.report import starter
    from adamw_cli.report.output import say, write

    if str(path) == "-":
        write(starter.text(path.stem, None))
        return
    for written in starter.write(path, force):
        say(f"wrote {written}")
    say(f"now: adamw simulate {path}")
