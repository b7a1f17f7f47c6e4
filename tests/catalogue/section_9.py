"""Rotational equilibrium: the figures of section 9 that are no errors of a Monte-Carlo run.

Those are intervals in tests/agreement/test_noise.py and test_scale_invariant.py.
"""

from __future__ import annotations

import math

import numpy as np

from adamw_cli.theory import autoregression, equilibrium
from tests.catalogue.figure import Figure

LR, LAM, BETA1 = 0.01, 0.1, 0.9


def sign_sum(x: float) -> float:
    """S of Lion with betas 0.9 and 0.99, from the correlation of its mixture as a product of response functions."""
    response = np.concatenate([[0.1], 0.9 * 0.01 * 0.99 ** np.arange(5999.0)])
    r = np.array([response[k:] @ response[: 6000 - k] for k in range(1, 3000)]) / (response @ response)
    return 1.0 + 2.0 * float(np.sum((1.0 - x) ** np.arange(1, 3000) * 2.0 / math.pi * np.arcsin(r)))


def rate() -> float:
    """At which E w^2 of AdamW on a random walk comes down from 9 times its balance: the covariance of (w, m), step by step."""
    step = np.array([[1.0 - LR * LAM, -LR * BETA1], [0.0, BETA1]])
    noise = np.outer([-LR * (1 - BETA1), 1 - BETA1], [-LR * (1 - BETA1), 1 - BETA1])
    still = np.zeros((2, 2))
    for _ in range(30_000):
        still = step @ still @ step.T + noise
    covariance = np.array([[9.0 * still[0, 0], 0.0], [0.0, 0.0]])
    over = []
    for _ in range(1000):
        covariance = step @ covariance @ step.T + noise
        over.append(covariance[0, 0] - still[0, 0])
    return float(np.log(over[199] / over[999]) / 800)


FIGURES = [
    Figure("9", "Lion's S at .9/.99, x=.001", 41.86, 5e-3, lambda: equilibrium.lion_sign_sum(1e-3, 0.9, 0.99), lambda: sign_sum(1e-3), 1e-9),
    Figure("9", "the same without q^k", 45.93, 5e-3, lambda: equilibrium.lion_sign_sum(0.0, 0.9, 0.99), lambda: sign_sum(0.0), 1e-9),
    Figure(
        "9", "how much longer Lion's weights are without q^k, percent", 5.0, 0.5,
        lambda: 100 * math.sqrt(equilibrium.lion_sign_sum(0.0, 0.9, 0.99) / equilibrium.lion_sign_sum(1e-3, 0.9, 0.99)) - 100,
    ),
    Figure(
        "9", "rate at which |w|^2 of AdamW comes to balance, x=.001", 0.0020021, 2e-6,
        lambda: 2 * autoregression.relaxation_rate(*equilibrium.adamw_walk(LR, LAM, BETA1)[:2]), rate, 1e-3,
    ),
    Figure("9", "the same, to first order", 0.002, 1e-12, lambda: 2 * LR * LAM),
    Figure(
        "9", "length of AdamW by its exact form over the first order, relative, x=.001", 0.0, 5e-3,
        lambda: equilibrium.walk_norm(1, *equilibrium.adamw_walk(LR, LAM, BETA1)) / equilibrium.adamw_norm(1, LR, LAM) - 1,
    ),
    Figure(
        "9", "angle of Lion by its exact form over the first order, relative, x=.001", 0.0, 0.013,
        lambda: equilibrium.lion_angle(LR, LAM, 0.9, 0.99) / math.sqrt(2e-3 / equilibrium.lion_sign_sum(1e-3, 0.9, 0.99)) - 1,
    ),
]  # fmt: skip
