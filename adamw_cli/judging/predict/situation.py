"""The facts about one run that decide which closed forms apply, and what a prediction is."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial, wraps
from operator import mul
from typing import Any

from adamw_cli import registry
from adamw_cli.engine.kernel import CLIP_EPS
from adamw_cli.judging.trials import Value
from adamw_cli.scenario.model import Clip, RunConfig, Scenario
from adamw_cli.vocabulary import (
    AdamStep,
    Coupled,
    Decay,
    Gradient,
    Landscape,
    MomentumStep,
    NoDecay,
    Noise,
    OwnDecay,
    OwnStep,
    Rule,
    SignStep,
    Step,
    Zero,
)
from adamw_cli.vocabulary.parameters import spread

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


# What predicts a metric, from a Situation and the metric's parameters; None where it does not apply.
Formula = Callable[..., Prediction | None]


@dataclass(frozen=True)
class Situation:
    """The facts that decide which closed forms apply to a run.

    Attributes
    ----------
    step, decay : what the rule declares of its gradient step and its decay; nothing where a switch is on of which it does not
        say what it does.
    gradient : what the landscape declares.
    turn, after_turn : the last step before that changes, and what it is then; None where it does not.
    slopes : the gradient at first, one per coordinate, where it does not depend on the weights, else None.
    bowl : curvatures and centers where each coordinate has a parabola of its own, else None.
    start : of the scenario.
    steps : how many there are.
    lr, lam, x : the learning rate without the schedule, weight_decay (0 for a rule without), and their product, one per coordinate
        each, as all that follow.
    momentum : the decay rate of the average or buffer of gradients: beta1 of an AdamStep, that of the mixture of a SignStep.
    beta2 : that of the squares of an AdamStep, and of the average of a SignStep.
    eps, dampening : 0 for a step without.
    maximum : whether v is replaced by its maximum.
    nesterov : whether the step looks ahead along the buffer.
    factors : the schedule's factors at steps 1, 2, ..., anew at each call.
    constant_lr : whether they are all 1.
    clipped : whether a limit may change a gradient.
    sigma : standard deviation of normal noise, one per coordinate; None where the noise is anything else, or none.
    known : what has been worked out once for several formulas.

    """

    step: Step
    decay: Decay
    gradient: Gradient
    turn: int | None
    after_turn: str | None
    slopes: tuple[float, ...] | None
    bowl: tuple[tuple[float, ...], tuple[float, ...]] | None
    start: tuple[float, ...]
    steps: int
    lr: tuple[float, ...]
    lam: tuple[float, ...]
    x: tuple[float, ...]
    momentum: tuple[float, ...]
    beta2: tuple[float, ...]
    eps: tuple[float, ...]
    dampening: tuple[float, ...]
    maximum: bool
    nesterov: bool
    factors: Callable[[], Iterable[float]]
    constant_lr: bool
    clipped: bool = False
    sigma: tuple[float, ...] | None = None
    known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def coordinates(self) -> range:
        """Return the indices of the coordinates."""
        return range(len(self.start))

    def adam(self, i: int) -> tuple[float, float, float]:
        """Return beta1, beta2 and eps of coordinate i, for an AdamStep."""
        return self.momentum[i], self.beta2[i], self.eps[i]

    def slope(self, i: int) -> float:
        """Return the gradient of coordinate i at first, where it does not depend on the weights."""
        assert self.slopes is not None
        return self.slopes[i]

    def parabola(self, i: int) -> tuple[float, float]:
        """Return curvature and center of coordinate i, where each has a parabola of its own."""
        assert self.bowl is not None
        return self.bowl[0][i], self.bowl[1][i]

    @property
    def too_long(self) -> bool:
        """Whether following the run step by step would take too long."""
        return self.steps > MOST_FACTORS

    @property
    def coupled(self) -> bool:
        """Whether decay goes through the gradient, and all of the rule's state."""
        return isinstance(self.decay, Coupled) and self.decay.published

    @property
    def decoupled(self) -> bool:
        """Whether decay acts on the weight alone and at once, by lr*schedule*weight_decay."""
        return self.decay.by_lr

    @property
    def decays_beside(self) -> bool:
        """Whether decay, if there is any, is decoupled."""
        return self.decoupled or isinstance(self.decay, NoDecay)

    @property
    def proximal(self) -> bool:
        """Whether decay divides a weight by 1 + x."""
        return self.decay.by_lr and self.decay.proximal

    @property
    def divides_by_zero(self) -> bool:
        """Whether every step does, so that the run diverges at once."""
        return self.proximal and self.constant_lr and -1.0 in self.x

    @property
    def descends(self) -> bool:
        """Whether it is gradient descent without momentum."""
        return isinstance(self.step, MomentumStep) and not any(self.momentum)

    @property
    def plain_coupled(self) -> bool:
        """Whether coupled decay does the same as decoupled: gradient descent without momentum."""
        return self.coupled and self.descends

    @property
    def normalises(self) -> bool:
        """Whether a constant gradient G is seen as G/(|G| + eps) at every step."""
        return isinstance(self.step, AdamStep) and self.step.published

    @property
    def still(self) -> bool:
        """Whether there is no gradient."""
        return isinstance(self.gradient, Zero)

    @property
    def shrinks_alone(self) -> bool:
        """Whether each step multiplies every weight by what decay alone does, and does nothing else."""
        return self.still and (self.decays_beside or self.plain_coupled) and not self.step.starts_moving


def situation(scenario: Scenario, config: RunConfig, last: int | None = None) -> Situation:
    """Gather the facts about one run, or about what it is up to step `last`: its schedule is still that of the whole."""
    steps = last or scenario.steps
    rule: Rule = registry.load("optimizers", config.kind).SPEC
    clock = config.schedule or scenario.schedule
    module = registry.load("schedules", clock.kind)
    parameters = [float(clock.values[p.name]) for p in module.SPEC.parameters]

    def factors() -> Iterable[float]:
        return (module.value(float(t), float(scenario.steps), *parameters) for t in range(1, steps + 1))

    on = {name for name in rule.switches if config.values[name]}
    declared = on <= set(rule.step.switches)
    landscape: Landscape = registry.load("landscapes", scenario.landscape.kind).SPEC
    gradient, values, d = landscape.gradient, scenario.landscape.values, len(scenario.start)
    slopes = gradient.slopes(values, d)
    given = rule.columns(config.values, d)

    def of(name: str | None) -> tuple[float, ...]:
        return (0.0,) * d if name is None else given[name]

    step = rule.step if declared else OwnStep()
    lr, lam = of(rule.lr), of(rule.decay.coefficient)
    momentum, beta2, eps, dampening = map(of, _roles(step))
    return Situation(
        step=step,
        decay=rule.decay if declared else OwnDecay(rule.decay.coefficient),
        gradient=gradient,
        turn=gradient.turn(values),
        after_turn=gradient.then(values),
        slopes=slopes,
        bowl=gradient.diagonal(values, d),
        start=scenario.start,
        steps=steps,
        lr=lr,
        lam=lam,
        x=tuple(map(mul, lr, lam)),
        momentum=momentum,
        beta2=beta2,
        eps=eps,
        dampening=dampening,
        maximum=isinstance(rule.step, AdamStep)
        and rule.step.maximum is not None
        and rule.step.maximum.switch in (None, *on),
        nesterov=isinstance(rule.step, MomentumStep) and rule.step.nesterov in on,
        factors=factors,
        constant_lr=module.SPEC.is_constant(clock.values),
        clipped=_clipped(scenario, config.clip, slopes),
        sigma=_sigma(scenario),
    )


def _roles(step: Step) -> tuple[str | None, ...]:
    """Which hyperparameters of a step are momentum, beta2, eps and dampening to a Situation; None where it has none."""
    if isinstance(step, AdamStep):
        return step.beta1, step.beta2, None if step.eps is None else step.eps.name, None
    if isinstance(step, MomentumStep):
        return step.momentum, None, None, step.dampening
    return (step.mixture, step.average, None, None) if isinstance(step, SignStep) else (None,) * 4


def _clipped(scenario: Scenario, clip: Clip, slopes: tuple[float, ...] | None) -> bool:
    """Whether a limit may change a gradient; not where it is 0, nor where it is known and below the limit."""
    if clip.limit is None:
        return False
    if not scenario.exact or slopes is None:
        return True
    sizes = [abs(G) for G in slopes]
    if not any(sizes):
        return False
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
        given = spread(layer.values[noise.gaussian], len(sigma))
        sigma = [math.hypot(one, other) for one, other in zip(sigma, given, strict=True)]  # they are independent
    return None if scenario.exact else tuple(sigma)


def each(facts: Situation, value: Callable[[int], float | None]) -> tuple[float | None, ...]:
    """One value per coordinate."""
    return tuple(value(i) for i in facts.coordinates)


def where(
    applies: Callable[[Situation], bool], holds_when: str, otherwise: str = NO_CLOSED_FORM
) -> Callable[[Callable[..., float | None]], Formula]:
    """Make a formula for all coordinates of one for one, (facts, i, parameters); it has nothing to say where it does not apply."""

    def made(value: Callable[..., float | None]) -> Formula:
        @wraps(value)
        def formula(facts: Situation, **parameters: Any) -> Prediction | None:
            if not applies(facts):
                return None
            return per_coordinate(each(facts, partial(value, facts, **parameters)), holds_when, otherwise)

        return formula

    return made


def per_coordinate(values: Iterable[float | None], holds_when: str, otherwise: str = NO_CLOSED_FORM) -> Prediction:
    """A prediction with one value per coordinate; none at all if no coordinate has one, for the reason given."""
    found = tuple(None if value is None or not math.isfinite(value) else value + 0.0 for value in values)
    if all(value is None for value in found):
        return Prediction(None, note=otherwise)
    return Prediction(found, holds_when)
