"""Decay alone: no gradient, and each step multiplies a weight by 1 - x, or by 1/(1 + x) for an exact proximal step."""

import math
from collections.abc import Callable, Iterable
from itertools import islice

from adamw_cli.judging.predict.situation import FADED, MOST_FACTORS, OUT_OF_RANGE, TOO_LONG, Prediction, Situation, each
from adamw_cli.theory import crossing, half_life

Formula = Callable[..., float | None]


def _rate(facts: Situation, i: int) -> float:
    """The x of a step 1 - x that shrinks as much; constant lr only for an exact proximal step."""
    x = facts.x[i]
    return x / (1.0 + x) if facts.proximal else x


def _halving(facts: Situation, fraction: float, constant: Formula, scheduled: Formula) -> Prediction | None:
    if not facts.shrinks_alone or (facts.proximal and not facts.constant_lr):
        return None

    def one(x: float) -> float | None:
        if not 0.0 < x < math.inf:
            return None
        if facts.constant_lr:
            step = half_life.crossing_step(x, fraction)
            found = constant(x, fraction) if step is not None and step <= facts.steps else None
        else:
            found = scheduled(x, islice(facts.factors(), MOST_FACTORS), fraction)
        return None if found is None else float(found)  # metrics are floats, whole ones too

    by_rate = {x: one(x) for x in {_rate(facts, i) for i in facts.coordinates}}
    values = each(facts, lambda i: by_rate[_rate(facts, i)] if abs(facts.start[i]) * fraction > FADED else None)
    if not any(value is not None for value in values):
        long = not facts.constant_lr and facts.too_long
        return Prediction(None, note=TOO_LONG if long else "no weight gets there within the run")
    bounds = "lr*weight_decay > 0" if facts.proximal else "0 < lr*weight_decay < 2"
    rate = f"{bounds}, constant lr" if facts.constant_lr else "lr*schedule(t)*weight_decay"
    return Prediction(values, f"{rate}, zero gradient")


def _half_life(facts: Situation, fraction: float = 0.5) -> Prediction | None:
    return _halving(facts, fraction, half_life.half_life, crossing.time_at_or_below)


def _crossing_step(facts: Situation, fraction: float = 0.5) -> Prediction | None:
    return _halving(facts, fraction, half_life.crossing_step, crossing.first_step_at_or_below)


def _settling_step(facts: Situation, within: float = 0.05) -> Prediction | None:
    """A weight that only shrinks settles at 0 when it first is small enough."""
    steadily = all(0.0 <= _rate(facts, i) < 1.0 for i in facts.coordinates)
    if not steadily or not facts.constant_lr or not 0.0 < within < 1.0:
        return None
    return _crossing_step(facts, within)


def _regimes(facts: Situation) -> set[str]:
    """What happens to the weights that there are."""
    return {half_life.regime(_rate(facts, i)) for i in facts.coordinates if facts.start[i] != 0.0}


def _visible(facts: Situation) -> bool:
    """Whether one step's decay survives the rounding of a double."""
    return all(x == 0.0 or abs(x) > 1e-15 for x in facts.x)


def _decay_regime(facts: Situation) -> Prediction | None:
    if not facts.shrinks_alone or not facts.constant_lr or not _visible(facts) or not _regimes(facts):
        return None
    found = _regimes(facts)
    return Prediction(found.pop() if len(found) == 1 else "mixed", "constant lr, zero gradient")


def _first_sign_change(facts: Situation) -> Prediction | None:
    if not facts.shrinks_alone or not facts.constant_lr:
        return None
    turns = ("alternating", "marginal", "divergent")
    values = each(facts, lambda i: 1.0 if facts.start[i] and half_life.regime(_rate(facts, i)) in turns else None)
    if not any(values):
        return Prediction(None, note="decay alone changes no sign where lr*weight_decay is at most 1")
    return Prediction(values, "lr*weight_decay > 1, constant lr, zero gradient")


def _zero(facts: Situation) -> Prediction | None:
    return Prediction(0.0, "zero gradient") if facts.still else None


def _direction_cosine(facts: Situation) -> Prediction | None:
    """Every weight multiplied by one number: the direction stays, or turns round with the number's sign."""
    # Under a schedule a negative x may pass -1 on its way, where the sign of 1/(1 + x) turns.
    if facts.proximal and not facts.constant_lr and min(facts.x) < 0.0:
        return None
    rates: Iterable[float] = {_rate(facts, i) for i in facts.coordinates}
    if not facts.shrinks_alone or len(set(rates)) > 1 or not any(facts.start):
        return None
    if not facts.constant_lr and facts.too_long:
        return Prediction(None, note=TOO_LONG)
    x = _rate(facts, 0)
    shrunk = half_life.shrink_after(x, facts.steps) if facts.constant_lr else half_life.total_shrink(x, facts.factors())
    ends = [w * shrunk for w in facts.start]
    faded = any(w and abs(end) < FADED for w, end in zip(facts.start, ends, strict=True))
    if faded or not all(map(math.isfinite, ends)):
        return Prediction(None, note=OUT_OF_RANGE)
    return Prediction(math.copysign(1.0, shrunk), "one lr*weight_decay for all coordinates, zero gradient")


def _twin_contraction(facts: Situation) -> Prediction | None:
    """What decoupled decay multiplies the difference of two runs by, whatever gradients they both see."""
    beside = facts.decays_beside or facts.plain_coupled
    if not beside or not facts.constant_lr or not facts.gradient.external:
        return None
    values = each(facts, lambda i: abs(1.0 - _rate(facts, i)))
    return Prediction(values, "decoupled decay, constant lr, gradients that do not depend on the weights")


RULES: dict[str, Callable[..., Prediction | None]] = {
    "half_life": _half_life,
    "crossing_step": _crossing_step,
    "settling_step": _settling_step,
    "decay_regime": _decay_regime,
    "first_sign_change": _first_sign_change,
    "final_loss": _zero,
    "gradient_norm": _zero,
    "direction_cosine": _direction_cosine,
    "twin_contraction": _twin_contraction,
}
