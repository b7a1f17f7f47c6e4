"""Half-life at a constant learning rate, the prox, and inverse problems: the figures of 1.1, 1.2 and 1.5."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from adamw_cli import simulate_batch
from adamw_cli.theory import half_life, inverse
from tests.catalogue.figure import Figure

X = 0.05  # of the prox
T = 10_000  # steps of the scheduled inverse problem
LR = 1e-3


@cache
def path(rule: str, lr: float, lam: float, steps: int) -> np.ndarray:
    """Weights without a gradient, from 1, by the engine."""
    trace = simulate_batch(
        rule, {"kind": "plateau"}, [1.0], steps, hyperparameters={"lr": lr, "weight_decay": lam}, every=1
    )
    return np.abs(trace.w[:, 0, 0])


def crossing(lr: float, lam: float, steps: int) -> int:
    return int(np.argmax(path("adamw", lr, lam, steps) <= 0.5))


def halved(rule: str, lr: float, lam: float, steps: int) -> float:
    """When the weight is 1/2, between two steps on a line in its logarithm."""
    w = path(rule, lr, lam, steps)
    n = int(np.argmax(w <= 0.5))
    return n - math.log(0.5 / w[n]) / math.log(w[n - 1] / w[n])


def gone(lr: float, lam: float) -> int:
    return int(np.argmax(path("adamw", lr, lam, 3) == 0.0))


def doubled(lr: float, lam: float) -> float:
    w = path("adamw", lr, lam, 30)
    n = int(np.argmax(w >= 2.0))
    return n - math.log(w[n] / 2.0) / math.log(w[n] / w[n - 1])


TABLE = [
    Figure(
        "1.1",
        f"{what}, eta={lr:g}, lam={lam:g}",
        printed,
        within,
        theory=lambda function=function, lr=lr, lam=lam: function(lr * lam),
        measured=lambda measure=measure, lr=lr, lam=lam, steps=steps: measure(lr, lam, steps),
        agree=agree,
    )
    for lr, lam, steps, rows in (
        (1e-3, 0.01, 69_400, ((69314.371, 5e-4, 4.6e-12), (69315, 0.0, 0.0))),
        (0.1, 0.1, 80, ((68.967564, 5e-7, 4e-16), (69, 0.0, 0.0))),
        (0.5, 1.0, 4, ((1.0, 1e-15, 1e-15), (1, 0.0, 0.0))),
    )
    for (what, function, measure), (printed, within, agree) in zip(
        (
            ("half-life", half_life.half_life, lambda *run: halved("adamw", *run)),
            ("first step at half or below", half_life.crossing_step, crossing),
        ),
        rows,
        strict=True,
    )
]

REGIMES = [
    Figure("1.1", "steps to 0, x=1", 1, 0.0, lambda: half_life.crossing_step(1.0) or 0, lambda: gone(1.0, 1.0)),
    Figure(
        "1.1",
        "half-life, x=1.5, where the sign alternates",
        1.0,
        1e-15,
        lambda: half_life.half_life(1.5),
        lambda: halved("adamw", 0.5, 3.0, 5),
    ),
    *(
        Figure(
            "1.1",
            f"doubling time, x={lr * lam:g}: over ln 2/ln {grows}",
            1.0,
            1e-14,
            lambda lr=lr, lam=lam, grows=grows: half_life.doubling_time(lr * lam) * math.log(grows) / math.log(2),
            lambda lr=lr, lam=lam, grows=grows: doubled(lr, lam) * math.log(grows) / math.log(2),
        )
        for lr, lam, grows in ((0.5, -0.2, 1.1), (0.5, 4.2, 1.1))
    ),
]

SERIES = [
    *(
        Figure(
            "1.1",
            f"relative error of the half-life's series, x={x}",
            printed,
            within,
            theory=lambda x=x: abs(math.log(2) * (1 / x - 0.5 - x / 12 - x * x / 24) / half_life.half_life(x) - 1),
        )
        for x, printed, within in ((0.01, 2.7e-10, 5e-12), (0.3, 3.2e-4, 5e-6))
    ),
    Figure(
        "1.1",
        "relative error of 1/x - 1/2 as the e-fold time, x=.01",
        8e-6,
        5e-7,
        theory=lambda: (1 / 0.01 - 1 / 2) / half_life.timescale(0.01) - 1,
        measured=lambda: (1 / 0.01 - 1 / 2) * math.log(2) / halved("adamw", 0.1, 0.1, 80) - 1,
    ),
    Figure(
        "1.1",
        "relative error of 1/x as the e-fold time, x=.01: x/2",
        0.005,
        5e-5,
        theory=lambda: 1 / 0.01 / half_life.timescale(0.01) - 1,
        measured=lambda: 1 / 0.01 * math.log(2) / halved("adamw", 0.1, 0.1, 80) - 1,
    ),
]

PROX = [
    Figure(
        "1.2",
        "how much longer the half-life of the prox is, x=.05",
        0.69329175,
        5e-9,
        theory=lambda: half_life.half_life_prox(X) - half_life.half_life(X),
        measured=lambda: halved("adamw_prox", 0.1, 0.5, 40) - halved("adamw", 0.1, 0.5, 40),
    ),
    Figure("1.2", "the same by ln 2 (1 + x^2/12)", 0.69329159, 5e-9, theory=lambda: math.log(2) * (1 + X * X / 12)),
    *(
        Figure(
            "1.2",
            f"how much longer the half-life of the prox is, x={0.1 * lam:g}",
            0.693,
            5e-4,
            theory=lambda lam=lam: half_life.half_life_prox(0.1 * lam) - half_life.half_life(0.1 * lam),
            measured=lambda lam=lam, n=n: halved("adamw_prox", 0.1, lam, n) - halved("adamw", 0.1, lam, n),
        )
        for lam, n in ((0.01, 1000), (0.1, 100), (0.5, 40))
    ),
]


def cosine() -> np.ndarray:
    """Factors as the catalogue counts them, t = 0, ..., T - 1."""
    return (1 + np.cos(np.pi * np.arange(T) / T)) / 2


def found() -> float:
    return inverse.weight_decay_for_total_shrink(LR, cosine().tolist(), 0.1)


def left(lam: float) -> float:
    """The product itself."""
    w = 1.0
    for factor in cosine().tolist():
        w -= LR * lam * factor * w
    return w


def bisected() -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if float(np.log1p(-LR * middle * cosine()).sum()) > math.log(0.1) else (low, middle)
    return low


INVERSE = [
    Figure(
        "1.5",
        "what is left after 1234 steps with the weight decay for that, eta=3e-4",
        0.5,
        1.5e-14,
        theory=lambda: half_life.shrink_after(3e-4 * inverse.weight_decay_for_half_life(3e-4, 1234), 1234),
        measured=lambda: path("adamw", 3e-4, inverse.weight_decay_for_half_life(3e-4, 1234), 1234)[-1],
    ),
    Figure(
        "1.5",
        "what is left after 1234 steps with the learning rate for that, lam=2",
        0.5,
        1.5e-14,
        theory=lambda: half_life.shrink_after(2.0 * inverse.weight_decay_for_half_life(2.0, 1234), 1234),
        measured=lambda: path("adamw", inverse.weight_decay_for_half_life(2.0, 1234), 2.0, 1234)[-1],
    ),
    Figure("1.5", "weight decay for f=.1, cosine, eta=1e-3, T=1e4", 0.460391, 5e-7, theory=found, measured=bisected),
    Figure(
        "1.5",
        "ln(1/f)/S1, an upper bound of it",
        0.460471,
        5e-7,
        theory=lambda: math.log(10) / (LR * (T + 1) / 2),
        measured=lambda: math.log(10) / (LR * float(cosine().sum())),
    ),
    Figure(
        "1.5",
        "the product with that weight decay, over f",
        1.0,
        3e-14,
        theory=lambda: half_life.total_shrink(LR * found(), cosine().tolist()) / 0.1,
    ),
    Figure("1.5", "the same by multiplying out", 1.0, 1e-12, measured=lambda: left(found()) / 0.1),
]

FIGURES = [*TABLE, *REGIMES, *SERIES, *PROX, *INVERSE]
