"""What is left out of a long curve does not show."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.report.plot_scale import thinned


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30_000), st.floats(0, 0.9))
def test_a_long_curve_keeps_its_extremes_its_ends_and_its_gaps(seed: int, length: int, missing: float) -> None:
    random = np.random.default_rng(seed)
    y = random.standard_normal(length).cumsum()
    first, last = sorted(random.integers(0, length + 1, 2))
    gap = (first, min(last, first + int(missing * length)))
    y[slice(*gap)] = np.nan
    steps = np.arange(length) * 3
    x, kept = thinned(steps.tolist(), [None if np.isnan(v) else float(v) for v in y])
    assert len(x) == len(kept) <= 4000
    assert (np.diff(x) > 0).all()
    assert np.array_equal(kept, y[(x / 3).astype(int)], equal_nan=True)
    if length:
        assert (x[0], x[-1]) == (steps[0], steps[-1])
    if not np.isnan(y).all():
        assert np.nanmax(kept) == np.nanmax(y)
        assert np.nanmin(kept) == np.nanmin(y)
    if gap[1] - gap[0] > length / 1000 * 2 + 2:  # longer than a group, so that one group at least has nothing else
        assert np.isnan(kept).any()


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, 1.7e308, -1.1e300])
def test_what_cannot_be_drawn_is_a_gap(value: float | None) -> None:
    x, y = thinned([0, 1, 2], [1.0, value, 1e300])
    assert x.tolist() == [0.0, 1.0, 2.0]
    assert y[[0, 2]].tolist() == [1.0, 1e300]
    assert np.isnan(y[1])
