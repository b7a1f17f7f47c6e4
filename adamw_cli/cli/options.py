"""Options that several commands share, so that they mean and are called the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adamw_cli.report.document import Document
from adamw_cli.report.output import say, write
from adamw_cli.result import Result

if TYPE_CHECKING:
    from adamw_cli.studies.study import Study

# Parameters of commands that say how a result is printed and where it goes.
_OUTPUT = ("form", "plot", "force")


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")]
PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", help="Draw the trajectories, theory over them: .svg or .png (extra 'plot')."
    ),
]

_rule, _run = (partial(typer.Option, rich_help_panel=panel) for panel in ("The rule", "The run"))
LrOption = Annotated[float, _rule(help="Peak learning rate.")]
DecayOption = Annotated[float, _rule("--weight-decay", help="Weight decay of the rules that have one.")]
Beta1Option = Annotated[float, _rule(help="Decay rate of the first moment.")]
Beta2Option = Annotated[float, _rule(help="Decay rate of the second moment.")]
EpsOption = Annotated[float, _rule(help="Added to sqrt(v_hat).")]
GradientOption = Annotated[float, _run(help="The gradient G at first.")]
StepsOption = Annotated[float | None, _run(help="Length of the run; chosen if left out.")]
ScheduleOption = Annotated[str, _run(metavar="KIND", help="Schedule of lr: see `adamw list schedules`.")]
WarmupOption = Annotated[float | None, _run("--warmup-steps", help="Of the schedule.")]
FinalOption = Annotated[float | None, _run("--final-fraction", help="Of cosine, linear, wsd.")]
DecayStepsOption = Annotated[float | None, _run("--decay-steps", help="Of wsd.")]
RateOption = Annotated[float | None, _run(help="Of exponential.")]
EveryOption = Annotated[float | None, _run(help="Of step.")]
FactorOption = Annotated[float | None, _run(help="Of step.")]


def asked(context: typer.Context) -> dict[str, Any]:
    """What the options say of the question, under the names that the function of the command has for them."""
    return {name: value for name, value in context.params.items() if name not in _OUTPUT}


def study(context: typer.Context, run: Callable[..., Study], plot: Path | None, force: bool, form: Format) -> None:
    """Run a study, print what it found, and draw it if that is wanted."""
    from adamw_cli.cli.announce import announce_compilation
    from adamw_cli.report import plot as drawing
    from adamw_cli.report import results
    from adamw_cli.report.progress import Progress

    if plot is not None:
        drawing.check_name(plot)
    announce_compilation()
    with Progress("steps") as progress:
        result = run(**asked(context), progress=progress)
    warn(result.warnings)
    emit(result, form)
    if plot is not None:
        results.plot(result, plot, force=force)


def emit(answer: Document | Result, form: Format) -> None:
    """Print a document, or that of a result, on standard output."""
    from adamw_cli.report.render import render
    from adamw_cli.report.results import document

    write(render(document(answer) if isinstance(answer, Result) else answer, form.value))


def warn(warnings: tuple[str, ...]) -> None:
    """Say on standard error where the numbers could mislead."""
    for text in warnings:
        say(f"warning: {text}")
