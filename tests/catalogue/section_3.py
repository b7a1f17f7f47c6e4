"""Residual momentum, critical lambda and bounds on an update: the figures of section 3."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, repeat

import numpy as np

from adamw_cli import simulate_batch
from adamw_cli.theory import constant_gradient, residual, update_bound
from tests.catalogue.figure import Figure

LONG = 40_000  # steps of gradient after which 0.999^k is 4e-18
DEFAULT = (0.9, 0.999)


def updates(gradients: Iterable[float], beta1: float, beta2: float, settled: bool) -> Iterator[float]:
    """u at every step for eps = 0, one step at a time; without bias correction if the run has long been going on."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        yield m / math.sqrt(v) if settled else m / (1 - beta1**t) / math.sqrt(v / (1 - beta2**t))


def growing(a: float) -> Iterator[float]:
    g = 1.0
    while True:
        yield g
        g *= a


def ratio_after(a: float, steps: int, beta1: float, beta2: float, settled: bool) -> float:
    run = updates(growing(a), beta1, beta2, settled)
    return [next(run) for _ in range(steps)][-1]


@cache
def pulse(
    k: int, after: int, beta1: float, beta2: float, lr: float = 1.0, eps: float = 0.0, G: float = -1.0
) -> np.ndarray:
    """Steps of the weight, over lr and outward, after a gradient that lasted k steps; the engine, without decay."""
    place = {"kind": "gradient_pulse", "gradient": G, "pulse_steps": k}
    values = {"lr": lr, "weight_decay": 0.0, "betas": (beta1, beta2), "eps": eps}
    w = simulate_batch("adamw", place, [0.0], k + after, hyperparameters=values, every=1).w[:, 0, 0]
    return -math.copysign(1.0, G) * np.diff(w[k:]) / lr


def balanced(j: int) -> float:
    """The weight decay with which step 37 + j stands still, by the secant method on what the engine does."""

    def excess(lam: float) -> float:
        values = {"lr": 1e-3, "weight_decay": lam, "betas": DEFAULT, "eps": 1e-8}
        place = {"kind": "gradient_pulse", "gradient": -0.7, "pulse_steps": 37}
        trace = simulate_batch("adamw", place, [0.3], 37 + j, hyperparameters=values, every=1, states=True)
        m, v = (float(trace.states[name][-1, 0, 0]) for name in "mv")
        u = m / (1 - 0.9 ** (37 + j)) / (math.sqrt(v / (1 - 0.999 ** (37 + j))) + 1e-8)
        return lam * float(trace.w[-2, 0, 0]) + u

    a, b = 1.0, 1.5
    for _ in range(12):
        if excess(b) == excess(a):
            break
        a, b = b, b - excess(b) * (b - a) / (excess(b) - excess(a))
    return b


def after_gradient(w: float, lam: float, steps: int = 400, lr: float = 1e-3) -> list[float]:
    """Weights after a gradient of -1 has long been there and then goes; a loop of its own."""
    m, v, path = -1.0, 1.0, [w]
    for _ in range(steps):
        m, v = 0.9 * m, 0.999 * v
        path.append(path[-1] - lr * lam * path[-1] - lr * m / math.sqrt(v))
    return path


def peak(w: float, lam: float) -> tuple[int, float]:
    path = after_gradient(w, lam)
    return path.index(max(path)), max(path) - w


def first_above_never() -> float:
    """Lower end of the weight decays, over the threshold, with which the weight does not grow; in steps of 1 %."""
    threshold = residual.growth_threshold(1.5, *DEFAULT)
    return next(part / 100 for part in range(90, 111) if peak(1.5, threshold * part / 100)[0] == 0)


def moved_by_a_spike(beta1: float, beta2: float) -> float:
    """All that a lone gradient moves a weight, its first step included."""
    first = update_bound.single_spike_ratio(beta1, beta2)
    return first + update_bound.residual_drift(first, beta1, beta2)


def spike(beta1: float, beta2: float) -> list[float]:
    return list(updates(chain([1.0], repeat(0.0, 3000)), beta1, beta2, settled=True))


def constant(rule: str, G: float, lr: float, lam: float, eps: float, steps: int = 5000) -> float:
    values = {"lr": lr, "weight_decay": lam, "eps": eps}
    trace = simulate_batch(rule, {"kind": "slope", "gradient": G}, [1.0], steps, hyperparameters=values)
    return float(trace.final_w[0, 0])


def approach() -> float:
    """What one step makes of the distance to the fixed point, in the engine."""
    values = {"lr": 0.1, "weight_decay": 0.5, "eps": 0.0}
    w = simulate_batch("adamw", {"kind": "slope", "gradient": 3.0}, [5.0], 20, hyperparameters=values, every=1).w[
        :, 0, 0
    ]
    distance = w + 2.0
    return float(distance[20] / distance[19])


def grown_box() -> float:
    """|w| lam in a run whose gradients grow by beta2/beta1 per step, 1500 steps from 0."""
    w = 0.0
    run = updates(growing(0.999 / 0.9), *DEFAULT, settled=False)
    for _ in range(1500):
        w = w - 0.05 * w - 0.05 * next(run)
    return abs(w)


def _critical(j: int, printed: float) -> Figure:
    numbers = (2.0, -0.7, 37, j, *DEFAULT, 0.0)
    return Figure(
        "3.1",
        f"critical lambda, G=-.7, k=37, w=2, j={j}",
        printed,
        5e-6,
        theory=lambda: residual.critical_lambda(*numbers) or math.nan,
        measured=lambda: float(pulse(37, j, *DEFAULT, 0.1, 0.0, -0.7)[-1]) / 2.0,
        agree=1e-11,
    )


def _consistent(j: int, printed: float) -> Figure:
    numbers = (0.3, -0.7, 37, j, 1e-3, *DEFAULT, 1e-8)
    return Figure(
        "3.1",
        f"self-consistent critical lambda, w0=.3, eps=1e-8, j={j}",
        printed,
        5e-8,
        theory=lambda: residual.self_consistent_critical_lambda(*numbers) or math.nan,
        measured=lambda: balanced(j),
        agree=1e-13,
    )


def _finite(k: int, printed: float) -> Figure:
    return Figure(
        "3.3",
        f"residual drift over eta, k={k}",
        printed,
        5e-4,
        theory=lambda: residual.residual_drift_finite(k, 1.0, *DEFAULT),
        measured=lambda: float(pulse(k, 600, *DEFAULT).sum()),
        agree=1e-11,
    )


def _table(
    beta1: float, beta2: float, rho: float, drift: tuple[float, float], total: float, sup: tuple[float, float]
) -> list[Figure]:
    betas, at = (beta1, beta2), f"betas {beta1:g}, {beta2:g}"
    return [
        Figure(
            "3.3",
            f"rho, {at}",
            rho,
            5e-6,
            theory=lambda: residual.growth_threshold(1.0, *betas),
            measured=lambda: float(pulse(LONG, 2000, *betas)[0]),
            agree=1e-9,
        ),
        Figure(
            "3.3",
            f"drift/eta, {at}",
            drift[0],
            drift[1],
            theory=lambda: update_bound.residual_drift(1.0, *betas),
            measured=lambda: float(pulse(LONG, 2000, *betas).sum()),
            agree=1e-9,
        ),
        Figure(
            "3.3",
            f"spike total/eta, {at}",
            total,
            5e-3,
            theory=lambda: moved_by_a_spike(*betas),
            measured=lambda: sum(spike(*betas)),
            agree=1e-11,
        ),
        Figure(
            "3.3",
            f"sup |u|, {at}",
            sup[0],
            sup[1],
            theory=lambda: update_bound.max_update_ratio(*betas),
            measured=lambda: ratio_after(beta2 / beta1, 3000, *betas, settled=True),
            agree=1e-11,
        ),
    ]


def _growth(a: float, printed: float) -> Figure:
    return Figure(
        "3.6",
        f"gradients that grow by {a:g} per step",
        printed,
        5e-4,
        measured=lambda: ratio_after(a, 800, *DEFAULT, settled=True),
    )


def _early(t: int, printed: float, within: float) -> Figure:
    return Figure(
        "3.6",
        f"with bias correction, at step {t}",
        printed,
        within,
        theory=lambda: update_bound.bias_corrected_update_ratio(t, *DEFAULT),
        measured=lambda: ratio_after(0.999 / 0.9, t, *DEFAULT, settled=False),
        agree=1e-11,
    )


def _largest(which: int) -> float:
    return float(update_bound.largest_residual_update(1.0, 0.9, 0.8, 1e-8)[which] or math.nan)


def _grown() -> np.ndarray:
    return pulse(400, 1000, 0.9, 0.8, 1.0, 1e-8)


AFTER = (1.5, -1.0, 1e-3, 0.4, *DEFAULT)

FIGURES = [
    _critical(1, 0.45521),
    _critical(5, 0.31231),
    _critical(20, 0.07448),
    _consistent(1, 2.9996521),
    _consistent(5, 1.9819112),
    Figure("3.2", "J*, lam=.4, w_k=1.5", 3.867, 5e-4, theory=lambda: residual._peak_time(*AFTER) or math.nan),
    Figure(
        "3.2",
        "peak step, lam=.4, w_k=1.5",
        4,
        0.0,
        theory=lambda: residual.peak_step(*AFTER) or math.nan,
        measured=lambda: peak(1.5, 0.4)[0],
    ),
    Figure(
        "3.2",
        "peak excursion, lam=.4, w_k=1.5",
        6.98189e-4,
        5e-10,
        theory=lambda: residual.peak_excursion(*AFTER),
        measured=lambda: peak(1.5, 0.4)[1],
        agree=2e-10,
    ),
    Figure("3.2", "first hundredth of the threshold at which it does not grow", 1.0, 0.01, measured=first_above_never),
    _finite(1, 5.006),
    _finite(5, 8.462),
    _finite(30, 10.112),
    Figure(
        "3.3",
        "largest remaining drift over eta",
        65.8,
        0.05,
        theory=lambda: update_bound.residual_drift(update_bound.max_update_ratio(*DEFAULT), *DEFAULT),
    ),
    Figure(
        "3.3",
        "first step of a spike over eta",
        3.162,
        5e-4,
        theory=lambda: update_bound.single_spike_ratio(*DEFAULT),
        measured=lambda: spike(*DEFAULT)[0],
        agree=1e-12,
    ),
    *_table(0.9, 0.999, 0.90045, (9.045, 5e-4), 31.77, (7.270, 5e-4)),
    *_table(0.9, 0.99, 0.90453, (9.475, 5e-4), 10.47, (2.345, 5e-4)),
    *_table(0.9, 0.95, 0.92338, (12.05, 5e-3), 5.84, (1.165, 5e-4)),
    *_table(0.95, 0.95, 0.97468, (38.49, 5e-3), 8.83, (1.000, 5e-4)),
    Figure(
        "3.4",
        "max u, betas .9, .8, eps=1e-8",
        2.2492,
        5e-5,
        theory=lambda: _largest(0),
        measured=lambda: float(_grown().max()),
        agree=1e-11,
    ),
    Figure("3.4", "its j", 140, 0.0, theory=lambda: _largest(1), measured=lambda: int(_grown().argmax()) + 1),
    Figure(
        "3.4",
        "total drift over eta",
        289.7,
        0.05,
        theory=lambda: update_bound.residual_drift_eps(1.0, 1.0, 0.9, 0.8, 1e-8),
        measured=lambda: float(_grown().sum()),
        agree=1e-11,
    ),
    Figure(
        "3.5",
        "equilibrium, eta=.1, lam=.5, u=1",
        -2.0,
        1e-12,
        theory=lambda: constant_gradient.equilibrium(1.0, 0.5, 0.0),
        measured=lambda: constant("adamw", 1.0, 0.1, 0.5, 0.0),
        agree=2e-14,
    ),
    Figure(
        "3.5",
        "equilibrium where decay comes last, eta=.1, lam=.5, u=1",
        -1.9,
        1e-12,
        theory=lambda: (1 - 0.1 * 0.5) * constant_gradient.equilibrium(1.0, 0.5, 0.0),
        measured=lambda: constant("adamw_decay_last", 1.0, 0.1, 0.5, 0.0),
        agree=2e-14,
    ),
    Figure(
        "3.5",
        "equilibrium for G=eps over that for G >> eps",
        0.5,
        1e-12,
        theory=lambda: constant_gradient.equilibrium(1e-8, 0.5, 1e-8) * -0.5,
        measured=lambda: constant("adamw", 1e-8, 0.1, 0.5, 1e-8) / constant("adamw", 1.0, 0.1, 0.5, 0.0),
        agree=2e-14,
    ),
    Figure(
        "3.5",
        "approach rate, x=.05",
        0.95,
        1e-12,
        theory=lambda: constant_gradient.approach_rate(0.05),
        measured=approach,
        agree=1e-13,
    ),
    Figure(
        "3.6",
        "sup |m|/sqrt v",
        7.27,
        5e-3,
        theory=lambda: update_bound.max_update_ratio(*DEFAULT),
        measured=lambda: ratio_after(0.999 / 0.9, 3000, *DEFAULT, settled=True),
        agree=1e-11,
    ),
    Figure(
        "3.6",
        "Kingma and Ba's bound",
        3.16,
        5e-3,
        theory=lambda: update_bound.single_spike_ratio(*DEFAULT),
        measured=lambda: max(spike(*DEFAULT)),
        agree=1e-12,
    ),
    _growth(1.05, 6.782),
    _growth(1.5, 5.895),
    Figure("3.6", "sup |m|/sqrt v, b1=b2", 1.0, 1e-12, theory=lambda: update_bound.max_update_ratio(0.97, 0.97)),
    _early(1, 1.0, 1e-12),
    _early(2, 1.0014, 5e-5),
    _early(20, 1.156, 5e-4),
    _early(200, 3.096, 5e-4),
    Figure("3.6", "|w| lam under growing gradients, eta=.05, lam=1", 6.39, 5e-3, measured=grown_box),
]
