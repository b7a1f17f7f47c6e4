"""`adamw overshoot`."""

from typing import Annotated

import typer

from adamw_cli.cli import options


@options.grouped(weight_decay=0.02)
def overshoot(
    *,
    context: typer.Context,
    start: Annotated[float, typer.Option(help="The weight at step 0.")] = 5.0,
    gradient: options.GradientOption = 1.0,
    flip_at: Annotated[float, typer.Option(help="The last step with gradient G; then it is -G.")] = 1000,
    study: options.StudyOptions,
    output: options.OutputOptions,
) -> None:
    """A gradient that turns round: how far momentum carries the weight on, under AdamW, Adam and Adam with L2.

    Prints when the momentum turns, how far the weight overshoots and when it is back, and says who overshoots more and why.

    \b
    Examples:
      adamw overshoot
      adamw overshoot --start -5
      adamw overshoot --gradient 0.1 --weight-decay 0.1 --start 3
      adamw overshoot --beta1 0.95 --format json
    """  # fmt: skip
    from adamw_cli.studies.overshoot import overshoot as run

    options.study(context, run, output)
