"""`adamw half-life`: closed forms only, so nothing heavy is imported."""

from functools import partial
from typing import Annotated

import typer

from adamw_cli.cli import options

_PANELS = ("The run", "Solve for lr or weight decay", "Other units")
_run, _target, _units = (partial(typer.Option, rich_help_panel=panel) for panel in _PANELS)


def half_life(
    context: typer.Context,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate; 1e-3 by default.")] = None,
    weight_decay: Annotated[
        float | None, typer.Option(help="Decoupled, multiplied by lr as in PyTorch's AdamW; 1e-2 by default.")
    ] = None,
    steps: Annotated[float | None, _run(help="Length of the run.")] = None,
    schedule: options.ScheduleOption = "constant",
    target_steps: Annotated[float | None, _target(help="The step at which a weight is to be halved.")] = None,
    target_shrink: Annotated[float | None, _target(help="What is to be left of a weight after --steps.")] = None,
    steps_per_epoch: Annotated[float | None, _units(help="Print epochs too.")] = None,
    tokens_per_step: Annotated[float | None, _units(help="Print tokens too.")] = None,
    dtype: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="What weights are stored in: bfloat16, float16, float32, float8_e4m3, ..."),
    ] = None,
    plugins: options.PluginsOption = None,
    form: options.FormatOption = "table",
) -> None:
    """How fast weights decay: half-life, timescale and total shrink; or the lr or weight decay for a target.

    \b
    Examples:
      adamw half-life --lr 3e-4 --weight-decay 0.1
      adamw half-life --lr 3e-4 --weight-decay 0.1 --steps 1e5 --schedule cosine --warmup-steps 2000
      adamw half-life --lr 3e-4 --target-steps 20000
      adamw half-life --lr 3e-4 --steps 1e5 --schedule linear --target-shrink 0.1
      adamw half-life --lr 3e-4 --weight-decay 0.1 --steps-per-epoch 1250 --tokens-per-step 4e6
      adamw half-life --lr 3e-4 --weight-decay 0.1 --dtype bfloat16
    """  # fmt: skip
    from adamw_cli.calculators.half_life import half_life as solve

    answer = solve(**options.asked(context))
    options.warn(answer.warnings)
    options.emit(answer, form)
