"""Scale-freeness and the shrink of twin runs: the figures of section 13 that need no noise."""

from __future__ import annotations

import math

import numpy as np

from adamw_cli import simulate_batch
from adamw_cli.theory import geometry, half_life
from tests.catalogue.figure import Figure

LR, LAM, STEPS = 1e-4, 0.1, 3000


def scaled(scale: float) -> np.ndarray:
    """A path of 200 steps on a slope that changes its sign every 7, with eps = 0."""
    place = {"kind": "gradient_flip", "gradient": 0.3 * scale, "flip_at": 5, "period": 7}
    values = {"lr": 1e-2, "weight_decay": 0.1, "eps": 0.0}
    return simulate_batch("adamw", place, [1.0], 200, hyperparameters=values, every=1).w[:, 0, 0]


def scale_free_gap() -> float:
    a, b = scaled(1.0), scaled(2.0**13)
    c = scaled(1e4)
    assert (a == b).all()  # a power of 2 rounds nowhere
    return float(np.abs(a - c).max() / np.abs(a).max())


def twins(rms: float) -> float:
    """What is left of the distance of two AdamW runs with the same gradients, +-rms in turn."""
    place = {"kind": "gradient_flip", "gradient": rms, "flip_at": 1, "period": 1}
    values = {"lr": LR, "weight_decay": LAM}
    start = np.array([[1.0, 0.0]])
    w = simulate_batch("adamw", place, start, STEPS, hyperparameters=values).final_w[0]
    return float(w[0] - w[1])


def size(rms: float) -> float:
    return geometry.coupled_weight(1.0, rms, LR, LAM, STEPS)


FIGURES = [
    Figure(
        "13", "distance of paths with gradients x1e4, eps=0, 200 steps, relative", 0.0, 2e-16, measured=scale_free_gap
    ),
    *(
        Figure(
            "13",
            f"twin runs of AdamW after 3000 steps, eta=1e-4, lam=.1, gradient rms {rms:g}",
            0.97045,
            5e-6,
            theory=lambda: half_life.shrink_after(LR * LAM, STEPS),
            measured=lambda rms=rms: twins(rms),
            agree=1e-12,
        )
        for rms in (0.1, 1.0, 10.0)
    ),
    *(
        Figure(
            "13",
            f"theory of twin runs of Adam+L2, the same, gradient rms {rms:g}",
            printed,
            5e-5,
            theory=lambda rms=rms: size(rms),
        )
        for rms, printed in ((0.1, 0.7999), (1.0, 0.9706), (10.0, 0.9970))
    ),
    *(
        Figure(
            "13",
            f"sign of ln of that over ln of AdamW's, less 1, gradient rms {rms:g}",
            printed,
            0.0,
            theory=lambda rms=rms: math.copysign(
                1.0, math.log(size(rms)) / math.log(half_life.shrink_after(LR * LAM, STEPS)) - 1
            ),
        )
        for rms, printed in ((0.1, 1), (10.0, -1))
    ),
]
