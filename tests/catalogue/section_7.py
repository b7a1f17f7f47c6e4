"""Figures of section 7: large eps, a frozen denominator, and what bias correction does at first."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from adamw_cli import simulate_batch
from adamw_cli.theory import frozen, transient, update_bound
from tests.catalogue.figure import Figure


def ratio(eps: float) -> float:
    """Decay step over gradient step at the first step: G = .01, lam = .1, w = 2."""
    values = {"lr": 1e-3, "eps": eps}
    place = {"kind": "slope", "gradient": 0.01}
    decayed, plain = (
        simulate_batch("adamw", place, [2.0], 1, hyperparameters=values | {"weight_decay": lam}).final_w[0, 0]
        for lam in (0.1, 0.0)
    )
    return float((plain - decayed) / (2.0 - plain))


@cache
def away_from_sgd(corrected: bool) -> float:
    """Largest distance of AdamW with eps = 1e3 from SGD with averaged momentum at lr/eps, with the same decay."""
    kappa, x, eps = 0.05, 0.01, 1e3
    values = {"lr": kappa * eps, "weight_decay": x / (kappa * eps), "eps": eps}
    place = {"kind": "quadratic", "curvature": 1.0, "center": 1.0}
    w = simulate_batch("adamw", place, [3.0], 300, hyperparameters=values, every=1).w[:, 0, 0]
    other, m, furthest = 3.0, 0.0, 0.0
    for t in range(1, 301):
        m = 0.9 * m + 0.1 * (other - 1.0)
        other = (1 - x) * other - kappa * m / (1 - 0.9**t if corrected else 1.0)
        furthest = max(furthest, abs(other - w[t]))
    return furthest


def divides(beta1: float, x: float) -> float:
    """1 if AdamW with eps = 1 and a small h shrinks at .999 of the threshold and grows at 1.001 of it."""
    h = 1e-60  # the catalogue's 1e-6 lets what has grown come near to eps
    found = []
    for part in (0.999, 1.001):
        lr = part * frozen.stability_threshold(beta1, x) / h
        values = {"lr": lr, "weight_decay": x / lr, "betas": (beta1, 0.999), "eps": 1.0}
        place = {"kind": "quadratic", "curvature": h, "center": 0.0}
        w = np.abs(simulate_batch("adamw", place, [1.0], 3000, hyperparameters=values, every=1).w[:, 0, 0])
        found.append(w[2500:].max() / w[500:1000].max())
    return float(found[0] < 0.9 and found[1] > 1.1)


def loop(kappa: float, x: float, beta1: float, steps: int) -> list[float]:
    """Momentum without bias correction on a parabola, from 1."""
    w, m, path = 1.0, 0.0, [1.0]
    for _ in range(steps):
        m = beta1 * m + (1 - beta1) * w
        w = (1 - x) * w - kappa * m
        path.append(w)
    return path


def difference(kappa: float, x: float) -> float:
    """Largest difference between the closed path and the loop."""
    closed = frozen.path(kappa, x, 0.9, 300)
    return float(np.abs(np.array(closed) - loop(kappa, x, 0.9, 300)).max())


def last_outside(kappa: float, x: float, tol: float) -> float:
    return float(max(t for t, w in enumerate(loop(kappa, x, 0.9, 400)) if abs(w) > tol))


def underestimated(kappa: float, x: float) -> float:
    """By what part of itself the quick estimate is less than what the path does."""
    r = math.sqrt((1 - x) * 0.9)
    theta = math.acos((1 - x + 0.9 - 0.1 * kappa) / (2 * r))
    estimate = math.exp(math.pi * math.log(r) / theta)
    return -min(loop(kappa, x, 0.9, 400)) / estimate - 1.0


@cache
def amplified(kappa: float, beta1: float) -> float:
    """Largest |w| of Adam where eps dominates, from 1; h so small that even the peak's gradient is far below eps."""
    h = 1e-80
    values = {"lr": kappa / h, "betas": (beta1, 0.999), "eps": 1.0}
    place = {"kind": "quadratic", "curvature": h, "center": 0.0}
    return float(np.abs(simulate_batch("adam", place, [1.0], 400, hyperparameters=values, every=1).w).max())


def settling(kappa: float, x: float) -> float:
    found = frozen.settling_time(kappa, x, 0.9, 0.02)
    assert found is not None
    return found


FIGURES = [
    *(
        Figure("7.1", f"decay over gradient, eps={eps:g}", printed, 1e-9, lambda e=eps: update_bound.decay_to_gradient_ratio(2.0, 0.1, 0.01, 1e-4, e), lambda e=eps: ratio(e), 1e-9)
        for eps, printed in ((0.0, 0.2), (0.01, 0.4), (1.0, 20.2))
    ),
    Figure("7.2", "AdamW from SGD at lr/eps, with the factor of bias correction", 0.0013, 5e-5, measured=lambda: away_from_sgd(True)),
    Figure("7.2", "AdamW from SGD at lr/eps, without it", 0.445, 5e-4, measured=lambda: away_from_sgd(False)),
    Figure("7.3", "stability threshold, b1=.9, x=0", 38, 1e-9, lambda: frozen.stability_threshold(0.9, 0.0)),
    Figure("7.3", "stability threshold, b1=.9, x=.2", 34.2, 1e-9, lambda: frozen.stability_threshold(0.9, 0.2)),
    *(
        Figure("7.3", f"shrinks at .999 of it and grows at 1.001, b1={b:g}, x={x:g}", 1.0, 0.0, measured=lambda b=b, x=x: divides(b, x))
        for b, x in ((0.9, 0.0), (0.9, 0.2), (0.5, 0.1), (0.0, 0.3))
    ),
    Figure("7.3", "critical damping, b1=.9", 0.02633, 5e-6, lambda: frozen.oscillation_range(0.9, 0.0).low),
    *(
        Figure("7.3", f"closed path from a loop, kappa={k:g}, x={x:g}", 0.0, 1e-9, measured=lambda k=k, x=x: difference(k, x))
        for k, x in ((0.01, 0.01), (1.0, 0.0), (10.0, 0.05))
    ),
    Figure("7.3", "how low the estimate of the undershoot is, kappa=1", 0.01, 5e-3, measured=lambda: underestimated(1.0, 0.0)),
    Figure("7.3", "how low the estimate of the undershoot is, kappa=10, x=.05", 0.12, 5e-3, measured=lambda: underestimated(10.0, 0.05)),
    *(
        Figure("7.3", f"settling within .02, kappa={k:g}, x={x:g}: bound", bound, 0.05, lambda k=k, x=x: settling(k, x))
        for k, x, bound in ((0.1, 0.01, 69.5), (1.0, 0.0, 74.3), (10.0, 0.05, 51.8))
    ),
    *(
        Figure("7.3", f"settling within .02, kappa={k:g}, x={x:g}: last step outside", last, 0.0, measured=lambda k=k, x=x: last_outside(k, x, 0.02))
        for k, x, last in ((0.1, 0.01, 52), (1.0, 0.0, 70), (10.0, 0.05, 51))
    ),
    *(
        Figure("7.4", f"peak, b1={b:g}, kappa={k:g}", printed, within, lambda k=k, b=b: transient.bc_transient_peak(k, 0.0, b)[0], lambda k=k, b=b: amplified(k, b), 1e-9)
        for b, k, printed, within in ((0.9, 1.9, 1.0, 1e-12), (0.9, 19.0, 2.25e4, 50.0), (0.9, 34.2, 6.6e11, 5e9), (0.99, 199.0, 1.8e52, 5e50))
    ),
    Figure("7.4", "step of the peak, b1=.9, kappa=19", 7, 0.0, lambda: transient.bc_transient_peak(19.0, 0.0, 0.9)[1]),
    Figure("7.4", "step of the peak, b1=.9, kappa=34.2", 24, 0.0, lambda: transient.bc_transient_peak(34.2, 0.0, 0.9)[1]),
]  # fmt: skip
