"""Options that several commands share, so that they mean and are called the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from adamw_cli.engine.choice import ENVIRONMENT_VARIABLE
from adamw_cli.report.document import Document
from adamw_cli.report.output import say, write
from adamw_cli.result import Result

if TYPE_CHECKING:
    from adamw_cli.studies.study import Study


# How a table is printed.
Format = Literal["table", "json", "csv", "markdown"]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")]
# `settings.Command` lets it choose before the command runs.
EngineOption = Annotated[
    Literal["llvm", "python"] | None,
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
# `settings.Command` loads the files before the command runs.
PluginsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        help="Add what a file declares: an update rule, landscape, schedule, noise or metric. Repeatable.",
    ),
]

RUN_PANEL = "The run"
_rule = partial(typer.Option, rich_help_panel="The rule")
_run = partial(typer.Option, rich_help_panel=RUN_PANEL)
GradientOption = Annotated[float, _run(help="The gradient G at first.")]
# `forms.ScheduleCommand` adds its parameters.
ScheduleOption = Annotated[str, _run(metavar="KIND", help="Schedule of lr: see `adamw list schedules`.")]


@dataclass(frozen=True)
class StudyOptions:
    """What every study is asked: the hyperparameters of the rules that it compares, and the run."""

    lr: Annotated[float, _rule(help="Peak learning rate.")] = 1e-3
    weight_decay: Annotated[float, _rule(help="Weight decay of the rules that have one.")] = 0.1
    beta1: Annotated[float, _rule(help="Decay rate of the first moment.")] = 0.9
    beta2: Annotated[float, _rule(help="Decay rate of the second moment.")] = 0.999
    eps: Annotated[float, _rule(help="Added to sqrt(v_hat).")] = 1e-8
    steps: Annotated[float | None, _run(help="Length of the run; chosen if left out.")] = None
    schedule: ScheduleOption = "constant"


@dataclass(frozen=True)
class OutputOptions:
    """What loads plug-ins and runs a command, how its result is printed and where it goes."""

    plot: PlotOption = None
    force: ForceOption = False
    plugins: PluginsOption = None
    form: FormatOption = "table"
    engine: EngineOption = None


# Parameters of commands that are no part of the question.
OUTPUT = tuple(option.name for option in fields(OutputOptions))


def grouped(**defaults: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take groups of options: a parameter annotated with a dataclass stands for an option for each of its fields.

    The command finds their values in `asked`. defaults : of fields whose default is another one for this command.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        taken: list[Parameter] = []
        groups: dict[str, Any] = {}
        for parameter in signature(command, eval_str=True).parameters.values():
            group = parameter.annotation
            if not is_dataclass(group):
                taken.append(parameter)
                continue
            groups[parameter.name] = group
            for name, hint in get_type_hints(group, include_extras=True).items():
                default = defaults.get(name, getattr(group, name))
                taken.append(Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=hint))

        @wraps(command)
        def run(**values: Any) -> None:
            given = {
                name: group(**{f.name: values.pop(f.name) for f in fields(group)}) for name, group in groups.items()
            }
            command(**values, **given)

        run.__annotations__ = {parameter.name: parameter.annotation for parameter in taken}
        run.__signature__ = Signature(taken)  # type: ignore[attr-defined]  # what the library looks at first
        return run

    return decorate


def asked(context: typer.Context) -> dict[str, Any]:
    """What the options say of the question, under the names that the function of the command has for them."""
    return {name: value for name, value in context.params.items() if name not in OUTPUT}


def study(context: typer.Context, run: Callable[..., Study], output: OutputOptions) -> None:
    """Run a study, print what it found, and draw it if that is wanted."""
    from adamw_cli.report import plot as drawing
    from adamw_cli.report import results
    from adamw_cli.report.progress import Progress

    if output.plot is not None:
        drawing.check_name(output.plot)
    with Progress("steps") as progress:
        result = run(**asked(context), progress=progress)
    warn(result.warnings)
    emit(result, output.form)
    if output.plot is not None:
        results.plot(result, output.plot, force=output.force)


def emit(answer: Document | Result, form: Format) -> None:
    """Print a document, or that of a result, on standard output."""
    from adamw_cli.report.render import render
    from adamw_cli.report.results import document

    write(render(document(answer) if isinstance(answer, Result) else answer, form))


def warn(warnings: tuple[str, ...]) -> None:
    """Say on standard error where the numbers could mislead."""
    for text in warnings:
        say(f"warning: {text}")
