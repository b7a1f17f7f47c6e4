"""A schedule with its parameters, over the steps of a run: what a caller gives for it, checked."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adamw_cli import registry
from adamw_cli.calculators.numbers import checked
from adamw_cli.errors import UsageError, suggestion
from adamw_cli.vocabulary import Parameter

# A product over a schedule is taken step by step: about half a minute for this many.
MAX_STEPS = 10**8


def schedule_parameters(*also: str) -> dict[str, dict[str, list[str]]]:
    """The parameters of all schedules at hand, and of some others if there are such: name -> what it is -> where it is that."""
    found: dict[str, dict[str, list[str]]] = {}
    for kind in sorted({*registry.at_hand("schedules"), *(kind for kind in also if registry.has("schedules", kind))}):
        for p in registry.load("schedules", kind).SPEC.parameters:
            found.setdefault(p.name, {}).setdefault(p.doc, []).append(kind)
    return found


def chosen(schedule: str, parameters: Mapping[str, Any]) -> dict[str, float]:
    """Return the parameters of a schedule that are given: None leaves one at its default.

    Raises
    ------
    UsageError
        If there is no such parameter anywhere.

    """
    given = {name: value for name, value in parameters.items() if value is not None}
    for name in given.keys() - schedule_parameters(schedule).keys():
        known = [p.name for p in registry.load("schedules", schedule).SPEC.parameters]
        raise UsageError(
            f"there is no parameter '{name}', nor has the schedule '{schedule}' one", suggestion(name, known)
        )
    return given


@dataclass(frozen=True)
class Clock:
    """A schedule over a number of steps."""

    kind: str
    values: Mapping[str, Any]
    steps: int

    def factors(self) -> Iterator[float]:
        """The factor on lr at steps 1, 2, ..., steps."""
        module = registry.load("schedules", self.kind)
        parameters = [float(self.values[p.name]) for p in module.SPEC.parameters]
        return (module.value(float(t), float(self.steps), *parameters) for t in range(1, self.steps + 1))


def clock(kind: str, given: Mapping[str, Any], steps: int) -> Clock:
    """Return a schedule with its defaults filled in.

    Raises
    ------
    UsageError
        If there is no such schedule, or it does not have such parameters, or they are out of range.

    """
    spec = registry.load("schedules", kind).SPEC
    known = [p.name for p in spec.parameters]
    for name in given:
        if name not in known:
            raise UsageError(
                f"the schedule '{kind}' has no '{name}'", suggestion(name, known) or "it has no parameters"
            )
    values = {p.name: _schedule_value(kind, p, given) for p in spec.parameters}
    problem = spec.constraint(values, steps)
    if problem is not None:
        raise UsageError(problem)
    return Clock(kind, values, steps)


def _schedule_value(kind: str, p: Parameter, given: Mapping[str, Any]) -> float | int:
    if p.name not in given:
        if p.required:
            raise UsageError(f"the schedule '{kind}' needs '{p.name}': {p.doc}")
        default: float = p.default
        return default
    value = checked(p.name, given[p.name])
    if p.kind == "int" and value != math.floor(value):
        raise UsageError(f"`{p.name}` must be a whole number, not {value:g}")
    if not p.allows(value):
        raise UsageError(f"`{p.name}` must be {p.range_text}, not {value:g}")
    return int(value) if p.kind == "int" else value
