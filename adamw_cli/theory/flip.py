"""A gradient that turns round: G for T steps from m = v = 0, then -G. How far momentum carries the weight on.

sqrt(v_hat) = |G| at every step, so that u = m_hat/(|G| + eps) is known exactly for any eps. n counts the steps after
the flip; T may be math.inf, a long history, where no path is asked for. "Overshoot" is how far the weight goes on in
the direction in which it went before the flip, at least 0.

Throughout x = lr lam, q = 1 - x, w_T is the weight at the flip, n* the time at which momentum is 0 and N = floor(n*).

Holds when: the gradient is G for T steps and -G from then on, and lr is constant.
Source: docs/theory.md 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks, constant_gradient
from adamw_cli.theory._checks import averaging
from adamw_cli.theory._numbers import MOST_TERMS, taken_up


def _history(T: float, beta1: float) -> None:
    averaging("beta1", beta1)
    if not T >= 0:
        raise UsageError(f"the flip must come after at least 0 steps, not {T}", "the last step with gradient G")


def momentum(T: float, n: int, beta1: float) -> float:
    """Momentum n steps after the flip, over the gradient: m_{T+n}/G = (2 - beta1^T) beta1^n - 1.

    >>> momentum(1, 0, 0.75), f"{momentum(1, 1, 0.5):.6f}", momentum(math.inf, 1, 0.75), momentum(math.inf, 1, 0.5)
    (0.25, '-0.250000', 0.5, 0.0)

    """
    _history(T, beta1)
    if n == 0:
        return taken_up(beta1, T)
    if beta1 == 0.0:
        return -1.0
    return math.expm1(math.log1p(taken_up(beta1, T)) + n * math.log(beta1))


def turn_time(T: float, beta1: float) -> float:
    """Time after the flip at which the momentum is 0: n* = ln(2 - beta1^T)/(-ln beta1); 0 without momentum.

    >>> f"{turn_time(math.inf, 0.9):.2f}", f"{turn_time(1, 0.9):.3f}", turn_time(math.inf, 0.5), turn_time(7, 0.0)
    ('6.58', '0.905', 1.0, 0.0)

    """
    _history(T, beta1)
    return math.log1p(taken_up(beta1, T)) / -math.log(beta1) if beta1 else 0.0


def flip_steps(T: float, beta1: float) -> int:
    """First step after the flip at which the momentum has the new sign: floor(n*) + 1, n* from `turn_time`.

    >>> flip_steps(math.inf, 0.9), flip_steps(1, 0.9), flip_steps(math.inf, 0.5), flip_steps(7, 0.0)
    (7, 1, 2, 1)

    """
    return math.floor(turn_time(T, beta1)) + 1


def _updates(T: float, beta1: float) -> Iterator[float]:
    """m_hat/G after the flip: 1 before it, -1 in the end, and falling all the time."""
    n = 0
    while True:
        n += 1
        yield momentum(T, n, beta1) / taken_up(beta1, T + n)


def overshoot(T: float, lr: float, beta1: float) -> float:
    """Overshoot without decay: lr sum_{n=1}^N [(2 - beta1^T) beta1^n - 1]/(1 - beta1^(T+n)), N = floor(`turn_time`).

    After a long history, beta1^T = 0, that is lr [2 beta1 (1 - beta1^N)/(1 - beta1) - N], about lr [(1 - ln 2)/(-ln beta1) - 1/2].

    Holds when: there is no decay, and eps is far below |G|.

    >>> [f"{overshoot(math.inf, 1.0, beta1):.2f}" for beta1 in (0.0, 0.9, 0.95, 0.99)], overshoot(1, 1.0, 0.9)
    (['0.00', '2.43', '5.49', '30.03'], 0.0)

    """
    N = flip_steps(T, beta1) - 1
    if math.pow(beta1, T) < 1e-18:
        return lr * (2.0 * beta1 * taken_up(beta1, N) / (1.0 - beta1) - N)
    if N > MOST_TERMS:
        raise UsageError("the momentum lasts too long to add up", "give it a longer history, or a smaller beta1")
    return lr * math.fsum(islice(_updates(T, beta1), N))


def path(w0: float, G: float, T: int, steps: int, lr: float, lam: float, beta1: float, eps: float) -> list[float]:
    """Weights w_0, ..., w_steps: `constant_gradient.weight` up to step T, then w <- q w - lr u_n with the closed form of u_n.

    Exact for every lr, lam and eps, with decoupled decay.

    >>> path(1.0, 2.0, 2, 4, 0.125, 0.0, 0.0, 0.0)
    [1.0, 0.875, 0.75, 0.875, 1.0]

    """
    _history(T, beta1)
    weights = [constant_gradient.weight(w0, G, t, lr, lam, eps) for t in range(min(T, steps) + 1)]
    size = lr * G / (abs(G) + eps) if G != 0.0 else 0.0
    for u in islice(_updates(T, beta1), max(steps - T, 0)):
        weights.append((1.0 - lr * lam) * weights[-1] - size * u)
    return weights


def _beyond(
    w0: float, G: float, T: int, lr: float, lam: float, beta1: float, eps: float
) -> tuple[Iterator[float], float]:
    """How far the weight is beyond w_T after 1, 2, ... steps, without end and without cancellation, and after ever."""
    _history(T, beta1)
    x, side = lr * lam, math.copysign(1.0, G)
    size = abs(G) / (abs(G) + eps) if _checks.number("gradient", G) != 0.0 else 0.0
    at_flip = side * constant_gradient.weight(w0, G, T, lr, lam, eps)

    def walk() -> Iterator[float]:
        y = 0.0
        for u in _updates(T, beta1):
            y += x * (at_flip - y) + lr * size * u
            yield y

    if lam == 0.0:
        return walk(), -math.inf if size else 0.0
    return walk(), at_flip - size / lam


def overshoot_with_decay(w0: float, G: float, T: int, lr: float, lam: float, beta1: float, eps: float) -> float:
    """Overshoot with decoupled decay, exactly: max_n sign(G) (w_T - w_{T+n}), at least 0.

    The distance rises and then falls, so that the first step back ends it. If decay pulls more than the gradient,
    lam sign(G) w_T > 1, the weight does not turn; the overshoot is then what lies between w_T and the new equilibrium,
    or infinite for lam < 0.

    Holds when: lr lam is at most 1.

    >>> f"{overshoot_with_decay(5.0, 1.0, 1000, 1e-3, 0.0, 0.9, 0.0):.6f}"
    '0.002434'

    """
    if not lr * lam <= 1.0:
        raise UsageError(
            f"lr * weight_decay must be at most 1, not {lr * lam:g}", "beyond, decay alone changes the sign"
        )
    walk, last = _beyond(w0, G, T, lr, lam, beta1, eps)
    settled = _settled(T, beta1)
    most = 0.0
    for y in islice(walk, settled):
        if y <= most:
            return most
        most = y
    return max(most, last) if lam > 0.0 else math.inf


def _settled(T: float, beta1: float) -> int:
    """Steps after which the update is the new one to the last digit."""
    steps = math.ceil(40.0 / -math.log(beta1)) + 2 if beta1 else 2
    if steps > MOST_TERMS:
        raise UsageError("the momentum lasts too long to add up", "take a smaller beta1")
    return steps


def return_step(
    w0: float, G: float, T: int, lr: float, lam: float, beta1: float, eps: float, most: int = 100_000
) -> int | None:
    """First step after the flip with the weight back where it was: the first n >= 1 with sign(G) (w_T - w_{T+n}) <= 0.

    1 where there is no overshoot; None if not within `most` steps. Exact, with decoupled decay.

    >>> return_step(5.0, 1.0, 1000, 1e-3, 0.0, 0.9, 0.0), return_step(5.0, 1.0, 1000, 1e-3, 0.0, 0.0, 0.0)
    (14, 1)

    """
    walk, _ = _beyond(w0, G, T, lr, lam, beta1, eps)
    return next((n for n, y in enumerate(islice(walk, most), start=1) if y <= 0.0), None)


def overshoot_decay_slope(w_T: float, G: float, T: float, lr: float, beta1: float) -> float:
    """What decay adds to the overshoot, to first order and at a given w_T: d(overshoot)/d(lam) = lr sign(G) w_T N, N = floor(`turn_time`).

    Decoupled decay adds to the overshoot for w_T G > 0, where it pulls the way that the weight is going, and takes from
    it for w_T G < 0.

    Holds when: lr N is far below |w_T|, x N far below 1, and n* not so near to an integer that decay adds or takes a whole step.

    >>> overshoot_decay_slope(2.0, 1.0, 200, 1.0, 0.9), overshoot_decay_slope(2.0, -1.0, math.inf, 1.0, 0.9)
    (12.0, -12.0)

    """
    if _checks.number("gradient", G) == 0.0:
        return 0.0
    return lr * math.copysign(1.0, G) * _checks.number("weight", w_T) * (flip_steps(T, beta1) - 1)


def crossover_gradient(beta1: float) -> float:
    """Size of the gradient below which coupled decay changes the overshoot more than decoupled: G_c = 2 (1 - beta1 (1 - beta1^N)/((1 - beta1) N)), N = floor(ln 2/(-ln beta1)).

    To first order in lam w_T/G it is G_c/|G| times as much: it overshoots more for w_T G > 0 and less for w_T G < 0. nan for
    beta1 < 0.5, N = 0, where there is no overshoot to compare.

    Holds when: T is large and lam |w_T| far below |G|.

    >>> [f"{crossover_gradient(beta1):.5f}" for beta1 in (0.8, 0.9, 0.95)], crossover_gradient(0.0)
    (['0.69867', '0.59432', '0.57746'], nan)

    """
    N = flip_steps(math.inf, beta1) - 1
    return 2.0 * (1.0 - beta1 * taken_up(beta1, N) / ((1.0 - beta1) * N)) if N else math.nan
