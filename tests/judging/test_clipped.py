"""Clipped gradients in scenarios: when theory speaks, what is wrong with a limit, and what output says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adamw_cli import registry, simulate_batch
from adamw_cli.errors import ScenarioError, UsageError
from adamw_cli.judging.simulate import Simulation
from adamw_cli.judging.simulate import simulate as run
from adamw_cli.report.catalog import show
from adamw_cli.scenario.check import from_data

H: dict[str, Any] = {"kind": "adamw", "lr": 1e-2, "weight_decay": 0.3}
SLOPE = {"kind": "slope", "gradient": [3.0, -4.0]}
BOWL = {"kind": "quadratic", "curvature": 2.0, "center": 1.0}


def document(landscape: dict[str, Any], *runs: dict[str, Any], **more: Any) -> dict[str, Any]:
    names = {f"run{i}": run for i, run in enumerate(runs)}
    return {"version": 1, "landscape": landscape, "start": [1.0, 2.0], "steps": 40, "optimizers": names, **more}


def simulated(landscape: dict[str, Any], *runs: dict[str, Any], **more: Any) -> Simulation:
    return run(from_data(document(landscape, *runs, **more), "t"))


@pytest.mark.parametrize("landscape", [SLOPE, {"kind": "gradient_flip", "gradient": [3.0, -4.0], "flip_at": 20}])
@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_theory_speaks_of_known_gradients_exactly_where_the_limit_is_not_reached(
    landscape: dict[str, Any], kind: str
) -> None:
    """The norm is 5, and 5 + 1e-6 is compared with the limit."""
    h = {"kind": kind, "lr": 1e-2, "weight_decay": 0.0}
    limits = [{"clip_norm": 5.00001}, {"clip_value": 4.0}, {"clip_norm": 5.0}, {"clip_norm": 0.1}, {"clip_value": 3.9}]
    free, *runs = simulated(landscape, h, *({**h, **limit} for limit in limits)).runs
    assert any(row.prediction.value is not None for row in free.rows)
    for one in runs[:2]:
        assert [row.prediction for row in one.rows] == [row.prediction for row in free.rows]
        assert [row.measured for row in one.rows] == [row.measured for row in free.rows]
        assert all(row.relative_error is None or row.relative_error < 1e-9 for row in one.rows)
    for one in runs[2:]:
        assert {(row.prediction.value, row.prediction.note) for row in one.rows} == {
            (None, "clipped gradients: closed forms are for gradients as they are")
        }
    if kind == "sgd":  # what is silent is so for a reason; the first step of adamw is the same for any size of gradient
        assert all(one.row("first_step").measured != free.row("first_step").measured for one in runs[2:])


@pytest.mark.parametrize("kind", ["adamw", "adam_l2", "sgd"])
def test_without_a_gradient_nothing_is_clipped_and_theory_speaks(kind: str) -> None:
    """Coupled decay is added to the gradient after it was clipped."""
    h = {**H, "kind": kind, "weight_decay": 0.9}
    free, *runs = simulated({"kind": "plateau"}, h, {**h, "clip_norm": 1e-3}, {**h, "clip_value": 1e-3}).runs
    for one in runs:
        assert [row.prediction for row in one.rows] == [row.prediction for row in free.rows]
        assert [row.measured for row in one.rows] == [row.measured for row in free.rows]
    assert any(row.prediction.value is not None for row in free.rows)


def test_where_the_gradient_depends_on_the_weights_theory_and_plots_of_it_are_silent() -> None:
    h = {"kind": "sgd", "lr": 1e-2}
    found = simulated(BOWL, h, {**h, "clip_norm": 1e6})
    assert any(row.prediction.value is not None for row in found.run("run0").rows)
    assert all(row.prediction.value is None for row in found.run("run1").rows)
    slope = simulated(SLOPE, h, {**h, "clip_norm": 1.0})
    assert slope.theory_path("run0", [1]) == [[pytest.approx(0.97)], [pytest.approx(2.04)]]
    assert slope.theory_path("run1", [1]) == [[None], [None]]


def test_a_norm_that_overflows_is_clipped_below_its_limit() -> None:
    """The engine, as torch, finds an infinite norm, so that the gradient becomes 0."""
    h = {"kind": "sgd", "lr": 1.0, "clip_norm": 1e300}
    small, large = (simulated({"kind": "slope", "gradient": G}, h).runs[0] for G in (1e150, 1e160))
    assert small.row("first_step").measured == small.row("first_step").prediction.value == (1e150, 1e150)
    assert large.row("first_step").measured == (0.0, 0.0)
    assert large.row("first_step").prediction.value is None


def test_warnings_about_the_size_of_gradients_are_for_gradients_as_they_are() -> None:
    large = {**H, "eps": 100.0}
    assert any("eps = 100" in text for text in simulated(SLOPE, large).warnings)
    assert not any("eps = 100" in text for text in simulated(SLOPE, {**large, "clip_norm": 1.0}).warnings)


def test_losses_and_gradient_norms_are_those_of_the_landscape() -> None:
    one = simulated(SLOPE, {"kind": "sgd", "lr": 1e-2, "clip_norm": 1.0}).runs[0]
    w = one.measured.trace.final_w[:, 0]
    assert one.measured.final_gradient_norm == 5.0
    assert one.measured.final_loss == pytest.approx(3.0 * w[0] - 4.0 * w[1], rel=1e-14)


def test_trials_and_twins_have_the_limit_of_their_run() -> None:
    """Runs of one rule share a batch; each must see its own limit in every trial."""
    limits = [0.5, 2.0]
    runs = [{"kind": "sgd", "lr": 1e-2, "clip_norm": limit} for limit in limits]
    noise = {"kind": "gaussian", "sigma": 3.0}
    found = simulated({"kind": "slope", "gradient": 100.0}, *runs, noise=noise, trials=3)
    for one, limit in zip(found.runs, limits, strict=True):
        assert one.row("twin_contraction").measured == pytest.approx((1.0, 1.0), rel=1e-9)
        for sample in one.measured.samples[("first_step", ())]:
            assert np.hypot(*sample) == pytest.approx(1e-2 * limit, rel=1e-6)


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"clip_norm": 0}, "S105", "'clip_norm' must be above 0, found 0"),
        ({"clip_value": -1.0}, "S105", "'clip_value' must be above 0"),
        ({"clip_norm": "1"}, "S104", "'clip_norm' must be a number, found the text '1'"),
        ({"clip_norm": [1.0, 2.0]}, "S104", "give one number, not a list"),
        ({"clip_norm": float("inf")}, "S106", "'clip_norm' must be finite"),
        ({"clip_norm": 1.0, "clip_value": 1.0}, "S108", "'clip_norm' and 'clip_value' exclude each other"),
        ({"clip_nrm": 1.0}, "S101", "did you mean 'clip_norm'?"),
    ],
)
def test_what_is_wrong_with_a_limit(given: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        from_data(document(SLOPE, {**H, **given}), "t")
    assert [problem.code for problem in caught.value.problems] == [code]
    assert words in str(caught.value)


def test_null_is_no_limit() -> None:
    config = from_data(document(SLOPE, {**H, "clip_norm": None}, H), "t").optimizers
    assert config["run0"] == config["run1"]


def test_output_has_the_limit_beside_the_hyperparameters() -> None:
    config = from_data(document(SLOPE, {**H, "clip_value": 2}, H), "t").optimizers
    assert config["run0"].hyperparameters == {**config["run0"].values, "clip_value": 2.0}
    assert config["run1"].hyperparameters == config["run1"].values
    for kind in registry.names("optimizers"):
        assert "clip_norm, clip_value" in show(kind).text


def test_a_batch_takes_a_limit_or_one_for_each_trajectory() -> None:
    place = {"kind": "slope", "gradient": [3.0, -4.0]}
    found = simulate_batch("sgd", place, np.zeros((2, 3)), 1, hyperparameters={"lr": 1.0}, clip_norm=[0.5, 5.1, 2.0])
    np.testing.assert_allclose(np.linalg.norm(found.final_w, axis=0), [0.5, 5.0, 2.0], rtol=1e-6)
    one = simulate_batch("sgd", place, [0.0, 0.0], 1, hyperparameters={"lr": 1.0}, clip_value=3.5)
    np.testing.assert_allclose(one.final_w[:, 0], [-3.0, 3.5])
    for given, words in (
        ({"clip_norm": 0.0}, "'clip_norm' must be > 0, found 0"),
        ({"clip_value": np.nan}, "'clip_value' must be finite"),
        ({"clip_value": "a"}, "'clip_value' does not broadcast"),
        ({"clip_norm": True}, "'clip_norm' must be a number or an array of numbers, not True"),
        ({"clip_value": [1.0, 2.0]}, r"'clip_value' does not broadcast to \(lanes,\) = \(3,\)"),
        ({"clip_norm": 1.0, "clip_value": 1.0}, "exclude each other"),
    ):
        with pytest.raises(UsageError, match=words):
            simulate_batch("sgd", place, np.zeros((2, 3)), 1, hyperparameters={"lr": 1.0}, **given)
