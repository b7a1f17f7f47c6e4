"""`adamw theory`: closed forms only, so nothing heavy is imported."""

from typing import Annotated

import typer

from adamw_cli.cli.options import FormatOption, emit


def theory(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="A closed form; `adamw theory NAME --help` explains it and lists its options.")
    ] = None,
    form: FormatOption = "table",
) -> None:
    """The closed forms of the theory: all of them, or the value of one, with its formula, condition and source.

    \b
    Examples:
      adamw theory
      adamw theory half_life --help
      adamw theory half_life --lr 1e-3 --weight-decay 0.1
      adamw theory critical_lambda --weight 2 --gradient -0.7 --pulse-steps 37 --steps-after 5 --beta1 0.9 --beta2 0.999 --eps 1e-8
      adamw theory total_shrink --lr 3e-4 --weight-decay 0.1 --schedule cosine --steps 1e5 --format json
    """  # fmt: skip
    from adamw_cli.calculators.closed_forms import closed_form, closed_forms

    emit(closed_forms() if name is None else closed_form(name, **context.obj), form)
