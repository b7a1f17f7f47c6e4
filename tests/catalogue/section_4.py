"""A gradient that turns round: the figures of section 4 but for its grid.

The catalogue does not state eta, w0 and T of the simulated figures of 4.3 to 4.5. Those here were found by trying round
numbers: for 14461 and the three simulated G_c they are all but certain, for the errors others would give the same
digits.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from adamw_cli import simulate_batch
from adamw_cli.theory import flip, flip_l2
from tests.catalogue.figure import Figure

LONG = 2000  # steps before the flip, after which 0.99^T is 2e-9


@cache
def run(
    rule: str, G: float, T: int, w0: float, lr: float, lam: float, beta1: float, after: int = 400
) -> tuple[np.ndarray, np.ndarray]:
    """Weights from the flip on, and the momentum after it over G; the engine, with eps = 0 and beta2 = .999."""
    values = {"lr": lr, "weight_decay": lam, "betas": (beta1, 0.999), "eps": 0.0}
    place = {"kind": "gradient_flip", "gradient": G, "flip_at": T}
    trace = simulate_batch(rule, place, [w0], T + after, hyperparameters=values, every=1, states=True)
    return trace.w[T:, 0, 0], trace.states["m"][T + 1 :, 0, 0] / G


def turned(rule: str, G: float, T: int, w0: float, lr: float, lam: float, beta1: float, after: int = 400) -> int:
    """The first step after the flip with a momentum of the new sign."""
    return int(np.argmax(run(rule, G, T, w0, lr, lam, beta1, after)[1] < 0)) + 1


def furthest(rule: str, G: float, T: int, w0: float, lr: float, lam: float, beta1: float) -> float:
    """How far the weight goes on after the flip, over eta; G > 0."""
    w, _ = run(rule, G, T, w0, lr, lam, beta1)
    return float((w[0] - w).max()) / lr


def m_is_0(T: int, beta1: float) -> float:
    """When the momentum is 0: it falls by beta1 per step towards -1, so between two steps by that power."""
    _, m = run("adamw", 1.0, T, 0.0, 1.0, 0.0, beta1)
    before = int(np.argmax(m < 0))
    last = 1.0 - beta1**T if before == 0 else float(m[before - 1])
    return before + math.log1p(last) / -math.log(beta1)


def back(beta1: float) -> int:
    w, _ = run("adamw", 1.0, LONG, 0.0, 1.0, 0.0, beta1)
    return int(np.argmax(w[1:] >= w[0])) + 1


def decay_error() -> float:
    """|measured - first order| / |first order| of what decay adds to the overshoot; lam=.005, eta=1e-3, w0=2, T=200."""
    w, _ = run("adamw", 1.0, 200, 2.0, 1e-3, 0.005, 0.9)
    added = furthest("adamw", 1.0, 200, 2.0, 1e-3, 0.005, 0.9) - furthest("adamw", 1.0, 200, 2.0, 1e-3, 0.0, 0.9)
    slope = flip.overshoot_decay_slope(float(w[0]), 1.0, 200, 1.0, 0.9)
    return abs(added - 0.005 * slope) / (0.005 * slope)


def coupled_error(lam: float) -> float:
    """The same of the coupled overshoot, in a run in which the weight hardly moves: eta=1e-6, w0=10, T=5000, b1=.8."""
    w, _ = run("adam_l2", 1.0, 5000, 10.0, 1e-6, lam, 0.8)
    theory = flip_l2.l2_overshoot(lam * float(w[0]), 1.0, 0.8)
    return abs(furthest("adam_l2", 1.0, 5000, 10.0, 1e-6, lam, 0.8) - theory) / theory


def lasting() -> tuple[int, float]:
    """First step with m < 0 under coupled decay for G=.1, lam=.1, w0=3, eta=1e-3, T=200, and the weight then."""
    w, m = run("adam_l2", 0.1, 200, 3.0, 1e-3, 0.1, 0.9, after=16_000)
    step = int(np.argmax(m < 0)) + 1
    return step, float(w[step])


def settled(G: float, lam: float) -> float:
    w, m = run("adam_l2", G, 200, 3.0, 1e-3, lam, 0.9, after=16_000)
    assert not (m < 0).any()
    return float(w[-1])


def crossover(beta1: float) -> float:
    """|G| at which coupled and decoupled decay change the overshoot alike: eta=1e-5, lam=1e-4, w0=10, T=2000.

    Bisection over runs, all gradients of a round being the coordinates of one run.
    """
    low, high = 0.5, 0.8
    values = {"lr": 1e-5, "weight_decay": 1e-4, "betas": (beta1, 0.999), "eps": 0.0}
    for _ in range(4):
        gradients = np.linspace(low, high, 17)
        place = {"kind": "gradient_flip", "gradient": gradients, "flip_at": LONG}
        start = np.full((17, 1), 10.0)
        gone = []
        for rule in ("adamw", "adam_l2"):
            w = simulate_batch(rule, place, start, LONG + 60, hyperparameters=values, every=1).w[LONG:, :, 0]
            gone.append((w[0] - w).max(axis=0))
        place_of_change = int(np.argmax(gone[1] < gone[0]))
        low, high = float(gradients[place_of_change - 1]), float(gradients[place_of_change])
    return (low + high) / 2


def _crossover(beta1: float, theory: float, simulated: float) -> list[Figure]:
    return [
        Figure("4.5", f"G_c, b1={beta1:g}", theory, 5e-6, theory=lambda: flip.crossover_gradient(beta1)),
        Figure("4.5", f"simulated G_c, b1={beta1:g}", simulated, 5e-6, measured=lambda: crossover(beta1)),
    ]


def return_time(beta1: float) -> float:
    """When what momentum adds to the overshoot, a (1 - beta1^n), has been undone in n steps: the root of that equation above 0."""
    n = a = 2.0 * beta1 / (1.0 - beta1)
    for _ in range(200):
        n = a * (1.0 - beta1**n)
    return n


def _overshoot(beta1: float, printed: float, within: float) -> Figure:
    return Figure(
        "4.2",
        f"overshoot/eta, b1={beta1:g}, T=inf",
        printed,
        within,
        theory=lambda: flip.overshoot(math.inf, 1.0, beta1),
        measured=lambda: furthest("adamw", 1.0, LONG, 0.0, 1.0, 0.0, beta1),
        agree=1e-7,
    )


def _flips() -> list[Figure]:
    """The step of the flip in 20 cases, whose number alone the catalogue prints."""

    def agreeing(steps: str) -> float:
        cases = [(T, beta1) for T in (1, 2, 5, 20, 300) for beta1 in (0.6, 0.8, 0.9, 0.95)]
        if steps == "theory":
            return sum(flip.flip_steps(T, beta1) == _first_negative(T, beta1) for T, beta1 in cases)
        return sum(turned("adamw", 1.0, T, 0.0, 1.0, 0.0, beta1) == _first_negative(T, beta1) for T, beta1 in cases)

    return [
        Figure(
            "4.1",
            "cases of 20 that agree with a loop",
            20,
            0.0,
            theory=lambda: agreeing("theory"),
            measured=lambda: agreeing("engine"),
        )
    ]


def _first_negative(T: int, beta1: float) -> int:
    m, n = 0.0, 0
    for _ in range(T):
        m = beta1 * m + (1 - beta1)
    while m >= 0:
        m, n = beta1 * m - (1 - beta1), n + 1
    return n


FIGURES = [
    Figure(
        "4.1",
        "n*, b1=.9, T=inf",
        6.58,
        5e-3,
        theory=lambda: flip.turn_time(math.inf, 0.9),
        measured=lambda: m_is_0(LONG, 0.9),
        agree=1e-11,
    ),
    Figure(
        "4.1",
        "flip step, b1=.9, T=inf",
        7,
        0.0,
        theory=lambda: flip.flip_steps(math.inf, 0.9),
        measured=lambda: turned("adamw", 1.0, LONG, 0.0, 1.0, 0.0, 0.9),
    ),
    Figure(
        "4.1",
        "n*, b1=.9, T=1",
        0.905,
        5e-4,
        theory=lambda: flip.turn_time(1, 0.9),
        measured=lambda: m_is_0(1, 0.9),
        agree=1e-11,
    ),
    Figure(
        "4.1",
        "flip step, b1=.9, T=1",
        1,
        0.0,
        theory=lambda: flip.flip_steps(1, 0.9),
        measured=lambda: turned("adamw", 1.0, 1, 0.0, 1.0, 0.0, 0.9),
    ),
    Figure(
        "4.1",
        "m one step after the flip, b1=.5, T=inf",
        0.0,
        0.0,
        theory=lambda: flip.momentum(math.inf, 1, 0.5),
        measured=lambda: float(run("adamw", 1.0, LONG, 0.0, 1.0, 0.0, 0.5)[1][0]),
    ),
    *_flips(),
    _overshoot(0.9, 2.434062, 5e-7),
    _overshoot(0.95, 5.493, 5e-4),
    _overshoot(0.99, 30.03, 5e-3),
    Figure(
        "4.2",
        "error of the quick form, b1=.9",
        0.009,
        5e-4,
        theory=lambda: 1.0 - ((1 - math.log(2)) / -math.log(0.9) - 0.5) / flip.overshoot(math.inf, 1.0, 0.9),
    ),
    Figure("4.2", "return time, b1=.9", 13.79, 5e-3, theory=lambda: return_time(0.9)),
    Figure(
        "4.2",
        "return step, b1=.9",
        14,
        0.0,
        theory=lambda: flip.return_step(0.0, 1.0, LONG, 1.0, 0.0, 0.9, 0.0) or math.nan,
        measured=lambda: back(0.9),
    ),
    Figure("4.3", "error of the first order, lam=.005, eta=1e-3, w0=2, T=200", 8e-4, 5e-5, measured=decay_error),
    Figure("4.4", "error, b1=.8, mu=.01, eta=1e-6, w0=10, T=5000", 2.6e-5, 5e-7, measured=lambda: coupled_error(1e-3)),
    Figure("4.4", "error, b1=.8, mu=.1, eta=1e-6, w0=10, T=5000", 2.4e-4, 5e-6, measured=lambda: coupled_error(1e-2)),
    Figure("4.4", "first m<0, G=.1, lam=.1, w0=3, eta=1e-3, T=200", 14461, 0.0, measured=lambda: lasting()[0]),
    Figure("4.4", "w lam/G then", 1.0, 1e-12, measured=lambda: lasting()[1]),
    Figure(
        "4.4",
        "first m<0 of AdamW there",
        7,
        0.0,
        theory=lambda: flip.flip_steps(200, 0.9),
        measured=lambda: turned("adamw", 0.1, 200, 3.0, 1e-3, 0.1, 0.9),
    ),
    Figure("4.4", "w lam/G in the end, G=.1, lam=.07", 1.0, 1e-12, measured=lambda: settled(0.1, 0.07) * 0.7),
    Figure("4.4", "w lam/G in the end, G=.3, lam=.2", 1.0, 1e-12, measured=lambda: settled(0.3, 0.2) / 1.5),
    *_crossover(0.8, 0.69867, 0.69842),
    *_crossover(0.9, 0.59432, 0.59535),
    *_crossover(0.95, 0.57746, 0.58068),
]
