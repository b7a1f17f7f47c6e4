"""`adamw decay`."""

from __future__ import annotations

from typing import Annotated

import typer

from adamw_cli.cli.options import (
    ForceOption,
    Format,
    FormatOption,
    PlotOption,
    RuleOptions,
    ScheduleOptions,
    StepsOption,
    emit,
    grouped,
    warn,
)


@grouped()
def decay(
    *,
    start: Annotated[
        list[float] | None, typer.Option(help="A weight at step 0; repeatable. 0.1, 1 and 100 by default.")
    ] = None,
    rule: RuleOptions,
    steps: StepsOption = None,
    schedule: ScheduleOptions,
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
    from adamw_cli.cli.announce import announce_compilation
    from adamw_cli.judging.measure import total_steps
    from adamw_cli.report import plot as drawing
    from adamw_cli.report import studies
    from adamw_cli.report.progress import Progress
    from adamw_cli.studies import decay as study
    from adamw_cli.studies.study import Settings

    if plot is not None:
        drawing.check_name(plot)
    starts = tuple(start) if start else study.STARTS
    given = Settings(**vars(rule), **schedule.keywords)
    scenario = study.plan(given, starts, steps)
    announce_compilation()
    with Progress(total_steps(scenario), "steps") as progress:
        result = study.decay(given, starts, steps, progress)
    warn(result.warnings)
    emit(studies.decay_document(result), form)
    if plot is not None:
        drawing.write(plot, "decay", drawing.simulation_panels([result.simulation]), overwrite=force)
