"""Metrics of the last step: box_saturation, direction_cosine, final_loss, gradient_norm, status, total_shrink, weight_norm."""

from __future__ import annotations

import math
import sys
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adamw_cli import registry
from adamw_cli.metrics._contract import AtTheEnd
from adamw_cli.trace import Array
from tests.metrics.paths import ending_of, many, measured, told

NAN = math.nan
NAMES = [n for n in registry.names("metrics") if issubclass(registry.load("metrics", n).Measure, AtTheEnd)]


def at_end(name: str, start: Any, last: Any, weight_decay: Any = None, **known: Any) -> Any:
    """Result for one lane (start : (d,)) or for several (start : (d, lanes))."""
    start, last = (np.asarray(v, dtype=float).reshape(len(v), -1) for v in (start, last))
    if weight_decay is not None:
        weight_decay = np.broadcast_to(np.asarray(weight_decay, dtype=float).reshape(len(start), -1), start.shape)
    found = measured(
        name, told(start=start, weight_decay=weight_decay), last[None], ending_of(start, last[None], **known)
    )
    return found if found.size > 1 else found.item()


def exact(w: list[float]) -> list[Decimal]:
    return [Decimal(x) for x in w]


def exact_norm(w: list[float]) -> float:
    with localcontext() as context:
        context.prec = 60
        norm = float(sum((x * x for x in exact(w)), Decimal(0)).sqrt())
    return NAN if math.isinf(norm) else norm


def exact_cosine(a: list[float], b: list[float]) -> float:
    if not any(a) or not any(b):
        return NAN
    with localcontext() as context:
        context.prec = 60
        dot = sum(x * y for x, y in zip(exact(a), exact(b), strict=True))
        return float(
            dot / (sum((x * x for x in exact(a)), Decimal(0)) * sum((y * y for y in exact(b)), Decimal(0))).sqrt()
        )


NORMS = [
    ([3.0, -4.0], 5.0),
    ([0.0, 0.0], 0.0),
    ([-2.5], 2.5),
    ([3e200, 4e200], 5e200),  # the squares overflow
    ([3e-200, 4e-200], 5e-200),  # the squares underflow
    ([1e200, 1.0], 1e200),
    ([1.7e308, 1.7e308], NAN),  # no double holds the norm
    ([math.inf, 1e200], NAN),
    ([NAN, 1e200], NAN),
]


@pytest.mark.parametrize(("w", "expected"), NORMS)
def test_norms_by_hand(w: list[float], expected: float) -> None:
    ones = [1.0] * len(w)
    assert at_end("weight_norm", ones, w) == pytest.approx(expected, rel=1e-15, nan_ok=True)
    assert at_end("gradient_norm", ones, ones, gradient=np.array([w]).T) == pytest.approx(
        expected, rel=1e-15, nan_ok=True
    )


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.floats(-3, 3) | st.sampled_from([0.0, 1e300, -1e-300])
vectors = st.integers(1, 12).flatmap(lambda d: st.tuples(*[st.lists(numbers, min_size=d, max_size=d)] * 2))


@many
@given(vectors)
@example(([1e300, 1e300], [1e-300, 1e-300]))
@example(([5e-324, 5e-324], [1.0, 1.0]))
def test_norm_and_cosine_against_exact_arithmetic(pair: tuple[list[float], list[float]]) -> None:
    start, last = pair
    norm, exact = at_end("weight_norm", start, last), exact_norm(last)
    if not (math.isnan(exact) and norm > (1 - 1e-14) * sys.float_info.max):  # rounding decides between overflow and not
        assert norm == pytest.approx(exact, rel=1e-14, abs=5e-324, nan_ok=True)
    cosine = at_end("direction_cosine", start, last)
    assert cosine == pytest.approx(exact_cosine(last, start), rel=1e-14, abs=1e-14, nan_ok=True)
    assert math.isnan(cosine) or -1 <= cosine <= 1


COSINES = [
    ([1.0, 0.0], [0.0, 3.0], 0.0),
    ([-1.0, 0.0], [0.0, -3.0], 0.0),
    ([1.0, 1.0], [0.0, 3.0], math.sqrt(0.5)),
    ([2.0], [-3.0], -1.0),
    ([3e300, 4e300], [4e-300, 3e-300], 0.96),
    ([1e308, 1e308, 1e308, 1e308], [1e308, 1e308, 1e308, 1e308], 1.0),
    ([0.0, 0.0], [1.0, 2.0], NAN),
    ([1.0, 2.0], [0.0, -0.0], NAN),
    ([1.0, 2.0], [math.inf, 1.0], NAN),
]


@pytest.mark.parametrize(("start", "last", "expected"), COSINES)
def test_cosine_by_hand(start: list[float], last: list[float], expected: float) -> None:
    found = at_end("direction_cosine", start, last)
    assert found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)
    assert expected != 0 or math.copysign(1, found) == 1.0


def test_norm_and_cosine_of_a_lane_do_not_depend_on_the_lanes_beside_it() -> None:
    rng = np.random.default_rng(0)
    start, last = rng.normal(size=(2, 40, 5))
    for name in ("weight_norm", "direction_cosine"):
        assert at_end(name, start, last).tolist() == [at_end(name, start[:, k], last[:, k]) for k in range(5)]


BOXES = [
    # weight decay, last weights, saturation
    ([0.5, 0.1], [1.0, -9.0], 0.9),
    ([0.5, 0.1], [-2.0, 9.0], 1.0),  # at the wall
    (0.25, [-6.0, 1.0], 1.5),  # beyond it
    ([0.0, 0.1], [100.0, 1.0], 0.1),  # no wall in the first coordinate
    (0.1, [0.0, 0.0], 0.0),
    (0.0, [1.0, 1.0], NAN),
    (None, [1.0, 1.0], NAN),
    ([0.0, 0.1], [math.inf, 1.0], NAN),
    (0.1, [NAN, 1.0], NAN),
    (100.0, [1.7e308, 1.0], NAN),
]


@pytest.mark.parametrize(("weight_decay", "w", "expected"), BOXES)
def test_box_saturation_by_hand(weight_decay: Any, w: list[float], expected: float) -> None:
    weight_decay = np.broadcast_to(weight_decay, 2) if weight_decay is not None else None
    found = at_end("box_saturation", [1.0, 1.0], w, weight_decay=weight_decay)
    assert found == pytest.approx(expected, rel=1e-15, nan_ok=True)


def test_box_saturation_knows_which_lanes_decay() -> None:
    last = np.array([[1.0, 1.0], [-3.0, -3.0]])
    found = at_end("box_saturation", last, last, weight_decay=np.array([[0.5, 0.0], [0.1, 0.0]]))
    np.testing.assert_array_equal(found, [0.5, np.nan])


SHRINKS = [
    (4.0, 1.0, 0.25),
    (4.0, -1.0, -0.25),
    (-4.0, 0.0, 0.0),
    (1e-300, 1e-305, 1e-5),
    (0.0, 1.0, NAN),
    (0.0, 0.0, NAN),
    (1.0, math.inf, NAN),
    (1e-300, 1e300, NAN),
]


@pytest.mark.parametrize(("start", "last", "expected"), SHRINKS)
def test_total_shrink_by_hand(start: float, last: float, expected: float) -> None:
    found = at_end("total_shrink", [start], [last])
    assert found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)
    assert expected != 0 or math.copysign(1, found) == 1.0


def test_final_loss_and_status_are_what_the_run_ended_with() -> None:
    start = np.ones((2, 3))
    known = {"status": ("finished", "diverged", "finished"), "loss": np.array([0.5, 3.0, -7.0])}
    np.testing.assert_array_equal(at_end("final_loss", start, start, **known), [0.5, np.nan, -7.0])
    assert at_end("status", start, start, **known).tolist() == ["finished", "diverged", "finished"]


@pytest.mark.parametrize("name", NAMES)
def test_a_diverged_lane_has_no_value_though_its_other_numbers_are_finite(name: str) -> None:
    start = np.array([[1.0, 1.0], [2.0, 2.0]])
    last: Array = np.array([[0.5, 0.5], [math.inf, 1.0]])
    spec = registry.load("metrics", name).SPEC
    for w in (last, start):
        known: dict[str, Any] = {"status": ("diverged", "finished"), "gradient": np.ones((2, 2)), "loss": np.ones(2)}
        found = at_end(name, start, w, weight_decay=np.ones(2), **known)
        if spec.text:
            assert found.tolist() == ["diverged", "finished"]
        else:
            assert np.isnan(found[..., 0]).all()
            assert np.isfinite(found[..., 1]).all()
