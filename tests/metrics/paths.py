"""Paths of weights for the tests of metrics: shown to a metric in chunks, written by hand, or generated."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from adamw_cli import registry
from adamw_cli.metrics._contract import Ending, Facts
from adamw_cli.metrics._watch import Watcher
from adamw_cli.trace import DIVERGED, FINISHED, Array


def told(start: Array, **known: Any) -> Facts:
    """What a metric is told before the first step; where it is all the same, a learning rate of 1 and a single step."""
    return Facts(start, **{"lr": np.ones(start.shape), "steps": 1, **known})


def ending_of(start: Array, w: Array, **known: Any) -> Ending:
    """What is known after the last step of w : (n, d, lanes); a lane has diverged if its last weights are nan."""
    last = w[-1] if len(w) else start
    known.setdefault(
        "status", tuple(DIVERGED if np.isnan(last[:, k]).any() else FINISHED for k in range(last.shape[1]))
    )
    known.setdefault("loss", np.zeros(last.shape[1]))
    known.setdefault("gradient", np.zeros(last.shape))
    return Ending(w=last, **known)


@np.errstate(all="ignore")
def measured(
    name: str, facts: Facts, w: Array, ending: Ending | None = None, chunk: int | None = None, **parameters: Any
) -> Any:
    """Result of a metric that is shown w : (n, d, lanes) in chunks of so many steps."""
    measure = registry.load("metrics", name).Measure(facts, **parameters)
    watcher = Watcher(facts, [measure])
    size = chunk or max(len(w), 1)
    for first in range(0, len(w), size):
        watcher.observe(first, w[first : first + size].copy())
    return measure.result(ending or ending_of(facts.start, w))


def one(name: str, path: list[float], *, chunk: int | None = None, facts: dict[str, Any] | None = None, **parameters: Any) -> float:  # fmt: skip
    """Result for a single weight; path[0] is the start. Facts may be given as plain numbers."""
    w = np.array(path, dtype=float)[:, None, None]
    arrays: dict[str, Any] = {
        k: v if k == "turn_step" else np.array([[v]], dtype=float) for k, v in (facts or {}).items()
    }
    return float(measured(name, told(start=w[0], **arrays), w[1:], chunk=chunk, **parameters).item())


# Examples are small, but a busy machine may take long over one.
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(few, max_examples=200)

# Numbers among which ties, exact halves and zeros are common, and any others.
_ROUND = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 0.25, 0.05, -0.05, 2.0, 1e-300, 1e300, -1e300, 5e-324])
weights = _ROUND | st.floats(-4, 4) | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def paths(draw: st.DrawFn, max_steps: int = 40) -> list[float]:
    """The start and what follows; half of them diverge: nan from a step on."""
    path = draw(st.lists(weights, min_size=2, max_size=max_steps))
    diverged = draw(st.integers(1, 2 * len(path)))
    return [w if t < diverged else float("nan") for t, w in enumerate(path)]


@st.composite
def batches(draw: st.DrawFn) -> Array:
    """(1 + n, d, lanes) weights from step 0 on; some lanes diverge."""
    n, d, lanes = draw(st.integers(1, 30)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    count = (1 + n) * d * lanes
    w = np.array(draw(st.lists(weights, min_size=count, max_size=count))).reshape(1 + n, d, lanes)
    for lane in range(lanes):
        w[draw(st.integers(1, 2 * n + 2)) :, :, lane] = np.nan
    return w


chunks = st.sampled_from([None, 1, 2, 3, 7])
