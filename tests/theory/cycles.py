"""Adam on the cycle of period two, by a loop of its own that starts there: engine and theory have no part in it."""

from __future__ import annotations

import math


def _step(w: float, m: float, v: float, beta1: float, beta2: float, x: float, eps: float) -> tuple[float, float, float]:
    """One step with lr = 1, curvature 1 and no bias correction, which a long run has forgotten."""
    m = beta1 * m + (1.0 - beta1) * w
    v = beta2 * v + (1.0 - beta2) * w * w
    return (1.0 - x) * w - m / (math.sqrt(v) + eps), m, v


def _on_cycle(w: float, beta1: float) -> tuple[float, float, float]:
    """Averages of gradients that have alternated between w and -w for ever, before the step at w."""
    return w, -(1.0 - beta1) / (1.0 + beta1) * w, w * w


def cycle_path(beta1: float, beta2: float, x: float, eps: float) -> float:
    """Half the distance between the last two weights of a long run that starts somewhere near a cycle."""
    w, m, v = _on_cycle(0.35, beta1)
    previous = w
    for _ in range(60_000):
        previous = w
        w, m, v = _step(w, m, v, beta1, beta2, x, eps)
    return abs(w - previous) / 2.0


def cycle_growth(beta1: float, beta2: float) -> float:
    """What a step multiplies a deviation of 1e-9 from the cycle by, on average over many, the weight with eps = 0.

    The deviation swings as it grows, so its size is taken from its envelope: the largest within a swing, early and late.
    """
    amplitude = (1.0 - beta1) / (2.0 * (1.0 + beta1))
    state = _on_cycle(amplitude, beta1)
    w, m, v = state[0] * (1.0 + 1e-9), state[1], state[2]
    sizes = []
    for n in range(1, 301):
        w, m, v = _step(w, m, v, beta1, beta2, 0.0, 0.0)
        sizes.append(abs(w * (-1.0) ** n - amplitude))
    early, late = _envelope(sizes, 20, 100), _envelope(sizes, 200, 280)
    return math.exp((late[1] - early[1]) / (late[0] - early[0]))


def _envelope(sizes: list[float], first: int, last: int) -> tuple[float, float]:
    """Mean place and mean logarithm of the local maxima between two steps, refined by a parabola through three points."""
    tops = []
    for n in range(first, last):
        a, b, c = (math.log(s) for s in sizes[n - 1 : n + 2])
        if b > a and b >= c:
            shift = (a - c) / (2.0 * (a - 2.0 * b + c))
            tops.append((n + shift, b - (a - c) * shift / 4.0))
    return sum(t for t, _ in tops) / len(tops), sum(s for _, s in tops) / len(tops)
