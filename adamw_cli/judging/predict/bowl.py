"""A quadratic: where a run comes to rest once its learning rate has died out, and what a large eps does at first."""

import math

from adamw_cli.judging.predict.situation import Formula, Prediction, Situation, per_coordinate, where
from adamw_cli.theory import frozen, stationary, transient

# A run counts as settled if its learning rates could carry it three times the way, and the last is this small a part.
_WAYS = 3.0
_DIED_OUT = 1e-3
_TRANSIENT_STEPS = 2000


def _separate(facts: Situation) -> bool:
    return facts.bowl is not None and min(facts.bowl[0]) > 0.0


def _goal(facts: Situation, i: int) -> float | None:
    """Where an adaptive rule comes to rest."""
    (h, a), lam = facts.parabola(i), facts.lam[i]
    if facts.coupled:
        return stationary.map_point(a, h, lam) if lam >= 0.0 else None
    if lam <= 0.0:
        return a if lam == 0.0 else None
    return stationary.box_point_with_eps(a, h, lam, facts.eps[i])


def _rests(facts: Situation) -> list[float] | None:
    """The points of rest, if the schedule leads to rest there."""
    as_published = facts.normalises and facts.decay.published
    if not _separate(facts) or not as_published or facts.constant_lr or facts.too_long:
        return None
    goals = [_goal(facts, i) for i in facts.coordinates]
    factors = list(facts.factors())
    if factors[-1] > _DIED_OUT or any(goal is None for goal in goals):
        return None
    reach = math.fsum(factors)
    points = [goal for goal in goals if goal is not None]
    far = any(
        abs(point - facts.start[i]) * _WAYS > facts.lr[i] * reach
        or facts.x[i] * reach < 10.0 * (abs(point) * facts.lam[i] > 0.9)
        for i, point in enumerate(points)
    )
    return None if far else points


_SETTLED = "a learning rate that dies out after the run has come to rest: "


def _condition(facts: Situation) -> str:
    if facts.coupled:
        return _SETTLED + "h a/(h + lam), the MAP estimate"
    return _SETTLED + "the minimiser inside the box |w| <= 1/lam, with eps: lam w (h|a - w| + eps) = h (a - w)"


def _weight(facts: Situation, step: int | None = None) -> Prediction | None:
    points = _rests(facts) if step in (None, facts.steps) else None
    return None if points is None else per_coordinate(points, _condition(facts))


def _map_gap(facts: Situation) -> Prediction | None:
    points = _rests(facts)
    if points is None or not any(facts.lam):
        return None
    if facts.coupled:
        return Prediction(0.0, _condition(facts))
    bowls = map(facts.parabola, facts.coordinates)
    slopes = [h * (w - a) + facts.lam[i] * w for i, (w, (h, a)) in enumerate(zip(points, bowls, strict=True))]
    return Prediction(math.hypot(*slopes), _condition(facts))


@where(
    lambda facts: _separate(facts) and facts.normalises and not any(facts.lam) and facts.constant_lr,
    "eps far above sqrt(v_hat) throughout, no decay, constant lr",
)
def _bc_transient_peak(facts: Situation, i: int) -> float | None:
    """The first steps with eps far above the gradients: bias correction multiplies the learning rate by 1/(1 - beta1^t)."""
    (h, a), eps = facts.parabola(i), facts.eps[i]
    distance = abs(facts.start[i] - a)
    kappa = facts.lr[i] * h / eps if eps > 0.0 else math.inf
    if distance == 0.0 or kappa >= frozen.stability_threshold(facts.momentum[i], 0.0):
        return None
    peak, step = transient.bc_transient_peak(kappa, 0.0, facts.momentum[i])
    dominated = eps >= 1e4 * h * distance * peak
    return peak if dominated and step <= min(facts.steps, _TRANSIENT_STEPS) else None


RULES: dict[str, Formula] = {"weight": _weight, "map_gap": _map_gap, "bc_transient_peak": _bc_transient_peak}
