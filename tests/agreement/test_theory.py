"""Theory against engine over random hyperparameters: what `simulate` predicts is what it measures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.judging.simulate import Row, RunResult, simulate
from adamw_cli.scenario.load import load_text

SCHEDULES: list[dict[str, Any]] = [
    {"kind": "constant"},
    {"kind": "constant", "warmup_steps": 40},
    {"kind": "cosine", "warmup_steps": 20, "final_fraction": 0.1},
    {"kind": "linear"},
    {"kind": "wsd", "warmup_steps": 10, "decay_steps": 100},
    {"kind": "inverse_sqrt", "warmup_steps": 30},
    {"kind": "exponential", "rate": 0.999},
    {"kind": "step", "every": 100, "factor": 0.5},
]
weights = st.floats(1e-3, 1e3).flatmap(lambda size: st.sampled_from([size, -size]))


def runs(
    landscape: dict[str, Any], start: list[float], steps: int, optimizers: dict[str, Any], schedule: dict[str, Any]
) -> dict[str, RunResult]:
    document = {
        "version": 1,
        "landscape": landscape,
        "start": start,
        "steps": steps,
        "schedule": schedule,
        "optimizers": optimizers,
    }
    result = simulate(load_text(json.dumps(document)))
    return {run.measured.run: run for run in result.runs}


def tie(half_life: Row) -> bool:
    """Whether a weight meets a half so closely that rounding decides at which step."""
    theory = half_life.prediction.value
    assert isinstance(theory, tuple)
    return any(isinstance(t, float) and abs(t - round(t)) < 1e-6 for t in theory)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: "-".join(map(str, s.values())))
@settings(max_examples=12, deadline=None)
@given(
    x=st.floats(1e-3, 0.3),
    lr=st.floats(1e-4, 1.0),
    start=st.lists(weights, min_size=1, max_size=3),
    steps=st.integers(150, 600),
)
def test_decay_without_gradient(schedule: dict[str, Any], x: float, lr: float, start: list[float], steps: int) -> None:
    optimizers = {
        "adamw": {"lr": lr, "weight_decay": x / lr},
        "sgdw": {"lr": lr, "weight_decay": x / lr, "momentum": 0.9},
        "adam": {"lr": lr},
    }
    found = runs({"kind": "plateau"}, start, steps, optimizers, schedule)
    for name in ("adamw", "sgdw"):
        for metric in ("half_life", "crossing_step", "total_shrink", "weight_norm", "direction_cosine", "final_loss"):
            row = found[name].row(metric)
            measured, theory = (v if isinstance(v, tuple) else (v,) for v in (row.measured, row.prediction.value))
            if row.prediction.value is None:
                assert metric in ("half_life", "crossing_step")
                assert set(measured) == {None}  # theory says that it does not happen
            elif metric != "crossing_step" or not tie(found[name].row("half_life")):
                assert row.prediction.holds_when
                assert measured == pytest.approx(theory, rel=1e-9)
    assert found["adam"].row("total_shrink").prediction.value == tuple(1.0 for _ in start)
    assert found["adam"].row("total_shrink").measured == tuple(1.0 for _ in start)


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(1e-3, 0.5), lr=st.floats(1e-3, 1.0), gradient=weights, start=st.floats(-10, 10), eps=st.floats(1e-12, 10.0),
    steps=st.integers(1, 2000), betas=st.tuples(st.floats(0.0, 0.99), st.floats(0.0, 0.9999)), amsgrad=st.booleans(),
)  # fmt: skip
def test_a_constant_gradient_fills_the_box(
    x: float,
    lr: float,
    gradient: float,
    start: float,
    eps: float,
    steps: int,
    betas: tuple[float, float],
    amsgrad: bool,
) -> None:
    adamw = {"lr": lr, "weight_decay": x / lr, "eps": eps, "betas": list(betas), "amsgrad": amsgrad}
    found = runs({"kind": "slope", "gradient": gradient}, [start], steps, {"adamw": adamw}, {"kind": "constant"})
    row = found["adamw"].row("box_saturation")
    assert isinstance(row.prediction.value, float)
    # Near a weight of 0 the difference of two large terms is left; it is compared with those.
    assert row.measured == pytest.approx(
        row.prediction.value,
        rel=1e-9,
        abs=1e-9 * min(1.0, abs(gradient) / (abs(gradient) + eps)) + 1e-9 * abs(start) * x / lr,
    )


@pytest.mark.parametrize(
    ("landscape", "start", "steps", "schedule", "metric", "note"),
    [
        ({"kind": "plateau"}, 1.0, 5000, {"kind": "constant"}, "total_shrink", "out of range"),
        ({"kind": "plateau"}, 1.0, 9000, {"kind": "linear"}, "direction_cosine", "out of range"),
        ({"kind": "plateau"}, 1e-285, 10, {"kind": "constant"}, "weight_norm", "out of range"),
        ({"kind": "plateau"}, 1e-285, 10, {"kind": "constant"}, "half_life", "no weight gets there"),
        ({"kind": "plateau"}, 1.0, 5_000_001, {"kind": "linear"}, "total_shrink", "more than 5 million steps"),
        ({"kind": "slope", "gradient": 1e-150}, 1.0, 10, {"kind": "constant"}, "box_saturation", "no closed form"),
    ],
)
def test_outside_its_conditions_theory_says_so(
    landscape: dict[str, Any], start: float, steps: int, schedule: dict[str, Any], metric: str, note: str
) -> None:
    adamw = {"adamw": {"lr": 0.5, "weight_decay": 0.4}}
    row = runs(landscape, [start], steps, adamw, schedule)["adamw"].row(metric)
    assert row.prediction.value is None
    assert note in row.prediction.note
