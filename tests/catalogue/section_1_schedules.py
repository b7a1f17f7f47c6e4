"""Decay under a schedule: the figures of section 1.4."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from adamw_cli import simulate_batch
from tests.catalogue.figure import Figure

LR, LAM, T = 1e-3, 0.5, 10_000
X = LR * LAM


@cache
def run(steps: int, kind: str, **parameters: float) -> np.ndarray:
    """Weights under one of the package's schedules, without a gradient, by the engine."""
    values = {"lr": LR, "weight_decay": LAM}
    clock = {"kind": kind, **parameters}
    place = {"kind": "plateau"}
    return simulate_batch("adamw", place, [1.0], steps, hyperparameters=values, schedules=clock, every=1).w[:, 0, 0]


def halved(steps: int, kind: str, **parameters: float) -> int:
    w = run(steps, kind, **parameters)
    assert w[-1] <= 0.5
    return int(np.argmax(w <= 0.5))


def first_below(factors: Iterator[float]) -> int:
    """The crossing with factors counted from t = 0, which no schedule of the package has."""
    w = 1.0
    for n, factor in enumerate(factors, start=1):
        w -= X * factor * w
        if w <= 0.5:
            return n
    raise AssertionError("the weight does not halve")


def line() -> Iterator[float]:
    return (1 - t / T for t in range(T))


def half_cosine() -> Iterator[float]:
    return ((1 + math.cos(math.pi * t / T)) / 2 for t in range(T))


def root(area: Callable[[float], float]) -> float:
    """The time t at which the integral of the factors from 0 is ln(2)/x, as the catalogue solves it."""
    low, high = 0.0, float(T)
    for _ in range(100):
        t = (low + high) / 2
        low, high = (t, high) if area(t) < math.log(2) / X else (low, t)
    return low


def warmed(t: float, W: int) -> float:
    """The sum of t/W, which a warm-up of whole steps has, and then of 1."""
    return t * (t + 1) / (2 * W) if t < W else (W + 1) / 2 + t - W


def stable_then_line(t: float, W: int, D: int) -> float:
    late = max(t - (T - D), 0.0)
    return warmed(t, W) - late * late / (2 * D)


# what, time, as printed, half a unit of its last digit, crossing as it is printed, as it is measured
TIMES: list[tuple[str, Callable[[], float], float, float, int, Callable[[], int]]] = [
    ("linear", lambda: root(lambda t: t - t * t / (2 * T)), 1498.58, 5e-3, 1499, lambda: first_below(line())),
    (
        "cosine",
        lambda: root(lambda t: (t + T / math.pi * math.sin(math.pi * t / T)) / 2),
        1409.08,
        5e-3,
        1409,
        lambda: first_below(half_cosine()),
    ),
    (
        "exponential g=.9999",
        lambda: root(lambda t: (1 - 0.9999**t) / (1 - 0.9999)),
        1492.23,
        5e-3,
        1492,
        lambda: halved(2000, "exponential", rate=0.9999),
    ),
    (
        "warm-up 1000",
        lambda: root(lambda t: warmed(t, 1000)),
        1885.8,
        5e-2,
        1886,
        lambda: halved(2000, "constant", warmup_steps=1000),
    ),
    (
        "warm-up 1e4",
        lambda: root(lambda t: warmed(t, T)),
        5265.04,
        5e-3,
        5265,
        lambda: halved(T, "constant", warmup_steps=T),
    ),
    (
        "inverse sqrt, warm-up 1000",
        lambda: root(lambda t: t / 2 if t < 1000 else 500 + 2 * math.sqrt(1000) * (math.sqrt(t) - math.sqrt(1000))),
        2082.7,
        5e-2,
        2082,
        lambda: halved(3000, "inverse_sqrt", warmup_steps=1000),
    ),
]


def inverse_roots(W: int, to: int) -> float:
    return math.fsum(min(t / W, math.sqrt(W / t)) for t in range(1, to + 1))


def short_sum(steps: int) -> float:
    """The catalogue's form of the sum of 1/sqrt(t)."""
    return 2 * math.sqrt(steps) - 1.4603545088 + 1 / (2 * math.sqrt(steps))


def short_warmed_sum(steps: int, W: int) -> float:
    """The catalogue's form of S1 of warm-up and sqrt(W/t)."""
    root, start = math.sqrt(steps), math.sqrt(W)
    return (W + 1) / 2 + start * (2 * (root - start) + 1 / (2 * root) - 1 / (2 * start))


def zeta_half() -> float:
    """Sum of 1/sqrt(t) less what it grows by, to the third correction term."""
    n = 100_000
    total = math.fsum(1 / math.sqrt(t) for t in range(1, n + 1))
    return total - 2 * math.sqrt(n) - 1 / (2 * math.sqrt(n)) + n**-1.5 / 24


def largest_error() -> float:
    """Of the first two terms of ln(w_T/w_0), relative, where x is .006 at every step, so that the third counts most."""
    exact = 1000 * math.log1p(-0.006)
    return abs((-0.006 * 1000 - 0.006**2 * 1000 / 2) / exact - 1)


def left_for_ever(x: float, rate: float) -> float:
    """The product over all steps as a double series, -ln = sum_k x^k/(k (1 - g^k)): the q-Pochhammer symbol."""
    return math.exp(-math.fsum(x**k / (k * (1 - rate**k)) for k in range(1, 20)))


def blocks(t: float) -> float:
    """The sum of 0.8^floor(t/500)."""
    whole, rest = divmod(t, 500)
    return 500 * (1 - 0.8**whole) / (1 - 0.8) + rest * 0.8**whole


WSD = [
    ("in the warm-up", 4000, 2000),
    ("in the stable phase", 1000, 2000),
    ("in the final decay", 1000, 8500),
]

FIGURES = [
    *(
        figure
        for what, time, printed, within, step, measured in TIMES
        for figure in (
            Figure("1.4", f"time to half, {what}", printed, within, theory=time),
            Figure(
                "1.4",
                f"first step at half or below, {what}",
                step,
                0.8,  # the time is a continuous one; a crossing is a whole number
                theory=time,
                measured=measured,
                agree=4e-4,
            ),
        )
    ),
    *(
        Figure(
            "1.4",
            f"crossing over time to half, WSD, {what}",
            1.0,
            4e-4,
            measured=lambda W=W, D=D: (
                halved(T, "wsd", warmup_steps=W, decay_steps=D) / root(lambda t: stable_then_line(t, W, D))
            ),
        )
        for what, W, D in WSD
    ),
    Figure(
        "1.4",
        "crossing over time to half, step g=.8 every 500",
        1.0,
        4e-4,
        measured=lambda: halved(5000, "step", every=500, factor=0.8) / root(blocks),
    ),
    Figure(
        "1.4",
        "what an exponential schedule leaves for ever, g=.999, x=5e-4",
        0.60649273,
        5e-9,
        theory=lambda: left_for_ever(X, 0.999),
        measured=lambda: run(40_000, "exponential", rate=0.999)[-1],
    ),
    Figure("1.4", "relative error of two terms of ln(w_T/w_0), at most, max x=.006", 0.0, 1.3e-5, theory=largest_error),
    Figure("1.4", "zeta(1/2)", -1.4603545088, 5e-10, measured=zeta_half),
    Figure(
        "1.4",
        "relative error of the sum of 1/sqrt(t), T=1000",
        2e-8,
        5e-9,
        theory=lambda: short_sum(1000) / inverse_roots(1, 1000) - 1,
    ),
    Figure(
        "1.4",
        "relative error of the sum of warm-up 100 and sqrt(W/t), T=1000",
        8e-7,
        5e-8,
        theory=lambda: 1 - short_warmed_sum(1000, 100) / inverse_roots(100, 1000),
    ),
]
