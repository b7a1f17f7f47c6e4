"""Options that several commands share, so that they mean and are called the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import partial
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from adamw_cli.report.document import Document
from adamw_cli.report.output import say, write


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

_rule = partial(typer.Option, rich_help_panel="The rule")
_run = partial(typer.Option, rich_help_panel="The run")
GradientOption = Annotated[float, _run(help="The gradient G at first.")]
StepsOption = Annotated[float | None, _run(help="Length of the run; chosen if left out.")]


@dataclass(frozen=True)
class RuleOptions:
    """The hyperparameters of the rules that a study compares."""

    lr: Annotated[float, _rule(help="Peak learning rate.")] = 1e-3
    weight_decay: Annotated[float, _rule(help="Weight decay of the rules that have one.")] = 0.1
    beta1: Annotated[float, _rule(help="Decay rate of the first moment.")] = 0.9
    beta2: Annotated[float, _rule(help="Decay rate of the second moment.")] = 0.999
    eps: Annotated[float, _rule(help="Added to sqrt(v_hat).")] = 1e-8


@dataclass(frozen=True)
class ScheduleOptions:
    """A schedule and its parameters, each None unless it was given."""

    schedule: Annotated[str, _run(metavar="KIND", help="Schedule of lr: see `adamw list schedules`.")] = "constant"
    warmup_steps: Annotated[float | None, _run(help="Of the schedule.")] = None
    final_fraction: Annotated[float | None, _run(help="Of cosine, linear, wsd.")] = None
    decay_steps: Annotated[float | None, _run(help="Of wsd.")] = None
    rate: Annotated[float | None, _run(help="Of exponential.")] = None
    every: Annotated[float | None, _run(help="Of step.")] = None
    factor: Annotated[float | None, _run(help="Of step.")] = None

    @property
    def keywords(self) -> dict[str, Any]:
        """The schedule, and those of its parameters that were given, as studies and calculators take them."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return {"schedule": given.pop("schedule"), "schedule_parameters": given}


def grouped(**defaults: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take groups of options: what is annotated with a dataclass has an option for each of its fields.

    defaults : of fields whose default is another one for this command.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
        parameters: list[Parameter] = []
        for parameter in signature(command).parameters.values():
            if parameter.name not in groups:
                parameters.append(parameter.replace(annotation=hints[parameter.name]))
                continue
            inner = get_type_hints(groups[parameter.name], include_extras=True)
            parameters += [
                Parameter(
                    f.name, Parameter.KEYWORD_ONLY, default=defaults.get(f.name, f.default), annotation=inner[f.name]
                )
                for f in fields(groups[parameter.name])
            ]

        def run(**values: Any) -> None:
            for name, group in groups.items():
                values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
            command(**values)

        run.__doc__ = command.__doc__
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what the library looks at first
        return run

    return decorate


def emit(document: Document, form: Format) -> None:
    """Print a document on standard output."""
    from adamw_cli.report.render import render

    write(render(document, form.value))


def warn(warnings: tuple[str, ...]) -> None:
    """Say on standard error where the numbers could mislead."""
    for text in warnings:
        say(f"warning: {text}")
