"""Decay that goes through the gradient, where there is no other gradient: Adam with L2, and SGD with momentum."""

import math

from adamw_cli.judging.predict.path import coupled_alone
from adamw_cli.judging.predict.situation import Formula, Prediction, Situation, where
from adamw_cli.theory import coupling, plateau_l2, two_cycle
from adamw_cli.vocabulary import MomentumStep

# From so many steps of size lr to zero on, the differential equation is good to about lr/|w_0|.
_ENOUGH_STEPS = 100.0
_ODE = "coupled decay alone, eps far below weight_decay*|w|, constant lr; good to about lr/|w_0|"
# With less momentum a weight changes its sign in another way than the equation has it.
_ENOUGH_MOMENTUM = 0.5
_WITHOUT_EPS = 1e-4
_GONE = 1e-9
# In lr: from here a weight is on its way to the cycle within some steps; and what the deviation is down to in a quarter.
_NEAR_CYCLE = 3.0
_SETTLING = 0.2


def _steadily(facts: Situation) -> bool:
    return coupled_alone(facts) and facts.constant_lr


@where(coupled_alone, "coupled decay alone: lr*lam|w|/(lam|w| + eps)")
def _first_step(facts: Situation, i: int) -> float:
    return abs(_first_move(facts, i))


def _first_move(facts: Situation, i: int) -> float:
    """How far the first step moves a weight towards 0; away from it if the decay is negative."""
    lr, lam = facts.lr[i] * next(iter(facts.factors())), facts.lam[i]
    return math.copysign(plateau_l2.first_step(facts.start[i], lr, abs(lam), facts.eps[i]), lam)


def _radiality(facts: Situation) -> Prediction | None:
    if not facts.still or not any(facts.start):
        return None
    if facts.shrinks_alone:
        pulls = len(set(facts.x)) == 1 and facts.x[0] > 0.0 and facts.constant_lr
        holds_when = "decoupled decay with one lr*weight_decay > 0: straight to the origin"
        return Prediction(1.0, holds_when) if pulls else None
    if not coupled_alone(facts):
        return None
    moved = [_first_move(facts, i) for i in facts.coordinates]
    size = math.hypot(*moved) * math.hypot(*facts.start)
    inward = sum(step * abs(w) for step, w in zip(moved, facts.start, strict=True))
    return Prediction(inward / size, "coupled decay alone: lr*lam|w|/(lam|w| + eps) for each weight") if size else None


def _large_enough(facts: Situation, i: int, smallest: float) -> bool:
    """Whether the differential equation is good until a weight is down to `smallest` of what it was."""
    size, lam = abs(facts.start[i]), facts.lam[i]
    fits = lam > 0.0 and size >= _ENOUGH_STEPS * facts.lr[i]
    return fits and facts.eps[i] <= _WITHOUT_EPS * smallest * lam * size


@where(_steadily, _ODE)
def _half_life(facts: Situation, i: int, fraction: float = 0.5) -> float | None:
    if not _large_enough(facts, i, fraction):
        return None
    return plateau_l2.ode_fraction_time(abs(facts.start[i]), facts.lr[i], *facts.adam(i)[:2], fraction, facts.steps)


@where(_steadily, _ODE)
def _first_sign_change(facts: Situation, i: int) -> float | None:
    if not _large_enough(facts, i, 1e-2) or facts.momentum[i] < _ENOUGH_MOMENTUM:
        return None
    return plateau_l2.ode_sign_change(abs(facts.start[i]), facts.lr[i], *facts.adam(i)[:2], facts.steps)


@where(_steadily, "coupled decay alone, settled on its cycle, which is stable for beta1 < 0.17")
def _two_cycle_amplitude(facts: Situation, i: int) -> float | None:
    """The cycle on which a small momentum ends, once it is there."""
    lr, (beta1, beta2, eps) = facts.lr[i], facts.adam(i)
    stable = facts.lam[i] > 0.0 and two_cycle.multiplier(beta1, beta2) < 1.0
    if not stable or facts.start[i] == 0.0:
        return None
    settled = facts.steps >= 6.3 * abs(facts.start[i]) / lr + 60.0 / (1.0 - two_cycle.multiplier(beta1, beta2))
    return two_cycle.amplitude(lr, beta1, 0.0, eps, facts.lam[i]) if settled else None


@where(_steadily, "approximate: coupled decay alone, from near a stable cycle, eps negligible")
def _two_cycle_multiplier(facts: Situation, i: int) -> float | None:
    """How fast a stable cycle is approached, as long as that is not down to rounding."""
    lr, (beta1, beta2, eps) = facts.lr[i], facts.adam(i)
    found = two_cycle.multiplier(beta1, beta2)
    near = 0.0 < abs(facts.start[i]) <= _NEAR_CYCLE * lr and facts.lam[i] > 0.0
    negligible = eps <= _WITHOUT_EPS * facts.lam[i] * lr
    visible = found**facts.steps > _GONE and found ** (facts.steps / 4) < _SETTLING
    return found if near and negligible and found < 1.0 and visible else None


def _through_momentum(facts: Situation) -> bool:
    plain = isinstance(facts.step, MomentumStep) and not facts.nesterov
    return facts.still and facts.coupled and plain and facts.constant_lr


@where(_through_momentum, "coupled decay through momentum, after the start, zero gradient, constant lr")
def _decay_rate(facts: Situation, i: int) -> float | None:
    """The slower root of SGD with momentum: decay that goes through the buffer is a little faster than x."""
    mu = facts.momentum[i]
    if not 0.0 < mu < 1.0:
        return None
    # In terms of an average (1 - mu) g the learning rate is larger by (1 - dampening)/(1 - mu).
    rate = coupling.ema_decay_rate(facts.x[i] * (1.0 - facts.dampening[i]) / (1.0 - mu), mu)
    if rate is None or not 0.0 < rate < 1.0:
        return None
    other = mu / (1.0 - rate)  # the product of the roots is mu
    return rate if facts.steps * math.log(other / (1.0 - rate)) <= math.log(_GONE) else None


RULES: dict[str, Formula] = {
    "first_step": _first_step,
    "radiality": _radiality,
    "half_life": _half_life,
    "first_sign_change": _first_sign_change,
    "two_cycle_amplitude": _two_cycle_amplitude,
    "two_cycle_multiplier": _two_cycle_multiplier,
    "decay_rate": _decay_rate,
}
