"""The probes: short runs on which any two variants part.

The gradient of coordinate i at step t = 1, 2, ... is a formula that any language can evaluate:

    g_i = curvature_i (w_i - center_i) + forcing_{t,i}

with w the weights from before the step. What gives power: a large lr*weight_decay, eps near |g|, lr other than 1, a coordinate
without gradient, tiny gradients, spikes (v must fall for amsgrad to show), a learning rate that changes, weights over ten decades.
Starts, curvatures and centers are exact in float32, so that a float32 implementation starts from the same point.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 25
Array = NDArray[np.floating]
_Row = Sequence[float] | Array


@dataclass(frozen=True)
class Probe:
    """One run: start, hyperparameters, the factor on lr per step, and the coefficients of the gradient.

    Attributes
    ----------
    start, curvature, center : (d,) float64
    forcing : (STEPS, d) float64
    schedule : (STEPS,) float64; the learning rate of step t is lr * schedule[t - 1].

    """

    name: str
    why: str
    start: Array
    lr: float
    weight_decay: float
    betas: tuple[float, float]
    eps: float
    curvature: Array
    center: Array
    forcing: Array
    schedule: Array

    @property
    def changes_lr(self) -> bool:
        """Whether the learning rate is not the same in every step."""
        return bool(np.ptp(self.schedule) > 0)

    def lr_at(self, step: int) -> float:
        """Return the learning rate of step 1, 2, ..."""
        return float(self.lr * self.schedule[step - 1])

    def gradient(self, w: Array, step: int) -> Array:
        """Return the gradient for step 1, 2, ... at the weights from before it; w : (d,) -> (d,)."""
        pulled = self.curvature != 0  # elsewhere a weight that is nan must not reach the gradient
        pull = np.where(pulled, self.curvature * np.where(pulled, w - self.center, 0.0), 0.0)
        return np.asarray(pull + self.forcing[step - 1])


def _forcing(**rows: _Row | float) -> Array:
    """Return (STEPS, d), one keyword per coordinate."""
    return np.stack([np.broadcast_to(np.asarray(row, dtype=float), (STEPS,)) for row in rows.values()], axis=1)


def _with(base: float | Array, spikes: dict[int, float]) -> Array:
    row = np.array(np.broadcast_to(base, (STEPS,)), dtype=float)
    for step, value in spikes.items():
        row[step - 1] = value
    return row


def _wave(function: Any, amplitude: float, base: float = 0.0, frequency: int = 1) -> Array:
    """Return base + amplitude * function(t), in multiples of 2^-20, so that every machine has the same numbers."""
    row: Array = np.round((base + amplitude * function(frequency * np.arange(1.0, STEPS + 1))) * 2.0**20) / 2.0**20
    return row


def _probe(name: str, why: str, start: _Row, lr: float, weight_decay: float, betas: tuple[float, float], eps: float, curvature: _Row, center: _Row, forcing: Array, schedule: Array | None = None) -> Probe:  # fmt: skip
    arrays = [np.asarray(values, dtype=float) for values in (start, curvature, center)]
    factors = np.ones(STEPS) if schedule is None else schedule
    return Probe(name, why, arrays[0], lr, weight_decay, betas, eps, arrays[1], arrays[2], forcing, factors)


@cache
def probes() -> tuple[Probe, ...]:
    """Return the probes, in the order in which they are run."""
    t = np.arange(1.0, STEPS + 1)
    warmup_and_decay = np.array([0.25, 0.5, 0.75, *[1.0] * 7, *[0.375] * 8, *[0.0625] * 7])
    decades = 2.0 ** np.array([-17, -10, -3, 3, 10, 17])
    return (
        _probe(
            "power", "large lr*weight_decay, eps near |g|; coordinate 2 has no gradient",
            [2.0, -1.5, 1.0, 0.5], 0.1, 0.5, (0.9, 0.99), 1e-2,
            [0.02, 0, 0, 5], [3, 0, 0, -1], _forcing(a=0.0, b=_wave(np.cos, 4e-3, base=6e-3), c=0.0, d=0.0),
        ),
        _probe(
            "schedule", "the learning rate changes between steps",
            [1.0, -2.0, 0.75, 3.0], 0.2, 0.25, (0.8, 0.95), 5e-2,
            [0.5, 0, 0, 0.125], [-1, 0, 0, 2], _forcing(a=0.0, b=0.05, c=0.0, d=_wave(np.sin, 0.01)), warmup_and_decay,
        ),
        _probe(
            "spike", "single large gradients, after which v falls",
            [1.0, -1.0, 0.5, 2.0], 0.05, 0.2, (0.7, 0.8), 1e-2,
            [0, 0, 0.25, 1.0], [0, 0, 1, 0.5],
            _forcing(a=_with(0.02, {1: 100.0}), b=_with(_wave(np.cos, 0.05), {6: 1e3}), c=_with(0.0, {4: 3.0}), d=_with(0.0, {10: -40.0})),
        ),
        _probe(
            "no decay", "weight_decay 0: what is left if decay is right; a tiny gradient, whose square underflows in half precision",
            [0.5, -1.25, 2.0, -0.75, 1.0], 0.05, 0.0, (0.9, 0.95), 1e-3,
            [1.0, 2.0**-10, 0, 0.25, 0], [-0.5, 1, 0, 0.25, 0],
            _forcing(a=0.0, b=0.0, c=_with(1e-3, {2: -1.0}), d=_wave(np.cos, 0.1, frequency=2), e=2.0**-33 * t),
        ),
        _probe(
            "fixed point", "constant gradients and curvature at a large lr: the weight settles",
            [0.25, -3.0, 4.0, 1.0], 0.3, 0.9, (0.6, 0.9), 1e-4,
            [0, 0, 2.0, 0.5], [0, 0, -0.5, 3], _forcing(a=-1.0, b=0.05, c=0.0, d=0.0),
        ),
        _probe(
            "decades", "weights over ten decades, gradients over seven: precision",
            decades, 2.0**-6, 0.5, (0.9, 0.98), 2.0**-10,
            [0, 0, 2.0**-3, 0, 2.0**-10, 2.0**-17], [0, 0, 1, 0, 0, 0], _forcing(a=2.0**-6, b=-(2.0**-6) * t, c=0.0, d=1e3, e=0.0, f=1e5),
        ),
        _probe(
            "lr above 1", "lr^2 is larger than lr",
            [1.5, -0.5, 3.0, -2.0], 1.5, 0.1, (0.85, 0.9), 0.3,
            [0.1, 0, 0, 0.05], [-2, 0, 0, 1], _forcing(a=0.0, b=_wave(np.cos, 0.2), c=0.0, d=0.0),
        ),
    )  # fmt: skip
