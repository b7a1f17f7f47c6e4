"""Every variant on every probe, in one vectorised loop.

With lr_t the learning rate of step t, lr the one at the start, lam = weight_decay, and s_t = lr_t lam, lam, lr_t^2 lam or lr_t lam/lr:

    g_m = g + [decay in m] (s_t/lr_t) w           m = beta1 m + (1 - beta1) g_m
    g_v = g + [decay in v] (s_t/lr_t) w           v = beta2 v + (1 - beta2) g_v^2
    m_hat = m/c1,  V = v/k^2 or its maximum       c1 = 1 - beta1^t, k^2 = 1 - beta2^t, or what the correction says
    u = (m_hat + [preconditioned] (s_t/lr_t) w) / max(sqrt(V + a) + b, c)
    w = w - s_t w - lr_t u,  or  (1 - s_t)(w - lr_t u)

eps is one of a, b and c, as it is or corrected, the others are 0. Where the divisor is 0 the step is 0; `open_` marks that this has happened, because an
implementation without eps may get nan or infinity there.

Variants stand side by side as the engine's lanes do, but in NumPy: the same loop runs in float32 to measure what its rounding
explains, which the engine, float64 throughout, could not; and 2622 variants on 31 coordinates take 0.12 s, while the first use of the
engine on a machine takes 2.4 s, 0.6 s of it for importing the compiler.

Sources: Kingma and Ba, ICLR 2015; Loshchilov and Hutter, ICLR 2019; Reddi, Kale and Kumar, ICLR 2018 (amsgrad).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from adamw_cli.conformance.probes import STEPS, Probe
from adamw_cli.conformance.variants import ANY, AXES, Variant

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Runs:
    """What variants did: coordinates of all probes side by side.

    Attributes
    ----------
    w : (STEPS + 1, V, C) weights, the start first.
    open_ : (STEPS + 1, V, C) bool; a division by 0 has happened at or before the step.

    """

    w: Array
    open_: NDArray[np.bool_]


@dataclass(frozen=True)
class _Coordinates:
    """The probes as arrays over all coordinates, (C,) or (STEPS, C)."""

    start: Array
    lr: Array
    weight_decay: Array
    beta1: Array
    beta2: Array
    eps: Array
    curvature: Array
    center: Array
    forcing: Array
    lr_t: Array


def _coordinates(probes: Sequence[Probe], dtype: DTypeLike) -> _Coordinates:
    def each(value: Callable[[Probe], Any]) -> Array:
        return np.concatenate([np.broadcast_to(value(p), p.start.shape) for p in probes]).astype(dtype)

    return _Coordinates(
        start=each(lambda p: p.start),
        lr=each(lambda p: p.lr),
        weight_decay=each(lambda p: p.weight_decay),
        beta1=each(lambda p: p.betas[0]),
        beta2=each(lambda p: p.betas[1]),
        eps=each(lambda p: p.eps),
        curvature=each(lambda p: p.curvature),
        center=each(lambda p: p.center),
        forcing=np.concatenate([p.forcing for p in probes], axis=1).astype(dtype),
        lr_t=np.concatenate([np.outer(p.lr * p.schedule, np.ones_like(p.start)) for p in probes], axis=1).astype(dtype),
    )


def _corrections(c: _Coordinates, t: int) -> tuple[Array, Array]:
    """Return c1 and k^2 for each value of the axis, each (values, C), in the order of AXES."""
    one = np.ones_like(c.beta1)

    def at(step: int) -> tuple[Array, Array]:
        return 1 - c.beta1**step, 1 - c.beta2**step

    (c1, c2), (next1, next2), (last1, last2) = at(t), at(t + 1), at(max(t - 1, 1))
    by_value = {
        "both": (c1, c2),
        "none": (one, one),
        "first": (c1, one),
        "second": (one, c2),
        "without_root": (c1, c2 * c2),
        "accumulating": (c1, c2),
        "step+1": (next1, next2),
        "step-1": (last1, last2),
    }
    rows = [by_value[name] for name in AXES["bias_correction"]]
    return np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows])


class _Flags:
    """The axis values of V variants as columns (V, 1) of numbers and switches."""

    def __init__(self, variants: Sequence[Variant], dtype: DTypeLike) -> None:
        def has(axis: str, *values: str) -> NDArray[np.bool_]:
            return np.array([[v.axis(axis) in values] for v in variants])

        def index(axis: str) -> NDArray[np.intp]:
            known = list(AXES[axis])
            return np.array([0 if v.axis(axis) == ANY else known.index(v.axis(axis)) for v in variants])

        self.in_m = has("decay", "coupled", "first_moment").astype(dtype)
        self.in_v = has("decay", "coupled").astype(dtype)
        self.preconditioned = has("decay", "preconditioned").astype(dtype)
        self.sign = has("decay", "decoupled").astype(dtype) - has("decay", "wrong_sign").astype(dtype)
        self.new = has("decay_order", "new")
        self.accumulating = has("bias_correction", "accumulating")
        self.before, self.after = has("amsgrad", "before"), has("amsgrad", "after")
        self.inside, self.inside_hat = has("epsilon", "inside"), has("epsilon", "inside_hat")
        self.floor = has("epsilon", "floor")
        self.outside, self.eps_hat = has("epsilon", "outside"), has("epsilon", "eps_hat")
        self.scale, self.correction = index("decay_scale"), index("bias_correction")


def run(
    variants: Sequence[Variant],
    probes: Sequence[Probe],
    dtype: DTypeLike = np.float64,
) -> Runs:
    """Run V variants over the C coordinates of all probes; overflow of a wild variant is a result, not a warning."""
    with np.errstate(all="ignore"):
        return _run(_Flags(variants, dtype), _coordinates(probes, dtype), len(variants), dtype)


def _run(f: _Flags, c: _Coordinates, count: int, dtype: DTypeLike) -> Runs:
    shape = (count, len(c.start))
    w = np.array(np.broadcast_to(c.start, shape))
    m, v, v_max = np.zeros(shape, dtype), np.zeros(shape, dtype), np.zeros(shape, dtype)
    open_ = np.zeros(shape, dtype=bool)
    path, marks = [w], [open_]
    for t in range(1, STEPS + 1):
        lr = c.lr_t[t - 1]
        scales = np.stack([lr * c.weight_decay, c.weight_decay, lr * lr * c.weight_decay, lr / c.lr * c.weight_decay])
        s = scales[f.scale]
        pull = (scales / lr)[f.scale] * w
        g = c.curvature * (w - c.center) + c.forcing[t - 1]
        m = c.beta1 * m + (1 - c.beta1) * (g + f.in_m * pull)
        v = c.beta2 * v + (1 - c.beta2) * (g + f.in_v * pull) ** 2
        c1, k2 = (table[f.correction] for table in _corrections(c, t))
        m_hat, v_hat = m / c1, v / k2
        m, v = np.where(f.accumulating, m_hat, m), np.where(f.accumulating, v_hat, v)
        # Accumulated averages are stored corrected: what follows finds nothing left to correct.
        k2 = np.where(f.accumulating, 1, k2)
        v_max = np.maximum(v_max, np.where(f.after, v_hat, v))
        v_used = np.where(f.after, v_max, np.where(f.before, v_max / k2, v_hat))
        inside = np.where(f.inside, c.eps, np.where(f.inside_hat, c.eps / k2, 0))
        beside = np.where(f.outside, c.eps, np.where(f.eps_hat, c.eps / np.sqrt(k2), 0))
        divisor = np.maximum(np.sqrt(v_used + inside) + beside, np.where(f.floor, c.eps, 0))
        above = m_hat + f.preconditioned * pull
        open_ = open_ | (divisor == 0)
        u = np.where(divisor == 0, 0, above / divisor)
        kept = np.where(f.new, w - lr * u, w)
        w = np.where(f.new, kept - f.sign * s * kept, w - f.sign * s * w - lr * u)
        path.append(w)
        marks.append(open_)
    return Runs(np.stack(path), np.stack(marks))
