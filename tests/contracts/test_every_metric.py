"""What holds for every metric; a new file in metrics/ needs nothing here."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamw_cli import registry
from adamw_cli.metrics._contract import Ending, Facts
from adamw_cli.spec import Metric
from adamw_cli.trace import Array
from tests.metrics.paths import batches, ending_of, few, measured

NAMES = registry.names("metrics")


@st.composite
def runs(draw: st.DrawFn) -> tuple[Array, Facts, Ending]:
    """Weights (1 + n, d, lanes), and all that a metric may know of them."""
    w = draw(batches())
    start = w[0]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    facts = Facts(
        start=start,
        weight_decay=rng.choice([0.0, 0.1, 1.0], size=start.shape) if draw(st.booleans()) else None,
        minimizer=rng.choice([0.0, 0.5, 1.0], size=(len(start), 1)) if draw(st.booleans()) else None,
        turn_step=draw(st.integers(0, len(w))),
        turn_direction=rng.choice([-1.0, 0.0, 1.0], size=start.shape) if draw(st.booleans()) else None,
    )
    ending = ending_of(start, w[1:], loss=rng.normal(size=start.shape[1]), gradient=rng.normal(size=start.shape))
    return w, facts, ending


def lane_of(facts: Facts, ending: Ending, lane: int) -> tuple[Facts, Ending]:
    def cut(values: Array | None) -> Array | None:
        return None if values is None else values[:, lane : lane + 1]

    start, gradient, last = cut(facts.start), cut(ending.gradient), cut(ending.w)
    assert start is not None
    assert gradient is not None
    assert last is not None
    alone = Facts(start, cut(facts.weight_decay), facts.minimizer, facts.turn_step, cut(facts.turn_direction))
    return alone, Ending(last, ending.status[lane : lane + 1], ending.loss[lane : lane + 1], gradient)


@pytest.mark.parametrize("name", NAMES)
def test_the_file_says_what_it_measures(name: str) -> None:
    module = registry.load("metrics", name)
    spec = module.SPEC
    assert isinstance(spec, Metric)
    assert (module.__doc__ or "").strip()
    assert "\n" not in (module.__doc__ or "").strip().split("\n\n")[0], "the first paragraph is shown as one line"
    assert spec.unit in ("steps", "loss", "weight", "loss/weight", "1", "text")
    assert spec.undefined.strip()
    assert not spec.undefined.endswith(".")
    assert callable(module.Measure.observe)
    assert callable(module.Measure.result)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_those_that_the_class_takes_with_the_same_defaults(name: str) -> None:
    module = registry.load("metrics", name)
    facts, *taken = inspect.signature(module.Measure).parameters.values()
    assert facts.name == "facts"
    assert [(p.name, p.default) for p in taken] == [(p.name, p.default) for p in module.SPEC.parameters]
    assert all(p.doc for p in module.SPEC.parameters)


@pytest.mark.parametrize("name", NAMES)
@few
@given(run=runs())
def test_results_have_the_declared_shape_and_are_numbers_or_nan(name: str, run: tuple[Array, Facts, Ending]) -> None:
    w, facts, ending = run
    spec = registry.load("metrics", name).SPEC
    result = measured(name, facts, w[1:], ending)
    assert result.shape == (w.shape[1:] if spec.per_coordinate else w.shape[2:])
    if spec.text:
        assert all(str(word).isalpha() for word in result)
    else:
        assert result.dtype == np.float64
        assert not np.isinf(result).any()
        assert not np.signbit(result[result == 0]).any()


@pytest.mark.parametrize("name", NAMES)
@few
@given(run=runs(), chunk=st.sampled_from([1, 7]))
def test_results_do_not_depend_on_chunks(name: str, run: tuple[Array, Facts, Ending], chunk: int) -> None:
    w, facts, ending = run
    np.testing.assert_array_equal(
        measured(name, facts, w[1:], ending, chunk=chunk), measured(name, facts, w[1:], ending)
    )


@pytest.mark.parametrize("name", NAMES)
@few
@given(run=runs())
def test_a_lane_alone_has_the_value_that_it_has_beside_others(name: str, run: tuple[Array, Facts, Ending]) -> None:
    w, facts, ending = run
    together = measured(name, facts, w[1:], ending)
    for lane in range(w.shape[2]):
        alone = measured(name, *_alone(w, facts, ending, lane))
        np.testing.assert_array_equal(alone[..., 0], together[..., lane])


def _alone(w: Array, facts: Facts, ending: Ending, lane: int) -> tuple[Facts, Array, Ending]:
    lone_facts, lone_ending = lane_of(facts, ending, lane)
    return lone_facts, w[1:, :, lane : lane + 1], lone_ending


@pytest.mark.parametrize("name", NAMES)
def test_long_runs_in_long_chunks_in_any_layout(name: str) -> None:
    rng = np.random.default_rng(1)
    t = np.arange(3001)[:, None, None]
    scale, rate = rng.normal(size=(2, 3)), rng.uniform(1e-3, 1e-2, size=(2, 1))
    w = scale * np.exp(-rate * t) * np.cos(t * rng.uniform(0, 0.1, size=(2, 3)))
    w[2000:, :, 2] = np.nan
    planes = np.stack([w, w * 0 + 7.0], axis=1)  # with states recorded, weights are a part of each row
    for facts in (
        Facts(w[0], np.ones((2, 3)), np.zeros((2, 1))),
        Facts(w[0], turn_step=1100, turn_direction=np.sign(scale)),
    ):
        results: list[Any] = []
        for chunk in (3000, 1024, 1000, 7):
            for rows in (w[1:], planes[1:, 0]):
                measure = registry.load("metrics", name).Measure(facts)
                for first in range(0, 3000, chunk):
                    measure.observe(first, rows[first : first + chunk])
                results.append(measure.result(ending_of(w[0], w[1:])))
        for result in results[1:]:
            np.testing.assert_array_equal(result, results[0])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_it_is_given_is_changed(name: str) -> None:
    w = np.random.default_rng(2).normal(size=(50, 2, 2))
    start, decay, push = w[0].copy(), np.ones((2, 2)), np.ones((2, 2))
    facts = Facts(start, decay, np.zeros((2, 1)), 10, push)
    for array in (w, start, decay, push):
        array.setflags(write=False)
    measure = registry.load("metrics", name).Measure(facts)
    measure.observe(0, w[1:])
    result = measure.result(ending_of(start, w[1:]))
    again = measure.result(ending_of(start, w[1:]))
    np.testing.assert_array_equal(result, again)
