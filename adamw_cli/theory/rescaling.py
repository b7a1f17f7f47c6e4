"""Which other hyperparameters do the same: for another batch size, run length or scale of the gradients.

lr, lam and M are learning rate, weight_decay and steps per epoch, M = points/batch, which need not be whole. The last
functions say what sets the size of a step: the ratio of a gradient's mean mu and standard deviation sigma, not its scale.

Holds when: lr is constant.
Source: docs/theory.md 12 and 13.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_ROUNDING = 1e-12  # 10 (1 - 0.9) is meant to be 1


def tau_epoch(lr: float, lam: float, steps_per_epoch: float) -> float:
    """Timescale of AdamW as a moving average, in epochs: 1/(lr lam M).

    `half_life.timescale` divided by M is the exact one, which is shorter by half a step.

    Holds when: lr lam is far below 1.
    Source: docs/theory.md 12; Wang and Aitchison, "How to set AdamW's weight decay as you scale model and dataset size", 2024.

    >>> f"{tau_epoch(1e-3, 0.1, 50_000 / 128):.6f}"
    '25.600000'

    """
    return 1.0 / _checks.shrinking(lr * lam) / _checks.positive("steps per epoch", steps_per_epoch)


def weight_decay_for_tau_epoch(lr: float, tau: float, steps_per_epoch: float) -> float:
    """Weight decay with this `tau_epoch`: 1/(lr tau M), proportional to the batch size for a fixed lr.

    Holds when: lr lam is far below 1.

    >>> f"{weight_decay_for_tau_epoch(1e-3, 25.6, 50_000 / 128):.6f}"
    '0.100000'

    """
    steps = _checks.positive("tau", tau) * _checks.positive("steps per epoch", steps_per_epoch)
    if _checks.positive("tau times steps per epoch", steps) <= 1.0:
        raise UsageError(
            f"the timescale, tau times steps per epoch, must be more than 1 step, not {steps:g}", "give a larger tau"
        )
    return 1.0 / (_checks.positive("lr", lr) * steps)


def _run(lam_norm: float, batch: float, points: float, epochs: float) -> float:
    _checks.positive("normalised weight decay", lam_norm)
    seen = _checks.positive("number of points", points) * _checks.positive("number of epochs", epochs)
    return seen / _checks.positive("batch size", batch)


def normalised_weight_decay(lam_norm: float, batch: float, points: float, epochs: float) -> float:
    """Loshchilov and Hutter's rule for runs of other lengths: lr lam = lam_norm sqrt(batch/(points epochs)).

    Their lam is per step, lr * weight_decay here. It depends on the number of steps alone, points epochs/batch.

    Source: docs/theory.md 12; Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, appendix B.1.

    >>> f"{normalised_weight_decay(0.05, 128, 50_000, 100):.4e}"
    '2.5298e-04'

    """
    return lam_norm / math.sqrt(_run(lam_norm, batch, points, epochs))


def normalised_for_decay(x: float, batch: float, points: float, epochs: float) -> float:
    """The lam_norm with which `normalised_weight_decay` is x: x sqrt(points epochs/batch).

    >>> f"{normalised_for_decay(2.5298e-4, 128, 50_000, 100):.4f}"
    '0.0500'

    """
    return x * math.sqrt(_run(1.0, batch, points, epochs))


class Rescaled(NamedTuple):
    """Hyperparameters of AdamW."""

    lr: float
    weight_decay: float
    beta1: float
    beta2: float
    eps: float


def sqrt_rule(lr: float, lam: float, beta1: float, beta2: float, eps: float, k: float) -> Rescaled:
    """Hyperparameters for a batch that is k times as large: lr and lam times sqrt(k), 1 - beta times k, eps over sqrt(k).

    The square-root rule of the SDE limit. The decay per sample, lr lam/batch, stays the same.

    Holds when: noise dominates the gradients, and k (1 - beta) is below 1 for both betas.
    Source: docs/theory.md 12; Malladi et al., "On the SDEs and Scaling Rules for Adaptive Gradient Algorithms", 2022.

    >>> [round(value, 12) for value in sqrt_rule(0.1, 0.1, 0.9, 0.999, 1e-8, 4)]
    [0.2, 0.2, 0.6, 0.996, 5e-09]

    """
    root = math.sqrt(_checks.positive("k", k))
    for name, beta in (("beta1", beta1), ("beta2", beta2)):
        if not 0.0 <= beta < 1.0 or k * (1.0 - beta) >= 1.0 - _ROUNDING:
            raise UsageError(
                f"k (1 - {name}) must be below 1, and {name} at least 0 and below 1, not k = {k:g} and {beta:g}",
                "the rule does not hold for so large a batch",
            )
    return Rescaled(lr * root, lam * root, 1.0 - k * (1.0 - beta1), 1.0 - k * (1.0 - beta2), eps / root)


def _power(mu: float, sigma: float) -> float:
    if not 0.0 <= sigma < math.inf or not math.isfinite(mu) or mu == sigma == 0.0:
        raise UsageError(f"a gradient's mean and deviation must be finite, not {mu:g} and {sigma:g}", "and not both 0")
    return math.hypot(mu, sigma)


def mean_update(mu: float, sigma: float) -> float:
    """Mean of the step over -lr, for gradients of mean mu and deviation sigma: mu/sqrt(mu^2 + sigma^2).

    Only the ratio mu/sigma counts.

    Holds when: averages have settled, gradients are independent, beta2 is near 1 and eps far below them.

    >>> mean_update(3.0, 4.0), mean_update(0.003, 0.004), mean_update(-1.0, 0.0)
    (0.6, 0.6, -1.0)

    """
    return mu / _power(mu, sigma)


def rms_update(mu: float, sigma: float, beta1: float) -> float:
    """Root mean square of the step over lr: sqrt((mu^2 + sigma^2 (1 - beta1)/(1 + beta1))/(mu^2 + sigma^2)).

    Holds when: averages have settled, gradients are independent, beta2 is near 1 and eps far below them.

    >>> rms_update(1.0, 0.0, 0.9), f"{rms_update(0.0, 5.0, 0.9):.6f}", rms_update(3.0, 4.0, 0.0)
    (1.0, '0.229416', 1.0)

    """
    _checks.averaging("beta1", beta1)
    scale = _power(mu, sigma)
    return math.hypot(mu / scale, sigma / scale * math.sqrt((1.0 - beta1) / (1.0 + beta1)))
