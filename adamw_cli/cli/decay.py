"""`adamw decay`."""

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


def decay(
    start: Annotated[
        list[float] | None, typer.Option(help="A weight at step 0; repeatable. 0.1, 1 and 100 by default.")
    ] = None,
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
    """Where there is no gradient: AdamW against Adam with L2, for weights of several sizes.

    Prints the steps to half and to a tenth, to the first change of sign, and the first step, measured beside theory.

    \b
    Examples:
      adamw decay
      adamw decay --lr 3e-4 --weight-decay 0.1 --start 0.02 --start 1
      adamw decay --weight-decay 0.01 --eps 1e-3 --start 0.01
      adamw decay --start 1 --schedule cosine --steps 20000 --format json
    """  # fmt: skip
    from adamw_cli.judging.measure import total_steps
    from adamw_cli.report import plot as drawing
    from adamw_cli.report import studies
    from adamw_cli.report.progress import Progress
    from adamw_cli.studies import decay as study

    if plot is not None:
        drawing.check_name(plot)
    starts = tuple(start) if start else study.STARTS
    parameters = chosen(
        warmup_steps=warmup_steps,
        final_fraction=final_fraction,
        decay_steps=decay_steps,
        rate=rate,
        every=every,
        factor=factor,
    )
    given = settings(lr, weight_decay, beta1, beta2, eps, schedule, parameters)
    scenario = study.plan(given, starts, steps)
    with Progress(total_steps(scenario), "steps") as progress:
        result = study.decay(given, starts, steps, progress)
    warn(result.warnings)
    emit(studies.decay_document(result), form)
    if plot is not None:
        drawing.write(plot, "decay", drawing.simulation_panels([result.simulation]), overwrite=force)
