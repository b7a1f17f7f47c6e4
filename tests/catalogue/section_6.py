"""Where decay leaves a weight for good: the figures of section 6 that need no noise.

Coupled decay has the same fixed point for every eps, so its runs take one that is large enough for Adam to settle instead of
circling; decoupled decay inside the box needs a small one, and a learning rate that falls to 0.
"""

from __future__ import annotations

from functools import cache
from typing import Any

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
]
