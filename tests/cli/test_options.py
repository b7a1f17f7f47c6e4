"""Groups of options: declared once, seen by the command line as options of the command."""

from __future__ import annotations

import re
from dataclasses import fields
from inspect import signature
from typing import Any

import pytest
import typer

from adamw_cli import registry
from adamw_cli.cli import critical_lambda, decay, overshoot
from adamw_cli.cli.app import build
from adamw_cli.cli.options import OutputOptions, StudyOptions, grouped

GROUP: Any = typer.main.get_command(build(terminal=False))
STUDIES = (critical_lambda.critical_lambda, decay.decay, overshoot.overshoot)


def test_the_fields_of_a_group_stand_in_its_place() -> None:
    called = []

    @grouped(weight_decay=0.5, schedule="cosine")
    def command(*, start: float = 1.0, study: StudyOptions, output: OutputOptions, last: str = "x") -> None:
        """The help."""
        called.append((start, study, output, last))

    taken = signature(command).parameters
    names = [field.name for group in (StudyOptions, OutputOptions) for field in fields(group)]
    assert list(taken) == ["start", *names, "last"]
    assert command.__doc__ == "The help."
    defaults = {name: parameter.default for name, parameter in taken.items()}
    assert (defaults["weight_decay"], defaults["lr"], defaults["schedule"]) == (0.5, 1e-3, "cosine")
    command(**{**defaults, "lr": 0.25})
    assert called == [(1.0, StudyOptions(lr=0.25, weight_decay=0.5, schedule="cosine"), OutputOptions(), "x")]


@pytest.mark.parametrize("command", STUDIES)
def test_the_options_of_studies_are_the_same_everywhere(command: object) -> None:
    taken = signature(command).parameters  # type: ignore[arg-type]  # a function
    for field in (field for group in (StudyOptions, OutputOptions) for field in fields(group)):
        other = command is overshoot.overshoot and field.name == "weight_decay"
        assert taken[field.name].default == (0.02 if other else field.default)


@pytest.mark.parametrize("command", ["convert", "critical-lambda", "decay", "half-life", "overshoot"])
def test_the_parameters_of_every_schedule_are_options_and_say_which_has_them(command: str) -> None:
    options = {p.name: p for p in GROUP.commands[command].params}
    for kind in registry.own("schedules"):
        for parameter in registry.load("schedules", kind).SPEC.parameters:
            option = options[parameter.name]
            assert option.default is None
            assert re.search(rf"Of [\w, ]*\b{kind}\b[\w, ]*: {parameter.doc}\.", option.help)
