"""The facts about one run that decide which closed forms apply, and what a prediction is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adamw_cli import registry
from adamw_cli.engine.kernel import CLIP_EPS
from adamw_cli.judging.measure import Value
from adamw_cli.scenario.model import Clip, RunConfig, Scenario
from adamw_cli.vocabulary import EXTERNAL, Landscape, Noise, Rule

NO_CLOSED_FORM = "no closed form"
NOISY = "noise: no closed form for the mean over trials"
CLIPPED = "clipped gradients: closed forms are for gradients as they are"
ROUNDED = "few bits: closed forms are for numbers that keep all of theirs"
DIVIDES = "a step divides by 1 + lr*weight_decay, which is 0"
OUT_OF_RANGE = "out of range: the engine sets what is below 1e-290 to 0"
# A product over a schedule, or a path step by step, is taken in plain Python, 0.4 microseconds per step.
MOST_FACTORS = 5 * 10**6
TOO_LONG = "more than 5 million steps are not followed one by one"
FADED = 1e-280
# A norm that is this part of its limit is not clipped, whatever rounding does, unless the squares of its coordinates overflow.
_BELOW = 1.0 - 1e-12
_LARGEST_NORM = 1e153
# Its square, times 1 - beta2, is still far above what the engine sets to 0.
SMALLEST_GRADIENT = 1e-140


@dataclass(frozen=True)
class Prediction:
    """What theory says about one metric of one run; `value` is None where it says nothing, and `note` why.

    Attributes
    ----------
    value : the number, the word, or one number per coordinate.
    holds_when : the condition.
    note : why there is none.
    error : how far the run may be off where the condition holds, as a part of the value: of forms to first order in something
        that is not 0. 0 for those that are exact to rounding.

    """

    value: Value
    holds_when: str = ""
    note: str = ""
    error: float = 0.0


@dataclass(frozen=True)
class Situation:
    """The facts that decide which closed forms apply to a run.

    Attributes
    ----------
    rule, landscape : what the files declare.
    landscape_values : the landscape's parameters.
    start : of the scenario.
    steps : how many there are.
    hyperparameters : name -> one value per coordinate; a pair under the names of its components.
    switches : name -> bool.
    factors : the schedule's factors at steps 1, 2, ..., anew at each call.
    constant_lr : whether they are all 1.
    clipped : whether a limit may change a gradient.
    sigma : standard deviation of normal noise, one per coordinate; None where the noise is anything else, or none.
    known : what has been worked out once for several formulas.

    """

    rule: Rule
    landscape: Landscape
    landscape_values: Mapping[str, Any]
    start: tuple[float, ...]
    steps: int
    hyperparameters: Mapping[str, tuple[float, ...]]
    switches: Mapping[str, bool]
    factors: Callable[[], Iterable[float]]
    constant_lr: bool
    clipped: bool = False
    sigma: tuple[float, ...] | None = None
    known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def coordinates(self) -> range:
        """Return the indices of the coordinates."""
        return range(len(self.start))

    def h(self, name: str, i: int) -> float:
        """Return a hyperparameter of coordinate i; 0 for a rule without it."""
        values = self.hyperparameters.get(name)
        return values[i] if values is not None else 0.0

    def x(self, i: int) -> float:
        """Return lr * weight_decay of coordinate i, without the schedule."""
        return self.h("lr", i) * self.decay(i)

    def decay(self, i: int) -> float:
        """Return weight_decay of coordinate i, 0 for a rule without."""
        return self.h("weight_decay", i)

    def momentum(self, i: int) -> float:
        """Return the decay rate of the average or buffer of gradients, 0 for a rule without."""
        return self.h(self.rule.momentum, i) if self.rule.momentum is not None else 0.0

    def parameter(self, name: str, i: int) -> float:
        """Return a parameter of the landscape for coordinate i."""
        value = self.landscape_values[name]
        return float(value[i] if isinstance(value, tuple) else value)

    @property
    def turn(self) -> int | None:
        """The last step before the gradient changes, or None."""
        return self.landscape.turn_step(self.landscape_values)

    @property
    def after_turn(self) -> str | None:
        """What the gradient is from then on."""
        return self.landscape.after_turn(self.landscape_values)

    @property
    def too_long(self) -> bool:
        """Whether following the run step by step would take too long."""
        return self.steps > MOST_FACTORS

    @property
    def decays_beside(self) -> bool:
        """Whether decay, if there is any, acts on the weight alone and at once: decoupled or none."""
        return self.rule.decay in ("decoupled", "none")

    @property
    def proximal(self) -> bool:
        """Whether decay divides a weight by 1 + x."""
        return self.rule.shrink == "1/(1 + x)" and self.rule.decay == "decoupled"

    @property
    def divides_by_zero(self) -> bool:
        """Whether every step does, so that the run diverges at once."""
        return self.proximal and self.constant_lr and any(self.x(i) == -1.0 for i in self.coordinates)

    @property
    def descends(self) -> bool:
        """Whether it is gradient descent without momentum."""
        still = all(self.momentum(i) == 0.0 for i in self.coordinates)
        return self.rule.standard_step and not self.rule.adaptive and still

    @property
    def plain_coupled(self) -> bool:
        """Whether coupled decay does the same as decoupled: gradient descent without momentum."""
        return self.rule.decay == "coupled" and self.descends

    @property
    def normalises(self) -> bool:
        """Whether a constant gradient G is seen as G/(|G| + eps) at every step."""
        return self.rule.standard_step and self.rule.adaptive and self.rule.bias_correction

    @property
    def shrinks_alone(self) -> bool:
        """Whether each step multiplies every weight by what decay alone does, and does nothing else."""
        beside = self.decays_beside or self.plain_coupled
        return self.landscape.gradient == "zero" and beside and not self.rule.starts_moving


def situation(scenario: Scenario, config: RunConfig, last: int | None = None) -> Situation:
    """Gather the facts about one run, or about what it is up to step `last`: its schedule is still that of the whole."""
    steps = last or scenario.steps
    rule: Rule = registry.load("optimizers", config.kind).SPEC
    clock = config.schedule or scenario.schedule
    module = registry.load("schedules", clock.kind)
    parameters = [float(clock.values[p.name]) for p in module.SPEC.parameters]

    def factors() -> Iterable[float]:
        return (module.value(float(t), float(scenario.steps), *parameters) for t in range(1, steps + 1))

    return Situation(
        rule=rule,
        landscape=registry.load("landscapes", scenario.landscape.kind).SPEC,
        landscape_values=scenario.landscape.values,
        start=scenario.start,
        steps=steps,
        hyperparameters=_hyperparameters(rule, config.values, len(scenario.start)),
        switches={name: bool(config.values[name]) for name in rule.switches},
        factors=factors,
        constant_lr=module.SPEC.is_constant(clock.values),
        clipped=_clipped(scenario, config.clip),
        sigma=_sigma(scenario),
    )


def _clipped(scenario: Scenario, clip: Clip) -> bool:
    """Whether a limit may change a gradient; not where it is 0, nor where it is known and below the limit."""
    place = scenario.landscape
    gradient = registry.load("landscapes", place.kind).SPEC.gradient
    if clip.limit is None:
        return False
    if not scenario.exact:
        return True
    if gradient == "zero":
        return False
    if gradient not in EXTERNAL:
        return True
    given = place.values["gradient"]
    sizes = [abs(float(G)) for G in (given if isinstance(given, tuple) else (given,) * len(scenario.start))]
    if clip.clipped == "value":
        return max(sizes) > clip.limit
    return math.hypot(*sizes) + CLIP_EPS > min(_BELOW * clip.limit, _LARGEST_NORM)


def _sigma(scenario: Scenario) -> tuple[float, ...] | None:
    sigma = [0.0] * len(scenario.start)
    for layer in scenario.noise:
        noise: Noise = registry.load("noises", layer.kind).SPEC
        if noise.exact:
            continue
        if noise.gaussian is None:
            return None
        given = _spread(layer.values[noise.gaussian], len(sigma))
        sigma = [math.hypot(one, other) for one, other in zip(sigma, given, strict=True)]  # they are independent
    return None if scenario.exact else tuple(sigma)


def _spread(value: Any, d: int) -> tuple[float, ...]:
    """One number per coordinate."""
    return tuple(map(float, value)) if isinstance(value, tuple) else (float(value),) * d


def _hyperparameters(rule: Rule, values: Mapping[str, Any], d: int) -> dict[str, tuple[float, ...]]:
    found: dict[str, tuple[float, ...]] = {}
    for p in rule.parameters:
        value: Any = values[p.name]
        if p.components is not None:
            pairs = value if isinstance(value[0], tuple) else (value,) * d
            found |= {name: tuple(float(pair[j]) for pair in pairs) for j, name in enumerate(p.components)}
        elif p.kind != "bool":
            found[p.name] = _spread(value, d)
    return found


def each(facts: Situation, value: Callable[[int], float | None]) -> tuple[float | None, ...]:
    """One value per coordinate."""
    return tuple(value(i) for i in facts.coordinates)


def per_coordinate(values: Iterable[float | None], holds_when: str, otherwise: str = NO_CLOSED_FORM) -> Prediction:
    """A prediction with one value per coordinate; none at all if no coordinate has one, for the reason given."""
    found = tuple(None if value is None or not math.isfinite(value) else value + 0.0 for value in values)
    if all(value is None for value in found):
        return Prediction(None, note=otherwise)
    return Prediction(found, holds_when)
