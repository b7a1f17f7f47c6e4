"""From declared facts of rule, landscape and schedule to the closed forms that apply.

Nothing here looks at a name: a rule says how it decays, a landscape what its gradient is. Where no closed form
is known the prediction says so; it is never guessed, and each carries the condition under which it holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from adamw_cli import registry
from adamw_cli.scenario.model import RunConfig, Scenario
from adamw_cli.spec import Landscape, Rule
from adamw_cli.theory import constant_gradient, crossing, half_life
from adamw_cli.verdict.measure import Value
from adamw_cli.verdict.requests import Request

NO_CLOSED_FORM = "no closed form"
OUT_OF_RANGE = "out of range: the engine sets what is below 1e-200 to 0"
# A product over a schedule is taken in plain Python, 0.4 microseconds per step.
MOST_FACTORS = 5 * 10**6
TOO_LONG = "more than 5 million steps under a schedule are not multiplied out"
FADED = 1e-190
# Its square, times 1 - beta2, is still far above what the engine sets to 0.
_SMALLEST_GRADIENT = 1e-90

Formula = Callable[[float], float | None]
ScheduledFormula = Callable[[float, Iterable[float]], float | None]


@dataclass(frozen=True)
class Prediction:
    """What theory says about one metric of one run; `value` is None where it says nothing, and `note` why."""

    value: Value
    holds_when: str = ""
    note: str = ""


@dataclass(frozen=True)
class Situation:
    """The facts that decide which closed forms apply to a run."""

    rule: Rule
    landscape: Landscape
    landscape_values: Any
    start: tuple[float, ...]
    steps: int
    hyperparameters: dict[str, tuple[float, ...]]
    factors: Callable[[], Iterable[float]]
    constant_lr: bool

    def x(self, i: int) -> float:
        """Return lr * weight_decay of coordinate i, without the schedule."""
        return self.hyperparameters["lr"][i] * self.decay(i)

    def decay(self, i: int) -> float:
        """Return weight_decay of coordinate i, 0 for a rule without."""
        return self.hyperparameters["weight_decay"][i] if self.rule.decay != "none" else 0.0

    @property
    def too_long(self) -> bool:
        """Whether the product over the run would take too long."""
        return not self.constant_lr and self.steps > MOST_FACTORS

    @cached_property
    def shrinks(self) -> list[float]:
        """Return w_T / w_0 of every coordinate; only where shrinks_alone and not too_long."""
        rates = [self.x(i) for i in range(len(self.start))]
        if self.constant_lr:
            known = {x: half_life.shrink_after(x, self.steps) for x in set(rates)}
        else:
            known = {x: half_life.total_shrink(x, self.factors()) for x in set(rates)}
        return [known[x] for x in rates]

    @property
    def shrinks_alone(self) -> bool:
        """Whether each step multiplies every weight by 1 - lr*weight_decay and does nothing else."""
        return self.landscape.gradient == "zero" and self.rule.decay != "coupled"


def situation(scenario: Scenario, config: RunConfig) -> Situation:
    """Gather the facts about one run."""
    rule: Rule = registry.load("optimizers", config.kind).SPEC
    clock = config.schedule or scenario.schedule
    module = registry.load("schedules", clock.kind)
    parameters = [float(clock.values[p.name]) for p in module.SPEC.parameters]
    d = len(scenario.start)

    def factors() -> Iterable[float]:
        return (module.value(float(t), float(scenario.steps), *parameters) for t in range(1, scenario.steps + 1))

    def per_coordinate(value: Any) -> tuple[float, ...]:
        return tuple(value) if isinstance(value, tuple) else (float(value),) * d

    single = [p.name for p in rule.parameters if p.kind == "float"]
    return Situation(
        rule=rule,
        landscape=registry.load("landscapes", scenario.landscape.kind).SPEC,
        landscape_values=scenario.landscape.values,
        start=scenario.start,
        steps=scenario.steps,
        hyperparameters={name: per_coordinate(config.values[name]) for name in single},
        factors=factors,
        constant_lr=module.SPEC.is_constant(clock.values),
    )


def predict(scenario: Scenario, config: RunConfig, wanted: Iterable[Request]) -> dict[Request, Prediction]:
    """Theory's value for each metric, where there is one."""
    facts = situation(scenario, config)
    found = {}
    for key in wanted:
        rule = _RULES.get(key[0])
        prediction = rule(facts) if rule is not None and not key[1] else None
        found[key] = prediction or Prediction(None, note=NO_CLOSED_FORM)
    return found


def _each(facts: Situation, value: Callable[[int], float | None]) -> tuple[float | None, ...]:
    return tuple(value(i) for i in range(len(facts.start)))


def _halving(facts: Situation, constant: Formula, scheduled: ScheduledFormula) -> Prediction | None:
    if not facts.shrinks_alone:
        return None

    def one(x: float) -> float | None:
        if not 0.0 < x < math.inf:
            return None
        if not facts.constant_lr:
            return scheduled(x, islice(facts.factors(), MOST_FACTORS))
        step = half_life.crossing_step(x)
        return constant(x) if step is not None and step <= facts.steps else None

    by_rate = {x: one(x) for x in {facts.x(i) for i in range(len(facts.start))}}
    values = _each(facts, lambda i: by_rate[facts.x(i)] if abs(facts.start[i]) > FADED else None)
    if not any(value is not None for value in values):
        return Prediction(None, note=TOO_LONG if facts.too_long else "no weight halves within the run")
    rate = "0 < lr*weight_decay < 2, constant lr" if facts.constant_lr else "lr*schedule(t)*weight_decay"
    return Prediction(values, f"{rate}, zero gradient")


def _half_life(facts: Situation) -> Prediction | None:
    return _halving(facts, half_life.half_life, crossing.time_at_or_below)


def _crossing_step(facts: Situation) -> Prediction | None:
    return _halving(facts, _whole(half_life.crossing_step), _whole(crossing.first_step_at_or_below))


def _whole(formula: Callable[..., int | None]) -> Callable[..., float | None]:
    """Metrics are floats, whole ones too."""

    def converted(*arguments: Any) -> float | None:
        step = formula(*arguments)
        return None if step is None else float(step)

    return converted


_SHRINK_CONDITION = "zero gradient; the product of 1 - lr*schedule(t)*weight_decay over the run"


def _shrinking(formula: Callable[[Situation], Prediction | None]) -> Callable[[Situation], Prediction | None]:
    """Guard a formula of facts.shrinks: where a step does nothing but shrink, and what is left can be represented."""

    def guarded(facts: Situation) -> Prediction | None:
        if not facts.shrinks_alone:
            return None
        if facts.too_long:
            return Prediction(None, note=TOO_LONG)
        ends = [w * shrink for w, shrink in zip(facts.start, facts.shrinks, strict=True)]
        if not all(map(math.isfinite, ends)) or any(
            w and abs(end) < FADED for w, end in zip(facts.start, ends, strict=True)
        ):
            return Prediction(None, note=OUT_OF_RANGE)
        return formula(facts)

    return guarded


@_shrinking
def _total_shrink(facts: Situation) -> Prediction | None:
    return Prediction(_each(facts, lambda i: facts.shrinks[i] if facts.start[i] else None), _SHRINK_CONDITION)


@_shrinking
def _weight_norm(facts: Situation) -> Prediction | None:
    size = math.hypot(*(w * shrink for w, shrink in zip(facts.start, facts.shrinks, strict=True)))
    return Prediction(size, _SHRINK_CONDITION)


def _zero(facts: Situation) -> Prediction | None:
    return Prediction(0.0, "zero gradient") if facts.landscape.gradient == "zero" else None


@_shrinking
def _direction_cosine(facts: Situation) -> Prediction | None:
    if len(set(facts.shrinks)) > 1 or not any(facts.start):
        return None
    return Prediction(math.copysign(1.0, facts.shrinks[0]), "one lr*weight_decay for all coordinates, zero gradient")


def _box_saturation(facts: Situation) -> Prediction | None:
    rule = facts.rule
    settled = rule.adaptive and rule.bias_correction and rule.decay == "decoupled" and facts.constant_lr
    if facts.landscape.gradient != "constant" or not settled or not any(map(facts.decay, range(len(facts.start)))):
        return None
    slope = facts.landscape_values["gradient"]
    slopes = slope if isinstance(slope, tuple) else (slope,) * len(facts.start)
    if any(g and abs(g) < _SMALLEST_GRADIENT for g in slopes):
        return Prediction(None, note=OUT_OF_RANGE)

    def weight(i: int) -> float:
        h = {name: values[i] for name, values in facts.hyperparameters.items()}
        return constant_gradient.weight(facts.start[i], slopes[i], facts.steps, h["lr"], facts.decay(i), h["eps"])

    value = max(facts.decay(i) * abs(weight(i)) for i in range(len(facts.start)))
    return Prediction(value, "constant gradient from step 1, so that m_hat = G and sqrt(v_hat) = |G|")


_RULES: dict[str, Callable[[Situation], Prediction | None]] = {
    "half_life": _half_life,
    "crossing_step": _crossing_step,
    "total_shrink": _total_shrink,
    "weight_norm": _weight_norm,
    "final_loss": _zero,
    "gradient_norm": _zero,
    "direction_cosine": _direction_cosine,
    "box_saturation": _box_saturation,
}
