"""`adamw critical-lambda`."""

from typing import Annotated

import typer

from adamw_cli.cli import options


@options.grouped()
def critical_lambda(
    *,
    context: typer.Context,
    start: Annotated[float, typer.Option(help="The weight at step 0.")] = 1.0,
    gradient: options.GradientOption = -1.0,
    pulse_steps: Annotated[float, typer.Option(help="The last step with gradient G; then there is none.")] = 100,
    study: options.StudyOptions,
    output: options.OutputOptions,
) -> None:
    """A gradient that is gone while its momentum is not: the weight decay that balances what is left.

    Prints the critical weight decay step by step, found by running the step, beside theory; and for the given
    weight decay when the weight peaks, how far it goes, and how far momentum alone would carry it.

    \b
    Examples:
      adamw critical-lambda
      adamw critical-lambda --gradient -0.7 --pulse-steps 37 --start 2
      adamw critical-lambda --weight-decay 0.9 --beta2 0.95
      adamw critical-lambda --beta2 0.8 --format json
    """  # fmt: skip
    from adamw_cli.studies.critical_lambda import critical_lambda as run

    options.study(context, run, output)
