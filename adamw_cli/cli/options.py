"""Options that several commands share, so that they mean and are called the same everywhere."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adamw_cli.engine.choice import ENVIRONMENT_VARIABLE, use
from adamw_cli.report.document import Document
from adamw_cli.report.output import say, write

if TYPE_CHECKING:
    from adamw_cli.studies.study import Settings


class Engine(StrEnum):
    """What runs kernels."""

    llvm = "llvm"
    python = "python"


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")]
EngineOption = Annotated[
    Engine | None,
    typer.Option(
        "--engine",
        envvar=ENVIRONMENT_VARIABLE,
        help="Run compiled code (llvm) or plain Python, which is much slower (default: llvm if it can be used).",
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")]
PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", help="Draw the trajectories, theory over them: .svg or .png (extra 'plot')."
    ),
]

_RULE = "The rule"
_RUN = "The run"
LrOption = Annotated[float, typer.Option(help="Peak learning rate.", rich_help_panel=_RULE)]
DecayOption = Annotated[
    float, typer.Option("--weight-decay", help="Weight decay of the rules that have one.", rich_help_panel=_RULE)
]
Beta1Option = Annotated[float, typer.Option(help="Decay rate of the first moment.", rich_help_panel=_RULE)]
Beta2Option = Annotated[float, typer.Option(help="Decay rate of the second moment.", rich_help_panel=_RULE)]
EpsOption = Annotated[float, typer.Option(help="Added to sqrt(v_hat).", rich_help_panel=_RULE)]
GradientOption = Annotated[float, typer.Option(help="The gradient G at first.", rich_help_panel=_RUN)]
StepsOption = Annotated[float | None, typer.Option(help="Length of the run; chosen if left out.", rich_help_panel=_RUN)]
ScheduleOption = Annotated[
    str, typer.Option(metavar="KIND", help="Schedule of lr: see `adamw list schedules`.", rich_help_panel=_RUN)
]
WarmupOption = Annotated[float | None, typer.Option("--warmup-steps", rich_help_panel=_RUN, help="Of the schedule.")]
FinalOption = Annotated[
    float | None, typer.Option("--final-fraction", rich_help_panel=_RUN, help="Of cosine, linear, wsd.")
]
DecayStepsOption = Annotated[float | None, typer.Option("--decay-steps", rich_help_panel=_RUN, help="Of wsd.")]
RateOption = Annotated[float | None, typer.Option(rich_help_panel=_RUN, help="Of exponential.")]
EveryOption = Annotated[float | None, typer.Option(rich_help_panel=_RUN, help="Of step.")]
FactorOption = Annotated[float | None, typer.Option(rich_help_panel=_RUN, help="Of step.")]


def running(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that runs scenarios or rules the option --engine, and let the engine say what takes long."""

    @wraps(command)
    def run(engine: Engine | None, **given: Any) -> None:
        use(engine, say)
        command(**given)

    signature = inspect.signature(command, eval_str=True)
    option = inspect.Parameter("engine", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=EngineOption)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), option])  # type: ignore[attr-defined]
    return run


def chosen(**flags: float | None) -> dict[str, float]:
    """The parameters of a schedule that were given."""
    return {name: value for name, value in flags.items() if value is not None}


def settings(
    lr: float, weight_decay: float, beta1: float, beta2: float, eps: float, schedule: str, parameters: dict[str, float]
) -> Settings:
    """What the flags of the rule and the schedule say."""
    from adamw_cli.studies.study import Settings as Values

    return Values(lr, weight_decay, beta1, beta2, eps, schedule, parameters)


def emit(document: Document, form: Format) -> None:
    """Print a document on standard output."""
    from adamw_cli.report.render import render

    write(render(document, form.value))


def warn(warnings: tuple[str, ...]) -> None:
    """Say on standard error where the numbers could mislead."""
    for text in warnings:
        say(f"warning: {text}")
