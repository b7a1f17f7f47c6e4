"""Direction, and coupled against decoupled decay: the figures of section 5 that need no noise."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np

from adamw_cli import simulate_batch
from adamw_cli.theory import coupling, geometry, transient
from tests.catalogue.figure import Figure

PLATEAU = {"kind": "plateau"}
BOWL = {"kind": "quadratic", "curvature": 1.0, "center": 1.0}
X, BETA1 = 0.002, 0.9  # of decay through an average


@cache
def cosine() -> float:
    """Between w_t and w_0, the smallest in 1000 steps without gradient; five scales of weights."""
    w0 = np.array([1e-2, 0.1, 1.0, 10.0, 100.0])
    values = {"lr": 1e-2, "weight_decay": 0.1}
    w = simulate_batch("adamw", PLATEAU, w0, 1000, hyperparameters=values, every=1).w[:, :, 0]
    return float((w @ w0 / (np.linalg.norm(w, axis=1) * np.linalg.norm(w0))).min())


def first_step(w: np.ndarray) -> float:
    """Cosine between -w and the first step of Adam with coupled decay."""
    values = {"lr": 1e-2, "weight_decay": 0.1, "eps": 0.0}
    moved = simulate_batch("adam_l2", PLATEAU, w * 0.0 + w, 1, hyperparameters=values).final_w[:, 0] - w
    return float(-(moved @ w) / (np.linalg.norm(moved) * np.linalg.norm(w)))


@cache
def gaussian() -> np.ndarray:
    """Weights spread as Gaussian ones are."""
    n = 20_000
    return np.array([NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)])


def turned() -> float:
    """Towards the second coordinate, whose gradients +-8 are the larger, away from the first, with +-.5: the sign."""
    place = {"kind": "gradient_flip", "gradient": [0.5, 8.0], "flip_at": 1, "period": 1}
    values = {"lr": 1e-4, "weight_decay": 0.1}
    w = simulate_batch("adam_l2", place, [1.0, 1.0], 4000, hyperparameters=values).final_w[:, 0]
    return float(np.sign(w[1] / w[0] - 1))


def sgd_apart() -> float:
    """Largest relative distance of coupled and decoupled SGD without momentum, 1000 steps on a slanted bowl."""
    place = {"kind": "quadratic", "matrix": [[2.0, 0.5], [0.5, 1.0]], "center": [1.0, 2.0]}
    values = {"lr": 0.05, "weight_decay": 0.1}
    a, b = (
        simulate_batch(rule, place, [3.0, -2.0], 1000, hyperparameters=values, every=1).w for rule in ("sgd", "sgdw")
    )
    return float(np.abs(a - b).max() / np.abs(a).max())


def settled_rate() -> float:
    """Of decay through an average: SGD with dampening, after its first steps."""
    values: dict[str, Any] = {"lr": X, "weight_decay": 1.0, "momentum": BETA1, "dampening": BETA1}
    w = simulate_batch("sgd", PLATEAU, [1.0], 3000, hyperparameters=values, every=1).w[:, 0, 0]
    return -math.expm1(math.log(w[3000] / w[1000]) / 2000)


def exact_rate() -> float:
    rate = coupling.ema_decay_rate(X, BETA1)
    assert rate is not None
    return rate


def two_terms() -> float:
    return X + X * X * BETA1 / (1 - BETA1)


def eps_dominated() -> float:
    """`apart` for eps -> infinity: each of the two is heavy ball with bias correction around the same minimum, w0 - w* = 8/3."""
    decoupled = transient.amplification_path(0.01, 0.02, 0.9, 300)
    coupled = transient.amplification_path(0.01 + 0.02, 0.0, 0.9, 300)
    return 8 / 3 * max(abs(a - b) for a, b in zip(decoupled, coupled, strict=True))


def apart(eps: float, beta1: float) -> float:
    """Largest distance of AdamW and of Adam with coupled decay lam eps: h=1, a=1, w0=3, eta=.01 eps, x=.02."""
    lr, lam = 0.01 * eps, 2.0 / eps
    values = {"lr": lr, "betas": (beta1, 0.999), "eps": eps}
    decoupled = simulate_batch("adamw", BOWL, [3.0], 300, hyperparameters=values | {"weight_decay": lam}, every=1)
    matched = lam * eps
    coupled = simulate_batch("adam_l2", BOWL, [3.0], 300, hyperparameters=values | {"weight_decay": matched}, every=1)
    return float(np.abs(decoupled.w - coupled.w).max())


FIGURES = [
    Figure("5.1", "cos(w_t, w_0), AdamW without gradient, 1000 steps, 5 scales", 1.0, 1e-14, measured=cosine),
    Figure(
        "5.2",
        "radiality of w=(1,10,100)",
        0.637647,
        5e-7,
        theory=lambda: geometry.radiality([1.0, 10.0, 100.0]),
        measured=lambda: first_step(np.array([1.0, 10.0, 100.0])),
        agree=3e-12,
    ),
    Figure(
        "5.2",
        "radiality of Gaussian weights, sqrt(2/pi)",
        0.798,
        5e-4,
        theory=lambda: geometry.radiality(gaussian().tolist()),
        measured=lambda: first_step(gaussian()),
    ),
    Figure(
        "5.4",
        "sign of the turn towards the active axis",
        1,
        0.0,
        theory=lambda: geometry.rotation_sign([1.0, 1.0], [0.5, 8.0], 1e-4, 0.1),
        measured=turned,
    ),
    Figure("5.5", "SGD without momentum: distance of coupled and decoupled, relative", 0.0, 9e-16, measured=sgd_apart),
    Figure(
        "5.5",
        "measured over exact rate of decay through an average, x=.002, b1=.9",
        1.0,
        1e-12,
        measured=lambda: settled_rate() / exact_rate(),
    ),
    Figure(
        "5.5",
        "relative error of x + x^2 b1/(1-b1) as that rate",
        7e-4,
        5e-5,
        theory=lambda: 1 - two_terms() / exact_rate(),
        measured=lambda: 1 - two_terms() / settled_rate(),
    ),
    Figure(
        "5.5",
        "relative error of plain x as that rate",
        0.018,
        5e-4,
        theory=lambda: 1 - X / exact_rate(),
        measured=lambda: 1 - X / settled_rate(),
    ),
    *(
        Figure(
            "5.5",
            f"distance of matched AdamW and Adam+L2 where eps dominates, eps={eps:g}, b1={beta1:g}",
            printed,
            within,
            measured=lambda eps=eps, beta1=beta1: apart(eps, beta1),
        )
        for eps, beta1, printed, within in (
            (1e2, 0.0, 0.0608, 5e-5),
            (1e3, 0.0, 0.00624, 5e-6),
            (1e4, 0.0, 0.000625, 5e-7),
            (1e2, 0.9, 0.111, 5e-4),
            (1e3, 0.9, 0.162, 5e-4),
            (1e4, 0.9, 0.167, 5e-4),
        )
    ),
    Figure(
        "5.5",
        "the same for eps -> infinity, b1=.9: the gap persists",
        0.168,
        5e-4,
        theory=eps_dominated,
        measured=lambda: apart(1e9, 0.9),
        agree=1e-6,
    ),
]
