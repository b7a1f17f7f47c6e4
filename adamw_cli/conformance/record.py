"""A target run on a probe, checked at every step, and what is found out by running it again with something changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from adamw_cli.conformance.probes import STEPS, Probe
from adamw_cli.conformance.target import Target, TargetError, foreign

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Recording:
    """What a target did.

    Attributes
    ----------
    probes : those that could be run.
    paths : one per probe, (STEPS + 1, d) float64, the start first.
    ignored : hyperparameters that change nothing, of lr, weight_decay, beta1, beta2, eps and `changes of lr`.
    remarks : what the adapter noticed.
    fixed_lr : whether the probes that change lr were left out, because the target cannot.

    """

    probes: tuple[Probe, ...]
    paths: tuple[Array, ...]
    ignored: tuple[str, ...] = ()
    fixed_lr: bool = False
    remarks: tuple[str, ...] = ()


# Each hyperparameter changed so far that no step of Adam could stay the same, bit by bit, on every probe.
_CHANGES: dict[str, Callable[[Probe], Probe]] = {
    "lr": lambda p: replace(p, lr=p.lr / 2),
    "weight_decay": lambda p: replace(p, weight_decay=p.weight_decay / 2),
    "beta1": lambda p: replace(p, betas=(p.betas[0] / 2, p.betas[1])),
    "beta2": lambda p: replace(p, betas=(p.betas[0], p.betas[1] - 0.25)),
    "eps": lambda p: replace(p, eps=p.eps * 8),
}


def record(target: Target, probes: Sequence[Probe], dtype: DTypeLike) -> Recording:
    """Run every probe that the target can run, the first of them twice, and once more for each hyperparameter.

    Raises
    ------
    TargetError
        If foreign code fails, returns something else than weights, changes what it was given, or keeps state between runs.

    """
    runs = [(probe, run_one(target, probe, dtype)) for probe in probes]
    usable = [(probe, path) for probe, path in runs if path is not None]
    kept, paths = [probe for probe, _ in usable], [path for _, path in usable]
    base, first = kept[0], paths[0]
    again = run_one(target, base, dtype)
    if again is None or not np.array_equal(first, again, equal_nan=True):
        raise TargetError(
            f"probe '{base.name}' gave another trajectory when it was run again: state or randomness is shared between runs",
            "every call must start afresh; a global, a class attribute or a mutable default is the usual cause",
        )
    steady = [(probe, path) for probe, path in usable if not probe.changes_lr]
    ignored = [
        name
        for name, change in _CHANGES.items()
        if all(_same(target, change(probe), dtype, path) for probe, path in steady)
    ]
    for probe, path in usable:
        if probe.changes_lr and _same(target, replace(probe, schedule=np.ones(STEPS)), dtype, path):
            ignored.append("changes of lr")
    return Recording(tuple(kept), tuple(paths), tuple(ignored), len(usable) < len(probes), target.remarks)


def _same(target: Target, probe: Probe, dtype: DTypeLike, path: Array) -> bool:
    other = run_one(target, probe, dtype)
    return other is not None and np.array_equal(path, other, equal_nan=True)


def run_one(target: Target, probe: Probe, dtype: DTypeLike) -> Array | None:
    """Return (STEPS + 1, d) float64, or None if the probe changes lr and the target cannot."""
    start = probe.start.astype(dtype)
    given = start.copy()
    step, can_change = target.start(probe, given)
    if probe.changes_lr and not can_change:
        return None
    path = [probe.start]
    for t in range(1, STEPS + 1):
        g = probe.gradient(path[-1], t).astype(dtype)
        passed = g.copy()
        with foreign(f"probe '{probe.name}', step {t}"):
            returned = step(passed, probe.lr_at(t))
        if not np.array_equal(g, passed, equal_nan=True):
            raise TargetError(
                f"the target changed the gradient that it was given (probe '{probe.name}', step {t})",
                "work on a copy: the caller of an optimizer keeps its gradient",
            )
        path.append(_weights(returned, probe, t))
    if not np.array_equal(start, given, equal_nan=True):
        hint = "copy it first: w = w0.copy()"
        raise TargetError(f"the target changed the w0 that it was given (probe '{probe.name}')", hint)
    return np.stack(path)


def _weights(returned: Any, probe: Probe, step: int) -> Array:
    """Return what a step gave as (d,) float64."""
    place = f"(probe '{probe.name}', step {step})"
    if returned is None:
        raise TargetError(f"step returned None {place}", "step(g) must return the new weights")
    with foreign(f"its result was read, probe '{probe.name}', step {step}"):
        array = np.asarray(returned)
    if array.shape == () and array.dtype.kind == "O":  # a coroutine or a generator, say: its shape says nothing
        raise TargetError(f"step returned {type(returned).__name__} {place}", "step(g) must return the new weights")
    if array.shape != probe.start.shape:
        raise TargetError(f"the weights have shape {array.shape} instead of {probe.start.shape} {place}")
    # Extension types of half precision have no kind of their own.
    if array.dtype.kind != "f" and not array.dtype.name.startswith(("bfloat", "float")):
        hint = "they must be floating point, real and not objects"
        raise TargetError(f"the weights have type {array.dtype} {place}", hint)
    return array.astype(np.float64)
