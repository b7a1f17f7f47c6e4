"""Metrics of a bowl: undershoot_fraction, bc_transient_peak and map_gap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.batches import batch
from tests.metrics.paths import chunks, ending_of, many, measured, one, paths, told
from tests.metrics.test_through_the_engine import values_of

NAN = math.nan
PLAIN = {"matrix": None, "rotation": None}

BY_HAND = [
    # path, minimiser, undershoot, peak
    ([5.0, 3.0, 0.0, 1.5], 1.0, 0.25, 1.0),
    ([-3.0, 3.0, 0.0, 1.5], 1.0, 0.5, 1.0),
    ([5.0, 3.0, 1.0, 2.0], 1.0, 0.0, 1.0),  # gets there, not beyond
    ([5.0, 9.0, 1.0], 1.0, 0.0, 2.0),  # further, on its own side
    ([5.0, -9.0, 9.0], 1.0, 2.5, 2.5),
    ([5.0, -1.0, 13.0], 1.0, 0.5, 3.0),
    ([5.0, 5.0], 1.0, 0.0, 1.0),
    ([1.0, 5.0], 1.0, NAN, NAN),
    ([5.0, 3.0], None, NAN, NAN),
    ([5.0, -3.0, NAN], 1.0, NAN, NAN),
    ([1e-300, -1e300], 0.0, NAN, NAN),  # no double holds it
    ([1.7e308, 1.0], -1.7e308, NAN, NAN),
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "minimizer", "undershoot", "peak"), BY_HAND)
def test_by_hand(path: list[float], minimizer: float | None, undershoot: float, peak: float, chunk: int | None) -> None:
    facts = {} if minimizer is None else {"minimizer": minimizer}
    assert one("undershoot_fraction", path, chunk=chunk, facts=facts) == pytest.approx(undershoot, abs=0, nan_ok=True)
    assert one("bc_transient_peak", path, chunk=chunk, facts=facts) == pytest.approx(peak, abs=0, nan_ok=True)


@many
@given(paths(), chunks, st.sampled_from([0.0, 1.0, -2.5]))
def test_against_the_definition(path: list[float], chunk: int | None, center: float) -> None:
    start = abs(path[0] - center)
    defined = start > 0 and not math.isnan(path[-1])
    peak = max((abs(w - center) for w in path), default=NAN) / start if defined else NAN
    side = math.copysign(1.0, center - path[0])
    beyond = max(0.0, *((w - center) * side for w in path)) / start if defined else NAN
    found = [one(name, path, chunk=chunk, facts={"minimizer": center}) for name in ("undershoot_fraction", "bc_transient_peak")]  # fmt: skip
    expected = [value if math.isfinite(value) else NAN for value in (beyond, peak)]
    assert found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


def test_coordinates_and_lanes_keep_apart() -> None:
    w = np.array([[[5.0, -3.0], [2.0, 0.0]], [[0.0, 2.0], [-4.0, 1.0]], [[9.0, 0.0], [0.0, 0.0]]])
    facts = told(start=w[0], minimizer=np.array([[1.0], [0.0]]))
    for chunk in (None, 1):
        found = measured("undershoot_fraction", facts, w[1:], chunk=chunk)
        np.testing.assert_array_equal(found, [[0.25, 0.25], [2.0, np.nan]])
        found = measured("bc_transient_peak", facts, w[1:], chunk=chunk)
        np.testing.assert_array_equal(found, [[2.0, 1.0], [2.0, np.nan]])


def test_momentum_undershoots_as_the_loop_says() -> None:
    # The frozen preconditioner of the catalogue is SGD whose momentum is an average: lr = (1 - beta1) kappa / h.
    beta1, steps = 0.9, 200
    for kappa, near in ((0.5, 0.01), (1.0, 0.01), (10.0, 0.12)):
        w, m, lowest = 1.0, 0.0, 0.0
        for _ in range(steps):
            m = beta1 * m + (1 - beta1) * w
            w -= kappa * m
            lowest = min(lowest, w)
        values = {"curvature": (2.0, 2.0), "center": 1.0, **PLAIN}
        b = batch("sgd", "quadratic", values, [[4.0], [-2.0]], lr=(1 - beta1) * kappa / 2.0, momentum=beta1)
        (found,) = values_of(b, steps, ("undershoot_fraction",), {"minimizer": np.ones((2, 1))})
        np.testing.assert_allclose(found, -lowest, rtol=1e-10)
        theta = math.acos((1 + beta1 - (1 - beta1) * kappa) / (2 * math.sqrt(beta1)))
        assert found[0, 0] == pytest.approx(math.exp(math.pi * math.log(math.sqrt(beta1)) / theta), rel=near)


@pytest.mark.parametrize(("kappa", "peak"), [(1.9, 1.0), (19.0, 2.25e4), (34.2, 6.6e11)])
def test_bias_correction_throws_a_weight_out_as_the_catalogue_says(kappa: float, peak: float) -> None:
    eps = 1e6 * max(peak, 1.0)
    values = {"curvature": (1.0,), "center": 3.0, **PLAIN}
    b = batch("adam", "quadratic", values, [[4.0]], lr=kappa * eps, eps=eps)
    (found,) = values_of(b, 1000, ("bc_transient_peak",), {"minimizer": np.array([[3.0]])})
    assert found.item() == pytest.approx(peak, rel=5e-3)


def gap(w: Any, gradient: Any, weight_decay: Any, **known: Any) -> Any:
    last = np.array(w, dtype=float).reshape(len(w), -1)
    lam = None if weight_decay is None else np.broadcast_to(weight_decay, last.shape)
    facts = told(start=np.ones_like(last), weight_decay=lam)
    slope = np.array(gradient, dtype=float).reshape(last.shape)
    return measured("map_gap", facts, last[None], ending_of(facts.start, last[None], gradient=slope, **known))


def test_map_gap_by_hand() -> None:
    assert gap([2.0, 10.0], [2.0, 3.0], 0.5).tolist() == [pytest.approx(math.hypot(3, 8), rel=1e-15)]
    assert gap([2.0, -4.0], [-1.0, 2.0], 0.5).tolist() == [0.0]
    assert gap([2.0, 10.0], [2.0, 3.0], [[0.0], [0.1]]).tolist() == [pytest.approx(math.hypot(2, 4), rel=1e-15)]
    assert gap([3e200, 0.0], [0.0, 8e200], 2.0).tolist() == [pytest.approx(1e201, rel=1e-15)]
    assert gap([[1.0, 1.0]], [[1.0, 1.0]], [[0.0, 1.0]]).tolist() == [pytest.approx(NAN, nan_ok=True), 2.0]
    for undefined in (
        gap([1.0], [1.0], None),
        gap([1.0], [1.0], 0.0),
        gap([math.inf], [1.0], 1.0),
        gap([1.0], [math.inf], 1.0),
        gap([1.0], [1.0], 1.0, status=("diverged",)),
    ):
        assert np.isnan(undefined).all()


def test_coupled_decay_ends_at_the_map_estimate_and_decoupled_decay_does_not() -> None:
    lam = 0.1
    values = {"curvature": (0.5, 1.0, 4.0), "center": 1.0, **PLAIN}
    clock = ("exponential", {"rate": 0.9995})  # so that nothing cycles in the end
    for kind, expected in (("adam_l2", 0.0), ("adamw", math.sqrt(3) * lam)):
        b = batch(kind, "quadratic", values, [[0.0]] * 3, clock, lr=0.05, weight_decay=lam, eps=1e-12)
        found, weight = values_of(b, 60_000, ("map_gap", "weight"))
        assert found.item() == pytest.approx(expected, abs=1e-9)
        # h a/(h + lam), or no shrinkage at all inside the box
        at = [h / (h + lam) if kind == "adam_l2" else 1.0 for h in (0.5, 1.0, 4.0)]
        np.testing.assert_allclose(weight[:, 0], at, rtol=1e-9)
