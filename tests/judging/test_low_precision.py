"""Weights of few bits, measured beside theory; and what a scenario may say of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.errors import ScenarioError
from adamw_cli.judging.requests import request
from adamw_cli.judging.simulate import Simulation
from adamw_cli.judging.simulate import simulate as run
from adamw_cli.scenario.check import from_data

PLATEAU = {"version": 1, "landscape": {"kind": "plateau"}, "start": [1.0], "steps": 10}


def simulate(document: dict[str, object]) -> Simulation:
    return run(from_data(document, "t"), wanted=[request("weight"), request("total_shrink")])


def data(precision: object, *, start: list[float] | None = None, steps: int = 10, **more: object) -> dict[str, object]:
    run = {"kind": "adamw", "lr": 1e-2, "weight_decay": 0.3, "precision": precision}
    return {**PLATEAU, "start": start or [1.0], "steps": steps, "optimizers": {"run": run}, **more}


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["bfloat16", "float16", "float8_e4m3", "float8_e5m2", "float32"]),
    st.floats(0.05, 3.0),
    st.floats(0.02, 30.0),
    st.integers(1, 400),
    st.booleans(),
)
def test_where_theory_speaks_it_is_right_to_the_last_bit(
    name: str, strength: float, w: float, steps: int, negative: bool
) -> None:
    """Of x around the two thresholds of the format."""
    bits = {"bfloat16": 8, "float16": 11, "float8_e4m3": 4, "float8_e5m2": 3, "float32": 24}[name]
    x = strength * 2.0 ** -(bits + 1)
    start = -w if negative else w
    run = {"kind": "sgdw", "lr": 1.0, "momentum": 0.0, "weight_decay": x, "precision": {"weights": name}}
    found = simulate({**PLATEAU, "start": [start], "steps": steps, "optimizers": {"run": run}})
    for metric in ("weight", "total_shrink"):
        row = found.runs[0].row(metric)
        assert row.prediction.value is not None or strength > 1.0
        assert row.prediction.value is None or strength < 2.0
        if row.prediction.value is not None:
            assert row.measured == row.prediction.value


def test_the_mean_of_stochastic_rounding_is_what_theory_says() -> None:
    """Within 6 standard errors, which happens by chance once in 5e8 times."""
    given = data({"weights": "bfloat16", "rounding": "stochastic"}, start=[1.0, -0.3], steps=231, trials=2000)
    row = simulate(given).runs[0].row("weight")
    assert isinstance(row.measured, tuple)
    assert isinstance(row.standard_error, tuple)
    assert isinstance(row.prediction.value, tuple)
    for measured, error, theory in zip(row.measured, row.standard_error, row.prediction.value, strict=True):
        assert abs(measured - theory) < 6 * error
        assert error > 0.0
    assert row.prediction.value[0] == pytest.approx(math.exp(231 * math.log1p(-0.003)), rel=1e-12)


@pytest.mark.parametrize(
    "precision",
    [{"weights": "bfloat16", "kahan": True}, {"state": "float16"}, {"weights": "bfloat16", "state": "bfloat16"}],
    ids=str,
)
def test_elsewhere_theory_is_silent_and_says_why(precision: dict[str, object]) -> None:
    given = data(precision, landscape={"kind": "slope", "gradient": 1.0})
    for row in simulate(given).runs[0].rows:
        assert row.prediction.value is None
        assert "few bits" in row.prediction.note


def test_a_run_starts_from_what_the_format_has() -> None:
    trace = simulate(data({"weights": "bfloat16"}, start=[0.1])).runs[0].measured.trace
    assert trace.start[0, 0] == 0.10009765625


def test_a_runs_own_precision_is_instead_of_the_scenarios() -> None:
    own = {"kind": "adamw", "lr": 1e-2, "weight_decay": 0.1}
    runs = {
        "shared": own,
        "exact": {**own, "precision": {"weights": "float64"}},
        "half": {**own, "precision": {"weights": "float16"}},
    }
    document = {**PLATEAU, "precision": {"weights": "bfloat16"}, "optimizers": runs}
    scenario = from_data(document, "t")
    assert [config.precision.weights for config in scenario.optimizers.values()] == ["bfloat16", "float64", "float16"]
    found = {run.measured.run: run.row("weight").measured for run in simulate(document).runs}
    assert found["shared"] == (1.0,)
    assert found["exact"] != found["half"] != found["shared"]


@pytest.mark.parametrize(
    ("precision", "code", "words"),
    [
        ({"weights": "bf16"}, "S104", "'weights' must be one of float64, float32, float16, bfloat16"),
        ({"weights": 16}, "S104", "found"),
        ({"rounding": "up", "weights": "float16"}, "S104", "must be one of nearest, stochastic"),
        ({"kahan": True}, "S108", "'kahan' has nothing to keep"),
        (
            {"weights": "float16", "kahan": True, "rounding": "stochastic"},
            "S108",
            "'kahan' goes with rounding to nearest",
        ),
        ({"rounding": "stochastic"}, "S108", "set 'weights'"),
        ({"weight": "float16"}, "S101", "unknown key 'weight'"),
        ("bfloat16", "S104", "'precision' must be a mapping"),
        (None, "S104", "'precision'"),
    ],
)
def test_what_is_wrong_with_a_precision(precision: object, code: str, words: str) -> None:
    for document in (data(precision), {**data({}), "precision": precision}):
        with pytest.raises(ScenarioError) as caught:
            from_data(document, "t")
        assert code in [problem.code for problem in caught.value.problems]
        assert words in str(caught.value)


def test_trials_need_something_random() -> None:
    from_data(data({"weights": "bfloat16", "rounding": "stochastic"}, trials=3), "t")
    with pytest.raises(ScenarioError, match="without noise or stochastic rounding"):
        from_data(data({"weights": "bfloat16"}, trials=3), "t")
