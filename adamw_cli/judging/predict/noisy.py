"""The mean over trials under normal noise: where decay and noise balance, and how much of a gradient is left in a step.

Most of it is to first order in something, such as 1 - beta2; each prediction says how far it may be off. Nothing is said before a
run has settled, where it diverges, or of so few coordinates or steps that the mean of a root or an angle is another one.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from adamw_cli.errors import UsageError
from adamw_cli.judging.predict.path import path_of
from adamw_cli.judging.predict.situation import Formula, Prediction, Situation, per_coordinate
from adamw_cli.theory import autoregression, equilibrium, frozen, geometry, rescaling, stationary
from adamw_cli.vocabulary import AdamStep, Constant, MomentumStep, OwnStep, SignStep, Zero

# Beyond, theory is no help.
_MOST = 0.05
# A run is settled after so many of its times, and its late part has to be as long as so many.
_SETTLING, _LONG = 5.0, 10.0
_GONE = 1e-3
_WALK = "random walk: zero gradient, normal noise, decay; settled, lr*weight_decay*steps >= 10"
_SLOPE = "normal noise, averages settled, eps negligible"
_BOWL = "quadratic, normal noise, settled, small steps: "


@dataclass(frozen=True)
class _Walk:
    """One weight that noise moves and decay holds.

    Attributes
    ----------
    std : stationary standard deviation.
    turn : 1 minus the correlation of neighbours.
    rate : at which the start is forgotten.
    spread : steps per independent value of w^2.
    error : how far std may be off, as a part of it.

    """

    std: float
    turn: float
    rate: float
    spread: float
    error: float


def _tail(facts: Situation, part: float) -> tuple[int, int]:
    """The steps before the late part of a run, and those in it."""
    count = min(facts.steps, max(1, math.floor(part * facts.steps + 0.5)))
    return facts.steps - count, count


def _about(value: float | Iterable[float | None], condition: str, error: float) -> Prediction | None:
    """A prediction with its error, if that is small enough to be of use."""
    if not error <= _MOST:
        return None
    good = f", good to {100.0 * error:.2g} %" if error else ""
    said = f"mean over trials{good}; {condition}"
    if isinstance(value, float):
        return Prediction(value, said, error=error) if math.isfinite(value) else None
    found = per_coordinate(value, said)
    return Prediction(found.value, said, error=error) if found.value is not None else None


def _forgetful(beta2: float, steps: int) -> float:
    """Variance that v_hat has of its own, over that of a square: 2 divided by how many squares it averages, nearly 1 - beta2."""
    left = beta2**steps
    return 2.0 * (1.0 - beta2) / (1.0 + beta2) * (1.0 + left) / (1.0 - left) if left < 1.0 else math.inf


def _published(facts: Situation) -> bool:
    """Whether the step has a name in theory, and decay is as published."""
    known = facts.normalises or isinstance(facts.step, MomentumStep | SignStep)
    return known and facts.decay.published and not facts.maximum and not facts.nesterov


def _sign_walk(facts: Situation, i: int) -> _Walk | None:
    lr, lam, beta1, beta2 = facts.lr[i], facts.lam[i], facts.momentum[i], facts.beta2[i]
    if not facts.decoupled:
        return None
    std = equilibrium.lion_norm(1.0, lr, lam, beta1, beta2)
    turn = 1.0 - math.cos(equilibrium.lion_angle(lr, lam, beta1, beta2))
    memory = 1.0 / (1.0 - beta2)
    rate = min(lr * lam, 1.0 / memory)
    return _Walk(std, turn, rate, 1.0 / (lr * lam) + 2.0 * memory, 0.0)


def _linear_walk(facts: Situation, i: int, start: int) -> _Walk | None:
    assert facts.sigma is not None
    lr, lam, sigma, momentum = facts.lr[i], facts.lam[i], facts.sigma[i], facts.momentum[i]
    coupled, error = facts.coupled, 0.0
    if isinstance(facts.step, MomentumStep):
        lr *= 1.0 - facts.dampening[i] if momentum else 1.0
        walk = (equilibrium.sgd_walk if coupled else equilibrium.sgdw_walk)(lr, lam, momentum, sigma)
    else:
        error = _forgetful(facts.beta2[i], start) + facts.eps[i] / sigma
        adamw, l2 = equilibrium.adamw_walk, equilibrium.adam_l2_walk
        walk = l2(lr, lam, momentum, sigma) if coupled else adamw(lr, lam, momentum)
    rest, phi2, _ = walk
    std = autoregression.std(*walk)
    if coupled and isinstance(facts.step, AdamStep):
        error += (lam * std / sigma) ** 2 / 2.0  # what decay adds to the squares in v
    return _Walk(
        std,
        autoregression.turn(rest, phi2),
        autoregression.relaxation_rate(rest, phi2),
        autoregression.spread(rest, phi2),
        error,
    )


def _walks(facts: Situation, part: float) -> list[_Walk] | None:
    """A settled walk for each coordinate; None if there is one without."""
    if facts.sigma is None or not facts.still or not facts.constant_lr:
        return None
    if not _published(facts) or min(facts.sigma) <= 0.0 or min(facts.lam) <= 0.0:
        return None
    start, count = _tail(facts, part)
    sigma = facts.sigma
    alike: dict[tuple[float, ...], _Walk | None] = {}

    def one(i: int) -> _Walk | None:
        key = sigma[i], facts.lr[i], facts.lam[i], *facts.adam(i), facts.dampening[i]
        if key not in alike:
            alike[key] = _sign_walk(facts, i) if isinstance(facts.step, SignStep) else _linear_walk(facts, i, start)
        return alike[key]

    found = [one(i) for i in facts.coordinates]
    walks = [
        walk for walk in found if walk is not None and walk.rate * start >= _SETTLING and walk.rate * count >= _LONG
    ]
    return walks if len(walks) == len(found) else None


def _left(weights: Sequence[float], walks: list[_Walk], start: int) -> float:
    """How far squares still are from their balance at the start of the late part, as a part of it."""
    size = math.hypot(*(walk.std for walk in walks))
    off = (
        abs((w / size) ** 2 - (walk.std / size) ** 2) * math.exp(-2.0 * walk.rate * start)
        for w, walk in zip(weights, walks, strict=True)
    )
    return 2.0 * math.fsum(off)


def _lengths(facts: Situation, part: float, several: bool) -> Prediction | None:
    """Root mean square of all weights together, or of each."""
    walks = _walks(facts, part)
    if walks is None:
        return None
    start, count = _tail(facts, part)
    # of each weight alone, where they are not taken together
    groups = [(facts.start, walks)] if several else [((w,), [walk]) for w, walk in zip(facts.start, walks, strict=True)]
    found, error = [], 0.0
    for weights, group in groups:
        size = math.hypot(*(walk.std for walk in group))
        # the mean of a root is smaller than the root of the mean, by an eighth of the relative variance
        bias = math.fsum((walk.std / size) ** 4 * walk.spread for walk in group) / (4.0 * count)
        error = max(error, max(walk.error for walk in group) + _left(weights, group, start) + bias)
        found.append(size)
    return _about(found[0] if several else found, _WALK, error)


def _equilibrium_norm(facts: Situation, part: float = 0.5) -> Prediction | None:
    return _lengths(facts, part, several=True)


def _late_rms(facts: Situation, level: float | tuple[float, ...] | None = None, part: float = 0.5) -> Prediction | None:
    levels = level if isinstance(level, tuple) else (level,)
    return None if any(levels) else _lengths(facts, part, several=False)


def _angular_update(facts: Situation, part: float = 0.5) -> Prediction | None:
    walks = _walks(facts, part)
    if walks is None:
        return None
    start, _ = _tail(facts, part)
    size = math.hypot(*(walk.std for walk in walks))
    turned = math.fsum((walk.std / size) ** 2 * walk.turn for walk in walks)
    # of few coordinates the mean angle is larger
    few = math.fsum((walk.std / size) ** 4 for walk in walks)
    error = max(walk.error for walk in walks) + _left(facts.start, walks, start) + few
    return _about(autoregression.angle(turned), _WALK, error)


def _updates(
    facts: Situation, part: float, value: Callable[[float, float, float], float], bias: Callable[[float], float]
) -> Prediction | None:
    """A quantity of the update for each coordinate, on a slope or a plateau."""
    if facts.sigma is None or not facts.normalises or not facts.decays_beside or facts.maximum:
        return None
    if not facts.constant_lr or not isinstance(facts.gradient, Constant | Zero):
        return None
    start, count = _tail(facts, part)
    found, error = [], 0.0
    for i in facts.coordinates:
        mu, sigma, beta1 = facts.slope(i), facts.sigma[i], facts.momentum[i]
        if sigma <= 0.0 or beta1**start > _GONE:
            return None
        found.append(value(mu, sigma, beta1))
        off = _forgetful(facts.beta2[i], start) + facts.eps[i] / math.hypot(mu, sigma) + bias(beta1) / count
        error = max(error, off)
    return _about(found, _SLOPE, error)


def _mean_update(facts: Situation, part: float = 0.5) -> Prediction | None:
    return _updates(facts, part, lambda mu, sigma, beta1: rescaling.mean_update(mu, sigma), lambda beta1: 0.0)


def _rms_update(facts: Situation, part: float = 0.5) -> Prediction | None:
    return _updates(facts, part, rescaling.rms_update, lambda beta1: (1.0 + beta1) / (4.0 * (1.0 - beta1)))


def _linear_mean(facts: Situation, i: int, start: int) -> tuple[float, float] | None:
    """Mean weight of SGD on a parabola, and how far it may be off."""
    (h, a), lr, lam, mu = facts.parabola(i), facts.lr[i], facts.lam[i], facts.momentum[i]
    if facts.coupled:
        goal = stationary.map_point(a, h, lam)
        rate = autoregression.relaxation_rate(lr * (1.0 - facts.dampening[i] if mu else 1.0) * (h + lam), -mu)
    else:  # the buffer sums 1/(1 - momentum) gradients, decay acts once
        goal = stationary.map_point(a, h, lam * (1.0 - mu))
        rate = autoregression.relaxation_rate(lr * lam * (1.0 - mu) + lr * h, -(1.0 - lr * lam) * mu)
    return goal, 4.0 * abs(facts.start[i] - goal) * math.exp(-rate * start)


def _adaptive_mean(facts: Situation, i: int, start: int) -> tuple[float, float] | None:
    """The same of Adam with either decay."""
    assert facts.sigma is not None
    (h, a), sigma = facts.parabola(i), facts.sigma[i]
    lr, lam, w, beta2 = facts.lr[i], facts.lam[i], facts.start[i], facts.beta2[i]
    if sigma <= 0.0 or facts.eps[i] > _GONE * sigma:
        return None
    coupled = facts.coupled
    goal = stationary.map_point(a, h, lam) if coupled else stationary.noisy_point(a, h, lam, sigma)
    pull, x = (h + lam, 0.0) if coupled else (h, facts.x[i])
    if lr * pull / sigma > frozen.oscillation_range(facts.momentum[i], x)[0]:
        return None  # momentum swings beyond the goal
    mean = 0.0 if coupled else h * (a - goal)
    power = sigma**2 + mean**2
    far = max(power, sigma**2 + (pull * (w - (goal if coupled else a))) ** 2)
    rate = lr * pull / math.sqrt(far) if coupled else lr * (h * sigma**2 / far**1.5 + lam)
    # v remembers the squares of the start until then
    waits = math.log(far / power) / -math.log(beta2) if beta2 > 0.0 else 0.0
    off = abs(w - goal) * math.exp(-max(0.0, start - waits) * rate / 1.5)
    if not coupled:
        slope = h * sigma**2 / power**1.5 + lam
        moved = _forgetful(beta2, start) + 2.0 * h * h * lr / (2.0 * slope) / power + facts.eps[i] / sigma
        off += abs(goal) * lam / slope * moved
    return goal, off


def _late_mean(facts: Situation, part: float = 0.5) -> Prediction | None:
    adaptive = isinstance(facts.step, AdamStep)
    linear = adaptive or isinstance(facts.step, MomentumStep)
    if facts.sigma is None or facts.bowl is None or not facts.constant_lr or not linear or not _published(facts):
        return None
    if min(facts.bowl[0]) <= 0.0 or min(facts.lam) < 0.0:
        return None
    start, _ = _tail(facts, part)
    one = _adaptive_mean if adaptive else _linear_mean
    found = [one(facts, i, start) for i in facts.coordinates]
    known = [pair for pair in found if pair is not None and pair[0] != 0.0]
    if len(known) < len(found):
        return None
    error = max(off / abs(goal) for goal, off in known)
    if facts.coupled:
        where = "h a/(h + lam)"
    elif adaptive:
        where = "mu/sqrt(mu^2 + sigma^2) = lam w, mu = h (a - w)"
    else:
        where = "h a/(h + lam (1 - momentum))"
    return _about([goal for goal, _ in known], _BOWL + where, error)


def _coupled_weight(facts: Situation, t: int) -> Prediction | None:
    """Coupled decay of Adam, slowed down by the noise in v."""
    plain = facts.normalises and facts.coupled and _published(facts) and facts.constant_lr
    if not plain or facts.sigma is None or not facts.still or not 1 <= t <= facts.steps:
        return None
    found, error = [], 0.0
    for i in facts.coordinates:
        sigma, lr, lam, w = facts.sigma[i], facts.lr[i], facts.lam[i], facts.start[i]
        if sigma <= 0.0 or lam <= 0.0 or w == 0.0:
            return None
        end = geometry.coupled_weight(w, sigma, lr, lam, t)
        fresh, speed = 1.0 - facts.beta2[i], lr * lam / sigma
        # v lags behind, remembering a larger w; averages of few squares at first, of one in the first step, where the
        # mean of a sign is sqrt(2/pi) of lam w/sigma; weights that stray
        off = (lam * w / sigma) ** 2 * speed / (8.0 * fresh) + fresh + (0.25 + math.log(t)) / t + speed / 2.0
        off += speed / (1.0 - facts.momentum[i]) + facts.eps[i] / sigma
        found.append(end)
        error = max(error, off * abs((w - end) / end) if end else math.inf)
    return _about(found, "coupled decay alone at the rate lr lam/sqrt(sigma^2 + (lam w)^2), normal noise", error)


def _weight(facts: Situation, step: int | None = None) -> Prediction | None:
    """Where the mean is that of the run without noise: steps that are linear, or odd, in gradients of mean 0."""
    t = facts.steps if step is None else step
    odd = facts.shrinks_alone and not isinstance(facts.step, OwnStep)
    path = path_of(facts) if facts.sigma is not None and (odd or facts.descends) and t <= facts.steps else None
    if path is None:
        return _coupled_weight(facts, t)
    return _about([path.at(i, t) for i in facts.coordinates], f"normal noise; {path.condition}", 0.0)


def _total_shrink(facts: Situation) -> Prediction | None:
    found = _weight(facts)
    if found is None or not isinstance(found.value, tuple) or found.error:
        return None
    ratios = [end / w if w and end is not None else None for end, w in zip(found.value, facts.start, strict=True)]
    return _about(ratios, found.holds_when.removeprefix("mean over trials; "), 0.0)


def _within_range(formula: Formula) -> Formula:
    """Say nothing of numbers whose squares no double holds, and of runs that never settle."""

    @wraps(formula)
    def guarded(*args: Any, **parameters: Any) -> Prediction | None:
        try:
            return formula(*args, **parameters)
        except (UsageError, ArithmeticError):
            return None

    return guarded


RULES: dict[str, Formula] = {
    name: _within_range(formula)
    for name, formula in {
        "weight": _weight,
        "total_shrink": _total_shrink,
        "late_mean": _late_mean,
        "late_rms": _late_rms,
        "equilibrium_norm": _equilibrium_norm,
        "angular_update": _angular_update,
        "mean_update": _mean_update,
        "rms_update": _rms_update,
    }.items()
}
