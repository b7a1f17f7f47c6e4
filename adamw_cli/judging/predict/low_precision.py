"""Decay of weights that are stored with few bits: the one thing that theory says of them.

On a plateau, under decoupled decay at constant lr. What a run starts from is rounded as well.
"""

from adamw_cli.formats import EXACT, FORMATS
from adamw_cli.judging.predict.situation import ROUNDED, Prediction, Situation
from adamw_cli.scenario.model import Precision
from adamw_cli.theory import precision as theory

_MEAN = "stochastic rounding: the mean over trials; zero gradient, decoupled decay, constant lr, no subnormal weight"
_NEAREST = "weights rounded to nearest, lr*weight_decay < 2^-p; zero gradient, decoupled decay, constant lr"


def predicted(metric: str, facts: Situation, precision: Precision) -> Prediction:
    """Theory's value of a metric; only of `weight` and `total_shrink`."""
    silent = Prediction(None, note=ROUNDED)
    decays = facts.shrinks_alone and facts.decoupled and not facts.proximal
    if metric not in ("weight", "total_shrink") or not decays or not facts.constant_lr:
        return silent
    if precision.weights == EXACT or precision.kahan or not all(0.0 < x < 1.0 for x in facts.x):
        return silent
    bits = FORMATS[precision.weights].bits
    starts = [theory.rounded(w, bits) for w in facts.start]
    ends = [_end(w, facts.x[i], precision, facts.steps) for i, w in enumerate(starts)]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends):
        return silent
    holds = _MEAN if precision.random else _NEAREST
    if metric == "weight":
        return Prediction(tuple(known), holds)
    return Prediction(tuple(end / w if w else None for end, w in zip(known, starts, strict=True)), holds)


def _end(w: float, x: float, precision: Precision, steps: int) -> float | None:
    """The weight after the run; None where no formula says."""
    form = FORMATS[precision.weights]
    if w == 0.0:
        return 0.0
    if not 2.0**form.smallest_exponent <= abs(w) <= form.largest:
        return None
    if not precision.random:
        end = theory.decayed(w, x, form.bits, steps)
    else:
        end = theory.stochastic_mean(w, x, steps)
    return end if end is not None and abs(end) >= 2.0**form.smallest_exponent else None
