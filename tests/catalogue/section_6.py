"""Where decay leaves a weight for good: the figures of section 6; under noise, its mean.

Coupled decay has the same fixed point for every eps, so its runs take one that is large enough for Adam to settle instead of
circling; decoupled decay inside the box needs a small one, and a learning rate that falls to 0.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from adamw_cli import simulate_batch
from adamw_cli.theory import stationary
from tests.catalogue.figure import Figure

MATRIX, CENTER = [[2.0, 1.5], [1.5, 2.0]], [3.0, 0.5]


@cache
def end(
    rule: str, h: float, a: float, lam: float, eps: float, lr: float, steps: int, schedule: str = "constant"
) -> float:
    place = {"kind": "quadratic", "curvature": h, "center": a}
    values = {"lr": lr, "weight_decay": lam, "betas": (0.9, 0.999), "eps": eps}
    clock = {"kind": schedule}
    return float(simulate_batch(rule, place, [0.3], steps, hyperparameters=values, schedules=clock).final_w[0, 0])


@cache
def corner() -> Any:
    place = {"kind": "quadratic", "matrix": MATRIX, "center": CENTER}
    values = {"lr": 1e-2, "weight_decay": 1.0, "eps": 0.0}
    return simulate_batch("adamw", place, [0.0, 0.0], 150_000, hyperparameters=values).final_w[:, 0]


def drift_free(sigma: float) -> float:
    """Where the mean over the noise of g/sqrt(v) balances lam w, v = E g^2: the sum over a fine grid of normal draws."""
    z = np.linspace(-8.0, 8.0, 4001)
    weight = np.exp(-z * z / 2.0)
    low, high = 0.0, 2.0
    for _ in range(60):
        w = (low + high) / 2.0
        g = (2.0 - w) + sigma * z
        mean, square = (weight * g).sum() / weight.sum(), (weight * g * g).sum() / weight.sum()
        low, high = (w, high) if mean / np.sqrt(square) > 0.4 * w else (low, w)
    return (low + high) / 2.0


FIGURES = [
    *(
        Figure(
            "6",
            f"Adam+L2 on a=1, lam=.1, h={h:g}: the MAP",
            printed,
            5e-4,
            theory=lambda h=h: stationary.map_point(1.0, h, 0.1),
            measured=lambda h=h: end("adam_l2", h, 1.0, 0.1, 0.1, 1e-2, 100_000),
            agree=agree,
        )
        for h, printed, agree in ((0.1, 0.5, 1e-14), (1.0, 0.909, 2e-13), (10.0, 0.990, 1e-10))
    ),
    *(
        Figure(
            "6",
            f"AdamW, eps=1e-8, on a=1, lam=.1, h={h:g}: not shrunk",
            1.000,
            5e-4,
            theory=lambda: stationary.box_point(1.0, 0.1),
            measured=lambda h=h: end("adamw", h, 1.0, 0.1, 1e-8, 1e-2, 200_000, "cosine"),
            agree=3e-7,
        )
        for h in (0.1, 1.0, 10.0)
    ),
    Figure(
        "6",
        "AdamW, eps=0, on a=3, lam=1: the border of the box",
        1.0,
        1e-12,
        theory=lambda: stationary.box_point(3.0, 1.0),
        measured=lambda: end("adamw", 1.0, 3.0, 1.0, 0.0, 1e-2, 60_000),
    ),
    *(
        Figure(
            "6",
            f"AdamW on H=[[2,1.5],[1.5,2]], a=(3,.5), lam=1: w_{i + 1}",
            1.0,
            1e-13,
            theory=lambda i=i: stationary.box_minimizer(MATRIX, CENTER, 1.0)[i],
            measured=lambda i=i: corner()[i],
        )
        for i in range(2)
    ),
    *(
        Figure(
            "6",
            f"the center of that cut off at the border, which it is not: w_{i + 1}",
            printed,
            1e-15,
            theory=lambda i=i: stationary.box_point(CENTER[i], 1.0),
        )
        for i, printed in enumerate((1.0, 0.5))
    ),
    *(
        Figure(
            "6",
            f"AdamW with eps={eps:g} on h={h:g}, a={a:g}, lam={lam:g}",
            printed,
            within,
            theory=lambda a=a, h=h, lam=lam, eps=eps: stationary.box_point_with_eps(a, h, lam, eps),
            measured=lambda a=a, h=h, lam=lam, eps=eps: end("adamw", h, a, lam, eps, 1e-2, 60_000),
            agree=2e-10,
        )
        for h, a, lam, eps, printed, within in (
            (1.0, 1.0, 0.5, 0.3, 0.8, 5e-10),
            (0.1, 1.0, 0.5, 1.0, 0.15571123, 5e-9),
            (2.0, 5.0, 0.5, 0.5, 1.8528191, 5e-8),
        )
    ),
    *(
        Figure(
            "6",
            f"AdamW under dominant noise, h=1, a=.3, lam=.1, sigma={sigma:g}",
            printed,
            5e-6,
            theory=lambda sigma=sigma: stationary.map_point(0.3, 1.0, 0.1 * sigma),
        )
        for sigma, printed in ((0.5, 0.28571), (2.0, 0.25), (8.0, 0.16667))
    ),
    Figure("6", "the isotropic MAP beside them", 0.2727, 5e-5, theory=lambda: stationary.map_point(0.3, 1.0, 0.1)),
    *(
        Figure(
            "6",
            f"AdamW under noise, h=1, a=2, lam=.4, sigma={sigma:g}",
            printed,
            5e-5,
            theory=lambda sigma=sigma: stationary.noisy_point(2.0, 1.0, 0.4, sigma),
            measured=lambda sigma=sigma: drift_free(sigma),
        )
        for sigma, printed in ((0.2, 1.7939), (1.0, 1.3550))
    ),
]
