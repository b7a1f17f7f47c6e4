"""Figures of section 12 that need no noise: rescaling rules."""

from __future__ import annotations

import math

from adamw_cli import simulate_batch
from adamw_cli.theory import rescaling
from tests.catalogue.figure import Figure

POINTS = 50_000


def left(lr: float, lam: float, steps: int) -> float:
    """What the engine leaves of a weight after some steps without gradient."""
    values = {"lr": lr, "weight_decay": lam}
    return float(simulate_batch("adamw", {"kind": "plateau"}, [1.0], steps, hyperparameters=values).final_w[0, 0])


def measured_timescale() -> float:
    """Epochs until a weight is down to 1/e, x = 1e-4, 128 of 50 000 points per step."""
    return -10_000 / math.log(left(1e-3, 0.1, 10_000)) / (POINTS / 128)


def spread() -> float:
    """Of the log shrink per epoch over batch sizes 64 to 512, largest over smallest less 1, at 25.6 epochs."""
    logs = []
    for batch in (64, 128, 256, 512):
        per_epoch = POINTS / batch
        lam = rescaling.weight_decay_for_tau_epoch(1e-3, 25.6, per_epoch)
        logs.append(math.log(left(1e-3, lam, 20_000)) * per_epoch / 20_000)
    return min(logs) / max(logs) - 1.0


def log_shrink(batch: int) -> float:
    steps = POINTS * 100 / batch
    return steps * rescaling.normalised_weight_decay(0.05, batch, POINTS, 100)


FIGURES = [
    Figure("12", "timescale in epochs, x=1e-4, 128 of 50 000", 25.6, 1e-9, lambda: rescaling.tau_epoch(1e-3, 0.1, POINTS / 128)),
    Figure("12", "the same, measured", 25.5987, 5e-5, measured=measured_timescale),
    Figure("12", "spread of the log shrink per epoch over batch sizes", 1.8e-4, 5e-6, measured=spread),
    Figure("12", "normalised decay: log shrink, b=128", 9.882, 5e-4, lambda: log_shrink(128)),
    Figure("12", "normalised decay: log shrink, b=512", 4.941, 5e-4, lambda: log_shrink(512)),
]  # fmt: skip
