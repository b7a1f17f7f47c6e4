"""What a metric is given, and what its file has.

A metric file has `SPEC = spec.Metric(...)`, whose docstring-level facts `adamw list metrics` shows, and a class

    class Measure:
        def __init__(self, facts: Facts, **parameters): ...
        def observe(self, first: int, w: Array) -> None: ...   # every step, a chunk at a time; trace.Observer
        def result(self, ending: Ending) -> Array: ...         # (d, lanes) or (lanes,); nan where undefined

A metric that needs the last step alone derives from `AtTheEnd`. From the step on at which a lane has diverged its
weights are nan, so comparisons are false there and np.fmax ignores it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adamw_cli.trace import Array


@dataclass(frozen=True)
class Facts:
    """What is known before the first step.

    Attributes
    ----------
    start : (d, lanes) weights at step 0.
    weight_decay : (d, lanes), or None for a rule without decay.
    minimizer : (d, 1) unconstrained minimiser of the landscape, or None.
    turn_step : the last step before the gradient changes, or None.
    turn_direction : (d, lanes) sign of the direction in which the gradient pushes up to then, or None.

    """

    start: Array
    weight_decay: Array | None = None
    minimizer: Array | None = None
    turn_step: int | None = None
    turn_direction: Array | None = None


@dataclass(frozen=True)
class Ending:
    """What is known after the last step.

    Attributes
    ----------
    w : (d, lanes) weights; not finite where a lane diverged.
    status : (lanes,) `finished` or `diverged`.
    loss : (lanes,) of the landscape as the last step saw it.
    gradient : (d, lanes) at w, of the landscape as the last step saw it.

    """

    w: Array
    status: tuple[str, ...]
    loss: Array
    gradient: Array


class AtTheEnd:
    """Base of metrics that need nothing between the first step and the last."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def observe(self, first: int, w: Array) -> None:
        """Every step but the last is of no interest."""


def finite(values: Array) -> Array:
    """Return nan in place of anything that is not finite."""
    result: Array = np.where(np.isfinite(values), values, np.nan)
    return result


def norm(w: Array) -> Array:
    """Euclidean norm over coordinates without overflow or underflow of the squares; (d, lanes) -> (lanes,)."""
    largest = np.abs(w).max(axis=0)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    result: Array = scale * np.sqrt(((w / scale) ** 2).sum(axis=0))
    return result


def level_of(facts: Facts, given: float | tuple[float, ...] | None) -> Array:
    """Level for `overshoot` and `settling_step`: as given, else the minimiser, else 0; (d, 1)."""
    if given is not None:
        return np.broadcast_to(np.asarray(given, dtype=float).reshape(-1, 1), (facts.start.shape[0], 1))
    return np.zeros((facts.start.shape[0], 1)) if facts.minimizer is None else facts.minimizer


Steps = npt.NDArray[np.int64]
