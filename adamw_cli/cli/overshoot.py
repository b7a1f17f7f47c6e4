"""`adamw overshoot`."""

from __future__ import annotations

from typing import Annotated

import typer

from adamw_cli.cli.options import (
    Beta1Option,
    Beta2Option,
    DecayOption,
    DecayStepsOption,
    EpsOption,
    EveryOption,
    FactorOption,
    FinalOption,
    ForceOption,
    Format,
    FormatOption,
    GradientOption,
    LrOption,
    PlotOption,
    RateOption,
    ScheduleOption,
    StepsOption,
    WarmupOption,
    chosen,
    emit,
    settings,
    warn,
)


def overshoot(
    start: Annotated[float, typer.Option(help="The weight at step 0.")] = 5.0,
    gradient: GradientOption = 1.0,
    flip_at: Annotated[float, typer.Option(help="The last step with gradient G; then it is -G.")] = 1000,
    lr: LrOption = 1e-3,
    weight_decay: DecayOption = 0.02,
    beta1: Beta1Option = 0.9,
    beta2: Beta2Option = 0.999,
    eps: EpsOption = 1e-8,
    steps: StepsOption = None,
    schedule: ScheduleOption = "constant",
    warmup_steps: WarmupOption = None,
    final_fraction: FinalOption = None,
    decay_steps: DecayStepsOption = None,
    rate: RateOption = None,
    every: EveryOption = None,
    factor: FactorOption = None,
    plot: PlotOption = None,
    force: ForceOption = False,
    form: FormatOption = Format.table,
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
    from adamw_cli.judging.measure import total_steps
    from adamw_cli.report import plot as drawing
    from adamw_cli.report import studies
    from adamw_cli.report.progress import Progress
    from adamw_cli.studies import overshoot as study

    if plot is not None:
        drawing.check_name(plot)
    parameters = chosen(
        warmup_steps=warmup_steps,
        final_fraction=final_fraction,
        decay_steps=decay_steps,
        rate=rate,
        every=every,
        factor=factor,
    )
    given = settings(lr, weight_decay, beta1, beta2, eps, schedule, parameters)
    scenario = study.plan(given, start, gradient, flip_at, steps)
    with Progress(total_steps(scenario), "steps") as progress:
        result = study.overshoot(given, start, gradient, flip_at, steps, progress)
    warn(result.warnings)
    emit(studies.overshoot_document(result), form)
    if plot is not None:
        panels = drawing.simulation_panels([result.simulation], *result.window)
        drawing.write(plot, "overshoot", panels, overwrite=force)
