"""`adamw defaults`: a table and closed forms, so nothing heavy is imported."""

from typing import Annotated

import typer

from adamw_cli.cli.options import FormatOption, emit


def defaults(
    name: Annotated[
        str | None, typer.Argument(help="Part of the name of a framework or an optimizer; all if left out.")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Take this learning rate, not each framework's own.")] = None,
    form: FormatOption = "table",
) -> None:
    """What AdamW is called with where nothing is given, framework by framework; and the half-life that follows.

    Read from the source of the version named, which `--format json` cites.

    \b
    Examples:
      adamw defaults
      adamw defaults adamw --lr 3e-4
      adamw defaults keras --format json
    """  # fmt: skip
    from adamw_cli.calculators.defaults import defaults as find

    emit(find(name, lr=lr), form)
