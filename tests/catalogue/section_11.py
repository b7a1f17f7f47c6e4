"""Reddi's counterexample: the figures of section 11, from theory and from the engine."""

from __future__ import annotations

import math

from adamw_cli import simulate_batch
from adamw_cli.theory import online
from tests.catalogue.figure import Figure

REDDI = (3.0, -1.0, 3, 0.0, 0.1)
PLACE = {"kind": "online_sequence", "peak": 3.0}
LR, LAM = 1e-3, 0.1
# The averages of a cycle are settled from here on, and v_max is that of the cycle: without the first steps of c.
STEPS = 300_000


def drift() -> float:
    """Of a cycle in units of lr, by the engine: the mean over the second half of a run."""
    values = {"lr": LR, "betas": (0.0, 0.1), "eps": 0.0}
    w = simulate_batch("adam", PLACE, [0.0], 30_000, hyperparameters=values, every=15_000).w[:, 0, 0]
    return float(w[-1] - w[-2]) / 5000 / LR


def turns(peak: float) -> float:
    """The beta2 at which the engine's drift turns round, by halving."""
    low, high = 0.0, 1.0
    for _ in range(18):
        middle = (low + high) / 2
        values = {"lr": 1.0, "betas": (0.0, middle), "eps": 0.0}
        w = simulate_batch("adam", PLACE | {"peak": peak}, [0.0], 600, hyperparameters=values, every=300).w[:, 0, 0]
        low, high = (middle, high) if w[-1] > w[-2] else (low, middle)
    return (low + high) / 2


def mean(amsgrad: bool) -> float:
    """Mean weight of the last cycle of AdamW, from a loop: without bias correction, as the maximum is meant."""
    w = v = v_max = 0.0
    last = []
    for t in range(STEPS):
        g = 3.0 if t % 3 == 0 else -1.0
        v = 0.1 * v + 0.9 * g * g
        v_max = max(v_max, v)
        last.append(w)
        w -= LR * (LAM * w + g / math.sqrt(v_max if amsgrad else v))
    return math.fsum(last[-3:]) / 3


FIGURES = [
    Figure("11", "drift per cycle over eta, C=3, b2=.1", 0.68095, 5e-6, lambda: online.net_drift(*REDDI), drift, 6e-6),
    *(
        Figure(
            "11",
            f"b2 at which the drift turns round, C={peak:g}",
            printed,
            5e-5,
            lambda peak=peak: online.safe_beta2(peak, -1.0, 3),
            lambda peak=peak: turns(peak),
            1e-3,
        )
        for peak, printed in ((3.0, 0.4723), (10.0, 0.0983))
    ),
    Figure("11", "AdamW's mean weight, lam=.1", 2.26983, 5e-6, lambda: online.net_drift(*REDDI) / (3 * LAM), lambda: mean(False), 1e-9),
    Figure("11", "AMSGradW's mean weight, lam=.1", -1.16354, 5e-6, lambda: online.net_drift(*REDDI, True) / (3 * LAM), lambda: mean(True), 1e-8),
]  # fmt: skip
