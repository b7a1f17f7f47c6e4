"""Scenarios that a command makes from its flags: one landscape, the same hyperparameters for several rules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adamw_cli import registry
from adamw_cli.errors import UsageError
from adamw_cli.scenario.check import from_data
from adamw_cli.scenario.model import Scenario
from adamw_cli.vocabulary import Rule

# More than this takes minutes, and a table of it no longer fits the question.
MOST_STEPS = 10**8


@dataclass(frozen=True)
class Settings:
    """Hyperparameters and schedule, as flags give them; PyTorch's defaults apart from weight_decay, which must show.

    Attributes
    ----------
    lr, weight_decay, beta1, beta2, eps : as in `adamw`.
    schedule : name of the schedule.
    schedule_parameters : those that are set.

    """

    lr: float = 1e-3
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    schedule: str = "constant"
    schedule_parameters: Mapping[str, float] = field(default_factory=dict)

    def run(self, kind: str) -> dict[str, Any]:
        """Return the section of one run: what of the settings the rule has."""
        rule: Rule = registry.load("optimizers", kind).SPEC
        given = {
            "lr": self.lr,
            "weight_decay": self.weight_decay,
            "betas": [self.beta1, self.beta2],
            "eps": self.eps,
        }
        return {"kind": kind, **{p.name: given[p.name] for p in rule.parameters if p.name in given}}


def study(
    name: str,
    settings: Settings,
    kinds: Sequence[str],
    landscape: Mapping[str, Any],
    start: Sequence[float],
    steps: float,
    every: int | None = None,
) -> Scenario:
    """Return the scenario; what is wrong with a number is reported under its flag's name.

    Raises
    ------
    ScenarioError
        With every problem.

    """
    return from_data(
        {
            "version": 1,
            "landscape": dict(landscape),
            "start": list(start),
            "steps": steps,
            "schedule": {"kind": settings.schedule, **settings.schedule_parameters},
            "optimizers": {kind: settings.run(kind) for kind in kinds},
            "record": {"every": every} if every else {},
        },
        name,
        _flag,
    )


def _flag(path: tuple[str | int, ...]) -> str:
    """The flag that set a place in the scenario."""
    names = {"betas": "beta1", "kind": "schedule"}
    words = [names.get(str(part), str(part)) for part in path if not isinstance(part, int)]
    if "betas" in path and path[-1] == 1:
        words = ["beta2"]
    return f"--{words[-1].replace('_', '-')}" if words else "flags"


def positive(name: str, value: float) -> float:
    """Refuse what is not a finite number above 0, before it is used to choose how long to run."""
    if not (math.isfinite(value) and value > 0.0):
        raise UsageError(f"{name} must be a finite number above 0, not {value:g}")
    return value


def whole(name: str, value: float, least: int = 1) -> int:
    """Refuse what is not a whole number from `least` to MOST_STEPS."""
    if not math.isfinite(value) or value != math.floor(value) or not least <= value <= MOST_STEPS:
        raise UsageError(f"{name} must be a whole number from {least} to {MOST_STEPS:.0e}, not {value:g}")
    return int(value)
