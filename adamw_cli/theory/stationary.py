"""Where decay leaves a weight for good on a quadratic loss h (w - a)^2/2; the mean, where gradients have noise.

Coupled decay ends at the minimum of the loss with an L2 penalty, through Adam's denominator as without it. Decoupled decay
balances a step of size 1, not the gradient: AdamW ends where the loss is least in the box |w| <= 1/lam, and shrinks nothing
inside it. The functions give the fixed points, which a run circles at a distance of about lr.

Under normal noise of deviation sigma AdamW's step is a smooth function of the gradient, mu/sqrt(mu^2 + sigma^2) in the mean, and what it
ends at is between the two: near the box for sigma << mu, and that of a Gaussian prior of precision lam sigma for sigma >> mu.

Holds when: the loss is quadratic, lr small and constant, and the run has settled.
Source: docs/theory.md 6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks, autoregression


def _decay(lam: float) -> float:
    return _checks.not_negative("weight_decay", lam, "less than 0 has no fixed point")


def map_point(a: float, h: float, lam: float) -> float:
    """Where Adam with coupled decay ends, and under noise its mean: h a/(h + lam), the minimum of h (w - a)^2/2 + lam w^2/2.

    The most probable weight under a Gaussian prior of precision lam.

    >>> [f"{map_point(1.0, h, 0.1):.3f}" for h in (0.1, 1.0, 10.0)]
    ['0.500', '0.909', '0.990']

    """
    return _checks.number("center", a) / (1.0 + _decay(lam) / _checks.positive("curvature", h))


def box_point(a: float, lam: float) -> float:
    """Where AdamW ends, whatever the curvature: a, cut off at 1/lam on either side.

    Holds when: there is no noise, and eps is far below the gradients.

    >>> box_point(1.0, 0.1), box_point(3.0, 1.0), box_point(-3.0, 0.5), box_point(5.0, 0.0)
    (1.0, 1.0, -2.0, 5.0)

    """
    _checks.number("center", a)
    if lam == 0.0 or abs(a) <= (side := 1.0 / _decay(lam)):
        return a
    return math.copysign(side, a)


def box_point_with_eps(a: float, h: float, lam: float, eps: float) -> float:
    """Where AdamW with this eps stands still: the root of lam w (h |a - w| + eps) = h (a - w).

    w = (B - sqrt(B^2 - 4 lam h^2 a))/(2 lam h) with B = lam h a + lam eps + h for a > 0, and odd in a. `box_point` for
    eps -> 0, h a/(h + lam eps) for large eps. Computed as 2 a/(b + sqrt((lam a - 1 + e)^2 + 4 e)) with e = lam eps/h
    and b = lam a + 1 + e, in which nothing cancels.

    Holds when: there is no noise.

    >>> f"{box_point_with_eps(1.0, 1.0, 0.5, 0.3):.6f}", f"{box_point_with_eps(1.0, 1.0, 0.5, 10.0):.8f}"
    ('0.800000', '0.15571123')

    """
    _checks.not_negative("eps", eps, "1e-8 is usual")
    reach = _decay(lam) * abs(_checks.number("center", a))
    e = lam * (eps / _checks.positive("curvature", h))
    return 2.0 * a / (reach + 1.0 + e + math.hypot(reach - 1.0 + e, 2.0 * math.sqrt(e)))


def noisy_point(a: float, h: float, lam: float, sigma: float) -> float:
    """Mean weight of AdamW under noise of deviation sigma: root of mu/sqrt(mu^2 + sigma^2) = lam w with mu = h (a - w).

    Between `box_point` (sigma = 0) and, for mu << sigma, `map_point` with lam sigma for lam. By bisection. Relatively off by less than
    lam/(h sigma^2/P^1.5 + lam) times (1 - beta2) + 2 h^2 s^2/P, P = mu^2 + sigma^2, s the deviation of w, `noisy_std`.

    Holds when: noise is normal and independent, and eps far below sigma.

    >>> [f"{noisy_point(2.0, 1.0, 0.5, sigma):.4f}" for sigma in (0.0, 0.2, 1.0)]
    ['2.0000', '1.6863', '1.2251']

    """
    _checks.not_negative("sigma", sigma, "it is a standard deviation")
    _checks.positive("curvature", h)
    low, high = 0.0, abs(box_point(a, lam))
    if sigma == 0.0 or lam == 0.0:
        return math.copysign(high, a)
    while low < (middle := (low + high) / 2.0) < high:
        mu = h * (abs(a) - middle)
        low, high = (middle, high) if mu > lam * middle * math.hypot(mu, sigma) else (low, middle)
    return math.copysign((low + high) / 2.0, a)


def noisy_std(h: float, lr: float, lam: float, beta1: float, sigma: float) -> float:
    """Stationary deviation of a weight of AdamW where noise dominates: `autoregression.std` with a pull lr h/sigma beside x.

    w_t = q w_{t-1} - lr m_t/sigma, m the average of h (w - a) + noise: phi1 = q + beta1 - (1 - beta1) lr h/sigma, phi2 = -q beta1.
    sqrt(lr/(2 (h/sigma + lam))) for steps so small that momentum does not matter.

    Holds when: noise is normal and independent, and sigma far above the gradients' mean and eps.
    Source: docs/theory.md 12, the prediction of its square-root rule.

    >>> f"{noisy_std(0.0, 1e-3, 0.1, 0.9, 1.0):.6f}", f"{math.sqrt(1e-3 / 0.2):.6f}"
    ('0.070679', '0.070711')

    """
    x = _checks.number("lr * weight_decay", lr * lam)
    if not (0.0 <= x < 1.0 and 0.0 <= beta1 < 1.0 and 0.0 <= h < math.inf):
        raise UsageError(
            f"lr * weight_decay and beta1 must be at least 0 and below 1, and curvature at least 0, not {x:g}, {beta1:g} and {h:g}",
            "0.0001 and 0.9 are usual",
        )
    pull = lr * h / _checks.positive("sigma", sigma)
    return autoregression.std((1.0 - beta1) * (x + pull), -(1.0 - x) * beta1, lr * (1.0 - beta1))


Matrix = Sequence[Sequence[float]]


def _solve(matrix: Matrix, right: Sequence[float]) -> list[float]:
    """Solve by elimination, for a matrix that must be positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for k, pivot in enumerate(rows):
        if not 0.0 < pivot[k] < math.inf:
            raise UsageError("the matrix is not positive definite", "all its eigenvalues must be above 0")
        for row in rows[k + 1 :]:
            share = row[k] / pivot[k]
            row[k:] = [value - share * above for value, above in zip(row[k:], pivot[k:], strict=True)]
    found: list[float] = []
    for k, row in reversed(list(enumerate(rows))):
        known = math.fsum(value * x for value, x in zip(row[k + 1 : -1], found, strict=True))
        found.insert(0, (row[-1] - known) / row[k])
    return found


def _least(matrix: Matrix, center: Sequence[float], w: Sequence[float], free: Sequence[int]) -> list[float]:
    """Minimum over the free coordinates, the others being held where they are."""
    held = [j for j in range(len(w)) if j not in free]
    pull = [math.fsum(matrix[i][j] * (center[j] - w[j]) for j in held) for i in free]
    moved = list(w)
    for i, offset in zip(free, _solve([[matrix[i][j] for j in free] for i in free], pull), strict=True):
        moved[i] = center[i] + offset
    return moved


def _towards(w: list[float], goal: list[float], free: list[int], side: float) -> int | None:
    """Move w to the goal, or to where the first coordinate meets the border; that coordinate's index."""
    shares = {i: (math.copysign(side, goal[i]) - w[i]) / (goal[i] - w[i]) for i in free if abs(goal[i]) > side}
    first = min(shares, key=shares.__getitem__, default=None)
    part = 1.0 if first is None else min(shares[first], 1.0)
    for i in free:
        w[i] = goal[i] if first is None else max(-side, min(side, w[i] + part * (goal[i] - w[i])))
    if first is not None:
        w[first] = math.copysign(side, goal[first])
    return first


def _released(matrix: Matrix, center: Sequence[float], w: Sequence[float], free: Sequence[int]) -> int | None:
    """A coordinate at the border that the loss pulls inwards, the most strongly pulled one."""
    found, most = None, 0.0
    for i in range(len(w)):
        terms = [matrix[i][j] * (w[j] - center[j]) for j in range(len(w))]
        inward = math.copysign(1.0, w[i]) * math.fsum(terms)
        if i not in free and inward > most and inward > 1e-13 * math.fsum(abs(term) for term in terms):
            found, most = i, inward
    return found


def box_minimizer(H: Matrix, a: Sequence[float], lam: float) -> tuple[float, ...]:
    """Where AdamW ends if it converges: the minimum of (w - a)^T H (w - a)/2 over the box |w_i| <= 1/lam.

    Not a cut off at the border, unless H is diagonal. An active-set method: exact to rounding, after as many linear systems
    as coordinates change between border and inside.

    Parameters
    ----------
    H : Hessian, symmetric and positive definite, as rows.
    a : minimum without the box.
    lam : weight decay, at least 0; 0 is no box.

    Holds when: there is no noise, and eps is far below the gradients.
    Source: docs/theory.md 6; Xie and Li, "Implicit Bias of AdamW: l-infinity Norm Constrained Optimization", ICML 2024.

    >>> box_minimizer([[2.0, 1.5], [1.5, 2.0]], [3.0, 0.5], 1.0)
    (1.0, 1.0)
    >>> box_minimizer([[2.0, 0.0], [0.0, 1.0]], [3.0, 0.5], 1.0)
    (1.0, 0.5)

    """
    d = len(a)
    if d == 0 or len(H) != d or any(len(row) != d for row in H):
        raise UsageError(f"the matrix must have {d} rows of {d}, one for each coordinate", "give the Hessian as rows")
    if any(H[i][j] != H[j][i] for i in range(d) for j in range(i)):
        raise UsageError("the matrix is not symmetric", "a Hessian is")
    if not all(map(math.isfinite, a)):
        raise UsageError("the center must be finite", "give one number for each coordinate")
    _solve(H, a)  # refuses what is not positive definite
    if _decay(lam) == 0.0 or math.isinf(side := 1.0 / lam):
        return tuple(a)
    w = [max(-side, min(side, value)) for value in a]
    free = [i for i in range(d) if abs(w[i]) < side]
    for _ in range(100 * (d + 1)):
        blocked = _towards(w, _least(H, a, w, free), free, side) if free else None
        if blocked is not None:
            free.remove(blocked)
            continue
        released = _released(H, a, w, free)
        if released is None:
            return tuple(w)
        free.append(released)
    raise UsageError("the minimum in the box was not found", "the matrix is too ill-conditioned")
