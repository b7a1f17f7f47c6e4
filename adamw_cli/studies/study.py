"""Scenarios that a study makes from its parameters: one landscape, the same hyperparameters for several rules."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adamw_cli import registry
from adamw_cli.judging.simulate import Simulation
from adamw_cli.result import Trajectories
from adamw_cli.scenario.check import from_data
from adamw_cli.scenario.model import Scenario
from adamw_cli.vocabulary import Rule

# More than this takes minutes, and a table of it no longer fits the question.
MOST_STEPS = 10**8
# What momentum is used up in, in memories 1/(1 - beta1).
_MEMORIES = 60.0


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters and schedule of every run of a study.

    Attributes
    ----------
    lr, weight_decay, beta1, beta2, eps : as in `adamw`.
    schedule : name of the schedule.
    schedule_parameters : those that are set.

    """

    lr: float
    weight_decay: float
    beta1: float
    beta2: float
    eps: float
    schedule: str
    schedule_parameters: Mapping[str, float]

    @property
    def settings(self) -> dict[str, Any]:
        """All of them, by the keys of a scenario."""
        about = {"lr": self.lr, "weight_decay": self.weight_decay, "betas": [self.beta1, self.beta2], "eps": self.eps}
        return about | {"schedule": {"kind": self.schedule, **self.schedule_parameters}}

    def run(self, kind: str) -> dict[str, Any]:
        """Return the section of one run: what of them the rule has."""
        rule: Rule = registry.load("optimizers", kind).SPEC
        given = self.settings
        return {"kind": kind, **{p.name: given[p.name] for p in rule.parameters if p.name in given}}


@dataclass(frozen=True, repr=False)
class Study(Trajectories):
    """What every study answers.

    Attributes
    ----------
    hyperparameters : of every run, as far as its rule has them.
    simulation : the runs and their paths.
    explanation : the answer in a sentence.

    """

    hyperparameters: Hyperparameters
    simulation: Simulation
    explanation: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """Where the numbers are likely to mislead."""
        return self.simulation.warnings


def planned(
    name: str,
    hyper: Hyperparameters,
    kinds: Sequence[str],
    landscape: Mapping[str, Any],
    start: Sequence[float],
    steps: float,
    every: int | None = None,
) -> Scenario:
    """Return the scenario; what is wrong with a number is reported under its parameter's name.

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
            "schedule": hyper.settings["schedule"],
            "optimizers": {kind: hyper.run(kind) for kind in kinds},
            "record": {"every": every} if every else {},
        },
        name,
        _parameter,
    )


def _parameter(path: tuple[str | int, ...]) -> str:
    """The parameter that set a place in the scenario, in backticks."""
    names = {"betas": "beta1", "kind": "schedule"}
    words = [names.get(str(part), str(part)) for part in path if not isinstance(part, int)]
    if "betas" in path and path[-1] == 1:
        words = ["beta2"]
    return f"`{words[-1]}`" if words else "parameters"


def after(step: int, hyper: Hyperparameters, least: int) -> int:
    """Return a length that leaves momentum time to be used up after a step, and `least` steps."""
    memory = 1.0 / (1.0 - hyper.beta1) if 0.0 <= hyper.beta1 < 1.0 else 0.0
    return step + max(least, math.ceil(_MEMORIES * memory))
