"""`adamw critical-lambda`."""

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


def critical_lambda(
    start: Annotated[float, typer.Option(help="The weight at step 0.")] = 1.0,
    gradient: GradientOption = -1.0,
    pulse_steps: Annotated[float, typer.Option(help="The last step with gradient G; then there is none.")] = 100,
    lr: LrOption = 1e-3,
    weight_decay: DecayOption = 0.1,
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
    from adamw_cli.judging.measure import total_steps
    from adamw_cli.report import plot as drawing
    from adamw_cli.report import studies
    from adamw_cli.report.progress import Progress
    from adamw_cli.studies import critical_lambda as study

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
    scenario = study.plan(given, start, gradient, pulse_steps, steps)
    with Progress(total_steps(scenario), "steps") as progress:
        result = study.critical_lambda(given, start, gradient, pulse_steps, steps, progress)
    warn(result.warnings)
    emit(studies.critical_lambda_document(result), form)
    if plot is not None:
        panels = drawing.simulation_panels([result.simulation], *result.window)
        drawing.write(plot, "critical-lambda", panels, overwrite=force)
