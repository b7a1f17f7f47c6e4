"""The length at which decay and random gradients balance, and by what angle a step then turns the weights.

For C weights, in two settings:

    random walk       each gradient has the standard deviation sigma, whatever the weights are. Weights are then independent walks,
                      `autoregression.py` has them exactly, up to what Adam's denominator fluctuates (about 1 - beta2, relative).
    scale-invariant   gradients are orthogonal to w and of size sigma/|w| per coordinate, as under a layer that normalises;
                      functions with `invariant` in their name. To first order in lr * weight_decay, and for C >> 1.

For AdamW and Lion, whose step does not depend on the gradients' size, the two agree to first order: |w| = sqrt(lr C/(2 lam)), an
angle of sqrt(2 lr lam (1 - beta1)/(1 + beta1)). For Adam with L2 the angle depends on sigma, which is what "rotational equilibrium"
holds against it. Lengths are roots of the mean square; angles those of many coordinates (a mean angle is larger by about 1/(2 C)).

Holds when: gradients are independent normal numbers of mean 0, lr is constant, and the run has settled.
Source: docs/theory.md 9; Kosson, Messmer and Jaggi, "Rotational Equilibrium: How Weight Decay Balances Learning Across Neural
Networks", ICML 2024, section 3; the exact forms follow from the walks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks, autoregression

_NEGLIGIBLE = 1e-17
# Nearer to 1 the sum has millions of terms.
_LONGEST_MEMORY = 1.0 - 1e-5


class Walk(NamedTuple):
    """A random walk with friction, as `autoregression` takes it."""

    rest: float
    phi2: float
    noise: float


def _decay(lr: float, lam: float) -> float:
    return _checks.shrinking(_checks.positive("lr", lr) * _checks.positive("weight_decay", lam))


def _count(C: float) -> float:
    return math.sqrt(_checks.positive("the number of weights", C))


def adamw_walk(lr: float, lam: float, beta1: float) -> Walk:
    """A weight of AdamW under noise, as `autoregression` takes it: rest = x (1 - beta1), phi2 = -q beta1, noise lr (1 - beta1).

    w_t = q w_{t-1} - lr m_t/sigma with q = 1 - x and m the average of the noise, so phi1 = q + beta1, whatever sigma is.

    >>> [round(number, 12) for number in adamw_walk(0.01, 0.1, 0.9)]
    [0.0001, -0.8991, 0.001]

    """
    x, fresh = _decay(lr, lam), 1.0 - _checks.averaging("beta1", beta1)
    return Walk(x * fresh, -(1.0 - x) * beta1, lr * fresh)


def sgd_walk(lr: float, lam: float, momentum: float, sigma: float) -> Walk:
    """A weight of SGD with momentum and coupled decay under noise: rest = x, phi2 = -momentum, noise lr sigma.

    >>> sgd_walk(0.5, 0.5, 0.75, 2.0)
    Walk(rest=0.25, phi2=-0.75, noise=1.0)

    """
    x = _checks.positive("lr * weight_decay", lr * lam)
    return Walk(x, -_checks.averaging("momentum", momentum), lr * _size(sigma))


def sgdw_walk(lr: float, lam: float, momentum: float, sigma: float) -> Walk:
    """A weight of SGD with momentum and decoupled decay under noise: rest = x (1 - momentum), phi2 = -q momentum, noise lr sigma.

    As AdamW's, which averages where this one sums.

    >>> [round(number, 12) for number in sgdw_walk(0.5, 0.5, 0.75, 2.0)]
    [0.0625, -0.5625, 1.0]

    """
    rest, phi2, noise = adamw_walk(lr, lam, momentum)
    return Walk(rest, phi2, noise / (1.0 - momentum) * _size(sigma))


def adam_l2_walk(lr: float, lam: float, beta1: float, sigma: float) -> Walk:
    """A weight of Adam with L2 under noise: rest = (1 - beta1) lr lam/sigma, phi2 = -beta1, noise lr (1 - beta1).

    SGD with an averaging buffer and the learning rate lr/sigma.

    Holds when: lam |w| is far below sigma.

    >>> [round(number, 12) for number in adam_l2_walk(0.01, 0.1, 0.9, 2.0)]
    [5e-05, -0.9, 0.001]

    """
    fresh = 1.0 - _checks.averaging("beta1", beta1)
    return sgd_walk(lr * fresh / _size(sigma), lam, beta1, sigma)


def _size(sigma: float) -> float:
    return _checks.positive("sigma", sigma)


def walk_norm(C: float, rest: float, phi2: float, noise: float) -> float:
    """Root mean square of |w| for C weights on a walk: sqrt(C) times its stationary standard deviation.

    >>> f"{walk_norm(256, *adamw_walk(0.01, 0.1, 0.9)):.4f}", f"{adamw_norm(256, 0.01, 0.1):.4f}"
    ('3.5618', '3.5777')

    """
    return _count(C) * autoregression.std(rest, phi2, noise)


def walk_angle(rest: float, phi2: float) -> float:
    """Angle of a step for many weights on a walk, in radians: arccos(1 - rest/(1 - phi2)).

    The correlation of w_t and w_{t-1} is 1 - x (1 - beta1)/(1 + q beta1) for AdamW, 1 - x/(1 + momentum) for SGD; to first
    order in x the angles are sqrt(2 x (1 - beta1)/(1 + beta1)) and sqrt(2 x/(1 + momentum)).

    >>> f"{walk_angle(0.0001, -0.8991):.6f}", f"{adamw_angle(0.01, 0.1, 0.9):.6f}"
    ('0.010262', '0.010260')

    """
    return autoregression.angle(autoregression.turn(rest, phi2))


def adamw_norm(C: float, lr: float, lam: float) -> float:
    """Length of C weights of AdamW, to first order in x: sqrt(lr C/(2 lam)), whatever sigma and the betas are.

    It follows from |w|^2 <- (1 - x)^2 |w|^2 + what a step adds, lr^2 C over many steps. Relatively about x beta1/(1 - beta1)/2
    off: where 1/x is not well above the memory of the momentum, take `walk_norm`.

    Holds when: 1/x is well above 1/(1 - beta1).

    >>> f"{adamw_norm(256, 0.01, 0.1):.6f}"
    '3.577709'

    """
    _decay(lr, lam)
    return _count(C) * math.sqrt(lr / (2.0 * lam))


def adamw_angle(lr: float, lam: float, beta1: float) -> float:
    """Angle of a step of AdamW, to first order in x: sqrt(2 x (1 - beta1)/(1 + beta1)), in both settings.

    Holds when: 1/x is well above 1/(1 - beta1).

    >>> f"{adamw_angle(1e-3, 0.1, 0.9):.6f}"
    '0.003244'

    """
    return math.sqrt(2.0 * _decay(lr, lam) * (1.0 - _checks.averaging("beta1", beta1)) / (1.0 + beta1))


def adam_l2_invariant_norm(C: float, lr: float, lam: float, sigma: float) -> float:
    """Length of C scale-invariant weights of Adam with L2: R = (lr C sigma/(2 lam))^(1/3).

    The denominator is sigma/|w|, so that decay has the rate lr lam |w|/sigma: R^3 = lr C sigma/(2 lam).

    Holds when: the layer is scale-invariant, lr lam is far below 1 and C far above 1.

    >>> f"{adam_l2_invariant_norm(256, 0.01, 0.1, 1.0):.5f}"
    '2.33921'

    """
    _decay(lr, lam)
    return float((lr * _count(C) ** 2 * _size(sigma) / (2.0 * lam)) ** (1.0 / 3.0))


def adam_l2_invariant_angle(C: float, lr: float, lam: float, beta1: float, sigma: float) -> float:
    """Angle of a step of Adam with L2 for C scale-invariant weights: lr sqrt(C (1 - beta1)/(1 + beta1))/R.

    R is `adam_l2_invariant_norm`. It depends on sigma, unlike that of AdamW: layers with other gradients turn at other speeds.

    Holds when: the layer is scale-invariant, lr lam is far below 1 and C far above 1.

    >>> f"{adam_l2_invariant_angle(256, 0.01, 0.1, 0.9, 1.0):.6f}"
    '0.015692'

    """
    moved = lr * _count(C) * math.sqrt((1.0 - _checks.averaging("beta1", beta1)) / (1.0 + beta1))
    return moved / adam_l2_invariant_norm(C, lr, lam, sigma)


def sgd_invariant_norm(C: float, lr: float, lam: float, momentum: float, sigma: float) -> float:
    """Length of C scale-invariant weights of SGD with momentum: (lr C sigma^2/(2 lam (1 - momentum)))^(1/4).

    The angle is that of the random walk.

    Holds when: the layer is scale-invariant, lr lam is far below 1 and C far above 1.

    >>> f"{sgd_invariant_norm(256, 0.01, 0.1, 0.9, 1.0):.5f}"
    '3.36359'

    """
    _decay(lr, lam)
    push = lr * (_count(C) * _size(sigma)) ** 2
    return float((push / (2.0 * lam * (1.0 - _checks.averaging("momentum", momentum)))) ** 0.25)


def lion_sign_sum(x: float, beta1: float, beta2: float) -> float:
    """How much longer Lion's signs carry a weight than independent ones, squared: S = 1 + 2 sum_k q^k (2/pi) arcsin(r_k).

    r_k is the correlation, k steps apart, of the mixture beta1 m + (1 - beta1) g for independent normal gradients, and of their
    signs that is (2/pi) arcsin(r_k): r_k = c_k/c_0, c_0 = (1 - beta1)^2 + beta1^2 (1 - beta2)/(1 + beta2),
    c_k = beta2^(k-1) ((1 - beta1) beta1 (1 - beta2) + beta1^2 beta2 (1 - beta2)/(1 + beta2)). Each power of arcsin's series is
    summed over k as a geometric series. x is at least 0 and below 1.

    Source: docs/theory.md 9; the arcsine law is Van Vleck and Middleton, "The Spectrum of Clipped Noise", Proc. IEEE 54, 1966.

    >>> f"{lion_sign_sum(0.001, 0.9, 0.99):.2f}", f"{lion_sign_sum(0.0, 0.9, 0.99):.2f}", lion_sign_sum(0.1, 0.0, 0.9)
    ('41.86', '45.93', 1.0)

    """
    if not 0.0 <= x < 1.0:
        raise UsageError(f"lr * weight_decay must be at least 0 and below 1, not {x:g}", "0.001 is usual")
    fresh = 1.0 - _checks.averaging("beta1", beta1)
    spread = beta1 * beta1 * (1.0 - _checks.averaging("beta2", beta2)) / (1.0 + beta2)
    r = (fresh * beta1 * (1.0 - beta2) + spread * beta2) / (fresh * fresh + spread)
    if r > _LONGEST_MEMORY:
        raise UsageError(
            f"signs that are alike for so long, with betas {beta1:g} and {beta2:g}, are not summed", "0.9 is usual"
        )
    total, odd, power, term = 1.0, 1.0, r, math.inf
    chance = 4.0 / math.pi * (1.0 - x)  # times the coefficient (2n)!/(4^n n!^2) of arcsin's series
    while term > _NEGLIGIBLE * (1.0 - r * r) * total:
        term = chance / odd * power / (1.0 - (1.0 - x) * beta2**odd)
        total += term
        chance *= odd / (odd + 1.0)
        odd += 2.0
        power *= r * r
    return total


def lion_norm(C: float, lr: float, lam: float, beta1: float, beta2: float) -> float:
    """Length of C weights of Lion: lr sqrt(C S/(x (2 - x))), S from `lion_sign_sum`, whatever sigma.

    Exact for a random walk; sqrt(lr C S/(2 lam)) to first order.

    >>> f"{lion_norm(256, 0.01, 0.1, 0.9, 0.99):.4f}"
    '23.1527'

    """
    x = _decay(lr, lam)
    return lr * _count(C) * math.sqrt(lion_sign_sum(x, beta1, beta2) / (x * (2.0 - x)))


def lion_angle(lr: float, lam: float, beta1: float, beta2: float) -> float:
    """Angle of a step of Lion: arccos(1 - x + x (2 - x) T/S) with T = (S - 1)/(2 q) and S from `lion_sign_sum`.

    T = sum_{k>=1} q^(k-1) rho_k, for signs of correlation rho_k. To first order sqrt(2 x/S), which for the default betas is
    1 % too much at x = 0.001 and 6 % at 0.01.

    >>> f"{lion_angle(0.01, 0.1, 0.9, 0.99):.6f}", f"{math.sqrt(2 * 0.001 / lion_sign_sum(0.001, 0.9, 0.99)):.6f}"
    ('0.006841', '0.006912')

    """
    x = _decay(lr, lam)
    total = lion_sign_sum(x, beta1, beta2)
    inner = (total - 1.0) / (2.0 * (1.0 - x))
    return autoregression.angle(x * (1.0 - (2.0 - x) * inner / total))
