"""What holds for every metric; a new file in metrics/ needs nothing here."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamw_cli import registry
from adamw_cli.metrics._contract import Ending, Facts
from adamw_cli.metrics._watch import Watcher, lane_of_ending, lane_of_facts
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Metric
from tests.metrics.paths import batches, ending_of, few, measured, told

NAMES = registry.names("metrics")


def plain(name: str) -> dict[str, Any]:
    """What a metric must be given beside facts: the parameters without a default."""
    return {p.name: "other" for p in registry.load("metrics", name).SPEC.parameters if p.required}


@st.composite
def runs(draw: st.DrawFn) -> tuple[Array, Facts, Ending]:
    """Weights (1 + n, d, lanes), and all that a metric may know of them; twice the lanes if each has a twin."""
    w = draw(batches())
    start = w[0]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    other = w[:, :, ::-1] * 0.5 + 0.25 if draw(st.booleans()) else None
    slope = rng.uniform(0.1, 1.0, size=start.shape[1])
    facts = told(
        start=start,
        weight_decay=rng.choice([0.0, 0.1, 1.0], size=start.shape) if draw(st.booleans()) else None,
        minimizer=rng.choice([0.0, 0.5, 1.0], size=(len(start), 1)) if draw(st.booleans()) else None,
        turn_step=draw(st.integers(0, len(w))),
        turn_direction=rng.choice([-1.0, 0.0, 1.0], size=start.shape) if draw(st.booleans()) else None,
        lr=rng.choice([0.01, 1.0], size=start.shape),
        factors=(lambda first, n: slope / np.arange(first + 1.0, first + n + 1.0)[:, None])
        if draw(st.booleans())
        else None,
        decoupled=draw(st.booleans()),
        shrinks=draw(st.sampled_from(["before", "after", "proximal"])),
        steps=len(w) - 1,
        other_start=None if other is None else other[0],
    )
    ending = ending_of(start, w[1:], loss=rng.normal(size=start.shape[1]), gradient=rng.normal(size=start.shape))
    return w if other is None else np.concatenate([w, other], axis=2), facts, ending


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
    declared = [(p.name, inspect.Parameter.empty if p.required else p.default) for p in module.SPEC.parameters]
    assert [(p.name, p.default) for p in taken] == declared
    assert all(p.doc for p in module.SPEC.parameters)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@few
@given(run=runs())
def test_results_have_the_declared_shape_and_are_numbers_or_nan(name: str, run: tuple[Array, Facts, Ending]) -> None:
    w, facts, ending = run
    spec = registry.load("metrics", name).SPEC
    result = measured(name, facts, w[1:], ending, **plain(name))
    assert result.shape == (facts.start.shape if spec.per_coordinate else facts.start.shape[1:])
    if spec.text:
        assert all(re.fullmatch(r"[a-z-]+", str(word)) for word in result)
    else:
        assert result.dtype == np.float64
        assert not np.isinf(result).any()
        assert not np.signbit(result[result == 0]).any()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@few
@given(run=runs(), chunk=st.sampled_from([1, 7]))
def test_results_do_not_depend_on_chunks(name: str, run: tuple[Array, Facts, Ending], chunk: int) -> None:
    w, facts, ending = run
    np.testing.assert_array_equal(
        measured(name, facts, w[1:], ending, chunk=chunk, **plain(name)),
        measured(name, facts, w[1:], ending, **plain(name)),
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@few
@given(run=runs())
def test_a_lane_alone_has_the_value_that_it_has_beside_others(name: str, run: tuple[Array, Facts, Ending]) -> None:
    w, facts, ending = run
    together = measured(name, facts, w[1:], ending, **plain(name))
    lanes = facts.start.shape[1]
    for lane in range(lanes):
        pair = w[1:, :, lane::lanes]
        alone = measured(name, lane_of_facts(facts, lane), pair, lane_of_ending(ending, lane), **plain(name))
        np.testing.assert_array_equal(alone[..., 0], together[..., lane])


@pytest.mark.parametrize("name", NAMES)
@np.errstate(all="ignore")
def test_long_runs_in_long_chunks_in_any_layout(name: str) -> None:
    rng = np.random.default_rng(1)
    t = np.arange(3001)[:, None, None]
    scale, rate = rng.normal(size=(2, 3)), rng.uniform(1e-3, 1e-2, size=(2, 1))
    w = scale * np.exp(-rate * t) * np.cos(t * rng.uniform(0, 0.1, size=(2, 3)))
    w[2000:, :, 2] = np.nan
    for facts in (
        told(w[0], weight_decay=np.ones((2, 3)), minimizer=np.zeros((2, 1)), lr=np.full((2, 3), 1e-3), decoupled=True),
        told(w[0], turn_step=1100, turn_direction=np.sign(scale), other_start=2.0 * w[0]),
    ):
        steps = w if facts.other_start is None else np.concatenate([w, 2.0 * w**2], axis=2)
        planes = np.stack([steps, steps * 0 + 7.0], axis=1)  # with states recorded, weights are a part of each row
        results: list[Any] = []
        for chunk in (3000, 1024, 1000, 7):
            for rows in (steps[1:], planes[1:, 0]):
                measure = registry.load("metrics", name).Measure(facts, **plain(name))
                watcher = Watcher(facts, [measure])
                for first in range(0, 3000, chunk):
                    watcher.observe(first, rows[first : first + chunk])
                results.append(measure.result(ending_of(w[0], w[1:])))
        for result in results[1:]:
            np.testing.assert_array_equal(result, results[0])


@pytest.mark.parametrize("name", NAMES)
@np.errstate(all="ignore")
def test_nothing_that_it_is_given_is_changed(name: str) -> None:
    w = np.random.default_rng(2).normal(size=(50, 2, 2))
    start, decay, push = w[0].copy(), np.ones((2, 2)), np.ones((2, 2))
    facts = told(start, weight_decay=decay, minimizer=np.zeros((2, 1)), turn_step=10, turn_direction=push)
    for array in (w, start, decay, push):
        array.setflags(write=False)
    measure = registry.load("metrics", name).Measure(facts, **plain(name))
    Watcher(facts, [measure]).observe(0, w[1:])
    result = measure.result(ending_of(start, w[1:]))
    again = measure.result(ending_of(start, w[1:]))
    np.testing.assert_array_equal(result, again)
