"""Every variant on every probe: variants are the engine's lanes, the coordinates of all probes lie side by side.

`run` goes through the engine, in float64. `rounded` is the same update in NumPy with numbers of float32, each operation
rounded, as an implementation in float32 rounds: what differs between the two is what its rounding explains.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from adamw_cli.conformance import recurrence
from adamw_cli.conformance.probes import STEPS, Probe
from adamw_cli.conformance.variants import ANY, AXES, Variant
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import run as run_batch
from adamw_cli.schedules import constant
from adamw_cli.trace import Array
from adamw_cli.vocabulary import LR, Form, Parameter, Rule

Floats = NDArray[np.floating]
_INDICES = ("probe", "scale", "correction")
# The text that the engine compiles, on arrays.
_update_arrays = FunctionType(recurrence.update.__code__, {**vars(recurrence), "chosen": np.where})


@dataclass(frozen=True)
class Runs:
    """What V variants did on the C coordinates of all probes.

    Attributes
    ----------
    w : (STEPS + 1, V, C) weights, the start first.
    unbounded : (STEPS + 1, V, C) bool; a division by 0 has happened at or before the step.

    """

    w: Floats
    unbounded: NDArray[np.bool_]


def run(variants: Sequence[Variant], probes: Sequence[Probe]) -> Runs:
    """Run variants in float64, as blocks of the engine.

    A variant that overflows on one probe is nan on all of them from that step on: it has diverged.
    """
    columns = _columns(variants, probes)
    tables = _Tables(probes, np.float64)
    rule = Rule(
        parameters=(LR, *(Parameter(name, 0.0, "") for name in columns if name != "lr")),
        state=recurrence.STATE,
        coefficients=recurrence.COEFFICIENTS,
        coefficient_inputs=_INDICES,
        coefficient_values=tables.coefficients,
    )
    forces = [_each(probes, lambda p: p.curvature), _each(probes, lambda p: p.center), _forcing(probes).ravel()]
    form = Form("probes", recurrence.gradient, separable=False, shared=np.concatenate(forces).tolist())
    batch = Batch(
        optimizer=SimpleNamespace(SPEC=rule, update=recurrence.update),
        landscape=SimpleNamespace(lower=lambda dimension, values: form),
        landscape_values={},
        start=_starts(variants, probes),
        scalars=columns,
        switches={},
        schedules=[(constant, {"warmup_steps": 0.0})] * len(variants),
    )
    trace = run_batch(batch, STEPS, every=1, states=True, chunk=STEPS)
    return _runs(trace.w, trace.states["unbounded"])


def rounded(variants: Sequence[Variant], probes: Sequence[Probe]) -> Runs:
    """Run variants with every operation in float32; overflow of a wild variant is a result, not a warning."""
    dtype = np.float32
    columns = {name: column.astype(dtype) for name, column in _columns(variants, probes).items()}
    indices = [columns[name].astype(np.intp) for name in _INDICES]
    tables = _Tables(probes, dtype)
    curvature = _each(probes, lambda p: p.curvature).astype(dtype)[:, None]
    center = _each(probes, lambda p: p.center).astype(dtype)[:, None]
    forcing = _forcing(probes).astype(dtype)
    w: Floats = _starts(variants, probes).astype(dtype)
    states: list[Floats] = [np.zeros_like(w) for _ in recurrence.STATE]
    path, unbounded = [w], [states[-1]]
    with np.errstate(all="ignore"):
        for t in range(1, STEPS + 1):
            g = curvature * (w - center) + forcing[t - 1, :, None]
            coefficients = tables.coefficients(np.array(t), *indices)
            w, *states = _update_arrays(w, g, *states, *columns.values(), *coefficients)
            path.append(w)
            unbounded.append(states[-1])
    return _runs(np.stack(path), np.stack(unbounded))


def _runs(w: Floats, unbounded: Floats) -> Runs:
    return Runs(np.ascontiguousarray(w.transpose(0, 2, 1)), (unbounded > 0).transpose(0, 2, 1))


class _Tables:
    """What depends on the step and not on weights: (probes, STEPS), or (probes, values of the axis, STEPS)."""

    def __init__(self, probes: Sequence[Probe], dtype: DTypeLike) -> None:
        def each(value: Callable[[Probe], Any]) -> Floats:
            return np.array([value(p) for p in probes], dtype=dtype).reshape(len(probes), -1)

        lr, weight_decay = each(lambda p: p.lr), each(lambda p: p.weight_decay)
        self.lr_t = lr_t = each(lambda p: p.lr * p.schedule)
        scales = [lr_t * weight_decay, weight_decay + 0 * lr_t, lr_t * lr_t * weight_decay, lr_t / lr * weight_decay]
        self.decay = np.stack(scales, axis=1)
        t = np.arange(1, STEPS + 1)

        def sums(step: NDArray[np.intp]) -> tuple[Floats, Floats]:
            return 1 - each(lambda p: p.betas[0]) ** step, 1 - each(lambda p: p.betas[1]) ** step

        (c1, k2), (next1, next2), (last1, last2) = sums(t), sums(t + 1), sums(np.maximum(t - 1, 1))
        one = np.ones_like(c1)
        by_value = {
            "both": (c1, k2),
            "none": (one, one),
            "first": (c1, one),
            "second": (one, k2),
            "without_root": (c1, k2 * k2),
            "accumulating": (c1, k2),
            "step+1": (next1, next2),
            "step-1": (last1, last2),
        }
        self.c1, self.k2 = (
            np.stack([by_value[name][j] for name in AXES["bias_correction"]], axis=1).astype(dtype) for j in (0, 1)
        )

    def coefficients(self, t: Any, probe: Any, scale: Any, correction: Any) -> tuple[Floats, ...]:
        """Return lr_t, s_t, c1 and k^2 at steps t, for indices that are whole numbers; all of shapes that broadcast."""
        step, p, s, c = (np.asarray(values).astype(np.intp) for values in (t, probe, scale, correction))
        step = step - 1
        return self.lr_t[p, step], self.decay[p, s, step], self.c1[p, c, step], self.k2[p, c, step]


def _each(probes: Sequence[Probe], value: Callable[[Probe], Any]) -> Array:
    """A number per coordinate of all probes, (C,)."""
    return np.concatenate([np.broadcast_to(np.asarray(value(p), dtype=np.float64), p.start.shape) for p in probes])


def _forcing(probes: Sequence[Probe]) -> Array:
    return np.concatenate([np.asarray(p.forcing, dtype=np.float64) for p in probes], axis=1)


def _starts(variants: Sequence[Variant], probes: Sequence[Probe]) -> Array:
    return np.repeat(_each(probes, lambda p: p.start)[:, None], len(variants), axis=1)


def _columns(variants: Sequence[Variant], probes: Sequence[Probe]) -> Mapping[str, Array]:
    """The hyperparameters of `recurrence.update` in its order, each (C, V)."""

    def by_variant(value: Callable[[Variant], float]) -> Array:
        return np.array([[value(v) for v in variants]], dtype=np.float64)

    def has(axis: str, *values: str) -> Array:
        return by_variant(lambda v: float(v.axis(axis) in values))

    def index(axis: str) -> Array:
        known = list(AXES[axis])
        return by_variant(lambda v: 0.0 if v.axis(axis) == ANY else float(known.index(v.axis(axis))))

    eps = _each(probes, lambda p: p.eps)[:, None]
    places = np.repeat(np.arange(len(probes)), [len(p.start) for p in probes])
    columns = {
        "lr": _each(probes, lambda p: p.lr)[:, None],
        "beta1": _each(probes, lambda p: p.betas[0])[:, None],
        "beta2": _each(probes, lambda p: p.betas[1])[:, None],
        **{name: has("epsilon", value) * eps for value, name in recurrence.EPSILON.items()},
        **{name: has(*values) for name, values in recurrence.SWITCHES.items()},
        "probe": places[:, None].astype(np.float64),
        "scale": index("decay_scale"),
        "correction": index("bias_correction"),
    }
    shape = (len(places), len(variants))
    return {name: np.broadcast_to(column, shape) for name, column in columns.items()}
