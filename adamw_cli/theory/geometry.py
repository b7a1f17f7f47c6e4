"""What decay does to the direction of the weight vector: nothing if decoupled, a turn towards active axes if coupled.

Decoupled decay multiplies every coordinate by the same 1 - x, so that a run without gradient and without momentum keeps
its direction exactly. Coupled decay goes through Adam's denominator, coordinate by coordinate.

Holds when: the rule is Adam with coupled decay, and gradients have the mean 0.
Source: docs/theory.md 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_ITERATIONS = 200


def radiality(w: Sequence[float]) -> float:
    """Cosine between -w and the first step of Adam with coupled decay: |w|_1/(sqrt(d) |w|_2).

    That step is -lr sign(w). It is 1 only where all |w_i| are equal, and 1/sqrt(d) for a single large weight; sqrt(2/pi) for
    Gaussian weights of a large dimension. The first step of decoupled decay has the cosine 1.

    Holds when: there is no gradient, eps is far below lam |w_i|, and no w_i is 0.

    >>> f"{radiality([1.0, 10.0, 100.0]):.6f}", radiality([2.0, -2.0, 2.0, 2.0])
    ('0.637647', 1.0)

    """
    sizes = [abs(_checks.number("weight", value)) for value in w]
    if not sizes or min(sizes) == 0.0 or math.isinf(max(sizes)):
        raise UsageError("a direction needs weights that are finite and not 0", "leave out coordinates that are 0")
    top = max(sizes)
    scaled = [size / top for size in sizes]
    return math.fsum(scaled) / (math.sqrt(len(scaled)) * math.hypot(*scaled))


def coupled_rate(w: float, sigma: float, lr: float, lam: float) -> float:
    """Rate at which Adam's coupled decay shrinks a weight: lr lam/sqrt(sigma^2 + (lam w)^2).

    Per step: |w| falls by this part of itself, nearly lr lam/sigma where sigma is well above lam |w|, and by lr where it is
    well below. inf for sigma = 0 and lam w = 0, where any decay at all moves the weight by lr.

    Holds when: the averages have settled, beta2 is near 1, eps far below sigma, and w changes little while they forget.

    >>> coupled_rate(0.0, 2.0, 1e-3, 0.1), coupled_rate(30.0, 4.0, 1e-2, 0.1)
    (5e-05, 0.0002)

    """
    _checks.not_negative("sigma", sigma, "it is a root mean square")
    scale = math.hypot(sigma, lam * _checks.number("weight", w))
    pull = _checks.number("lr * weight_decay", lr * lam)
    return pull / scale if scale != 0.0 else math.copysign(math.inf, pull) if pull != 0.0 else 0.0


def coupled_weight(w0: float, sigma: float, lr: float, lam: float, steps: float) -> float:
    """Mean of a weight after t = `steps` steps of Adam's coupled decay: F(lam |w_t|) = F(lam |w_0|) - lr lam t.

    F(y) = sqrt(sigma^2 + y^2) - sigma asinh(sigma/y) is the integral of dy/dt = -lr lam y/sqrt(sigma^2 + y^2), y = lam |w|:
    a straight line of slope -lr while y >> sigma, and exponential, with lr lam/sigma, when y << sigma. As v remembers a
    larger weight for some 1/(1 - beta2) steps, a run is a little behind.

    Holds when: the averages have settled, beta2 is near 1, eps far below sigma, and w changes little while they forget.

    >>> [f"{coupled_weight(1.0, sigma, 1e-4, 0.1, 3000):.4f}" for sigma in (0.1, 1.0, 10.0)]
    ['0.7999', '0.9706', '0.9970']

    """
    _checks.not_negative("sigma", sigma, "it is a root mean square")
    lost = lr * lam * steps
    if not 0.0 <= lost < math.inf:
        raise UsageError(f"lr * weight_decay * steps must be at least 0, not {lost:g}", "none of them is negative here")
    size = lam * abs(_checks.number("weight", w0))
    if lost == 0.0 or size == 0.0:
        return w0
    if sigma == 0.0:
        return w0 * max(0.0, 1.0 - lost / size)

    def area(z: float) -> float:
        scale = math.hypot(sigma, math.exp(z))
        return scale - sigma * (math.log(sigma + scale) - z)

    start = z = math.log(size)
    goal = area(start) - lost
    # area is convex in z, so Newton's method comes down to the root from above
    for _ in range(_ITERATIONS):
        step = (area(z) - goal) / math.hypot(sigma, math.exp(z))
        z -= step
        if step <= 4e-16 * max(1.0, abs(z)):
            break
    return w0 * math.exp(z - start)


def rotation_sign(w: Sequence[float], sigma: Sequence[float], lr: float, lam: float) -> int:
    """Which way coupled decay turns the weight vector: -sign of the covariance of sigma_i and `coupled_rate`, under weights w_i^2.

    +1 towards its active coordinates, -1 away, 0 not at all: the sign of d/dt of the mean activity sum_i sigma_i w_i^2/|w|^2.
    It is +1 where all sigma_i are well above lam |w_i| and not all equal: active coordinates shrink more slowly. Only the
    pull on the vector points to the inactive ones.

    Holds when: the averages have settled, beta2 is near 1, eps far below sigma, and w changes little while they forget.

    >>> rotation_sign([1.0, 1.0], [0.5, 8.0], 1e-4, 0.1), rotation_sign([1.0, 1.0], [2.0, 2.0], 1e-4, 0.1)
    (1, 0)

    """
    if len(w) != len(sigma) or not w:
        raise UsageError(f"{len(w)} weights, but {len(sigma)} activities", "give one activity for each weight")
    top = max(abs(_checks.number("weight", value)) for value in w)
    if not 0.0 < top < math.inf or min(sigma) <= 0.0:
        raise UsageError("a direction needs finite weights, not all 0, and activities above 0", "give them so")
    rates = [coupled_rate(value, activity, lr, lam) for value, activity in zip(w, sigma, strict=True)]
    parts = [(value / top) ** 2 for value in w]
    # the covariance as a sum over pairs, in which equal activities cancel exactly
    turn = math.fsum(
        parts[i] * parts[j] * (sigma[i] - sigma[j]) * (rates[j] - rates[i]) for i in range(len(w)) for j in range(i)
    )
    return (turn > 0.0) - (turn < 0.0)
