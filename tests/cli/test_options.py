"""Groups of options: declared once, seen by the command line as options of the command."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature

import pytest

from adamw_cli.cli import convert, critical_lambda, decay, half_life, overshoot
from adamw_cli.cli.options import RuleOptions, ScheduleOptions, grouped

STUDIES = (critical_lambda.critical_lambda, decay.decay, overshoot.overshoot)


def test_the_fields_of_a_group_stand_in_its_place() -> None:
    called = []

    @grouped(weight_decay=0.5, factor=2.0)
    def command(*, start: float = 1.0, rule: RuleOptions, schedule: ScheduleOptions, last: str = "x") -> None:
        """The help."""
        called.append((start, rule, schedule, last))

    taken = signature(command).parameters
    names = [field.name for group in (RuleOptions, ScheduleOptions) for field in fields(group)]
    assert list(taken) == ["start", *names, "last"]
    assert command.__doc__ == "The help."
    defaults = {name: parameter.default for name, parameter in taken.items()}
    assert (defaults["weight_decay"], defaults["factor"], defaults["lr"], defaults["schedule"]) == (
        0.5,
        2.0,
        1e-3,
        "constant",
    )
    command(**{**defaults, "lr": 0.25, "rate": 3.0})
    rule = RuleOptions(lr=0.25, weight_decay=0.5)
    assert called == [(1.0, rule, ScheduleOptions(rate=3.0, factor=2.0), "x")]


@pytest.mark.parametrize("command", [*STUDIES, convert.convert, half_life.half_life])
def test_the_options_of_a_schedule_are_the_same_everywhere(command: object) -> None:
    taken = signature(command).parameters  # type: ignore[arg-type]  # a function
    groups = (RuleOptions, ScheduleOptions) if command in STUDIES else (ScheduleOptions,)
    for field in (field for group in groups for field in fields(group)):
        other = command is overshoot.overshoot and field.name == "weight_decay"
        assert taken[field.name].default == (0.02 if other else field.default)
