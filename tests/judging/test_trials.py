"""Trials: means and standard errors against loops that know nothing of the engine, and what becomes of words and theory."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adamw_cli import load_scenario
from adamw_cli.errors import ScenarioError
from adamw_cli.judging.measure import measure
from adamw_cli.judging.predict.situation import NOISY
from adamw_cli.judging.requests import ALWAYS, request, requests
from adamw_cli.judging.simulate import simulate
from adamw_cli.judging.trials import interval, student, summary
from adamw_cli.noises import _bits, gaussian
from adamw_cli.scenario.check import from_data
from adamw_cli.scenario.model import Scenario
from tests.cli.terminal import run

BOWL: dict[str, Any] = {
    "version": 1,
    "landscape": {"kind": "quadratic", "curvature": [1.0, 4.0], "center": [1.0, -0.5]},
    "start": [0.5, 3.0],
    "steps": 60,
    "seed": 9,
    "trials": 6,
    "noise": {"kind": "gaussian", "sigma": [0.5, 0.1]},
    "optimizers": {"sgd": {"lr": 0.05}, "fast": {"kind": "sgd", "lr": 0.1}, "adamw": {"lr": 0.01}},
}


def scenario(**changes: Any) -> Scenario:
    return from_data({**BOWL, **changes}, "a")


def by_hand(lr: float, seed: int, trial: int, steps: int, mirrored: bool = False) -> np.ndarray:
    """Gradient descent on BOWL, draws from the functions in plain Python."""
    w = np.array(BOWL["start"])
    H, c, sigma = np.array([1.0, 4.0]), np.array([1.0, -0.5]), BOWL["noise"]["sigma"]
    for t in range(1, steps + 1):
        g = H * (w - c)
        for i in range(2):
            u = float(_bits.uniform(_bits.key(seed, trial, i), t))
            u = 1.0 - u if mirrored else u
            g[i] = gaussian.noisy(float(g[i]), u, gaussian.rarity(u), sigma[i])
        w = w - lr * g
    return w


@pytest.mark.parametrize(("name", "lr"), [("sgd", 0.05), ("fast", 0.1)])
def test_means_and_errors_against_a_loop_by_hand(name: str, lr: float) -> None:
    found = simulate(scenario()).run(name)
    last = np.array([by_hand(lr, 9, trial, 60) for trial in range(6)])
    loss = np.sum([1.0, 4.0] * (last - [1.0, -0.5]) ** 2 / 2.0, axis=1)
    row = found.row("final_loss")
    assert row.measured == pytest.approx(np.mean(loss), rel=1e-10)
    assert row.standard_error == pytest.approx(np.std(loss, ddof=1) / math.sqrt(6), rel=1e-10)
    shrink = found.row("total_shrink")
    assert shrink.measured == pytest.approx(tuple(np.mean(last / BOWL["start"], axis=0)), rel=1e-10)
    expected = np.std(last / BOWL["start"], axis=0, ddof=1) / math.sqrt(6)
    assert shrink.standard_error == pytest.approx(tuple(expected), rel=1e-9)
    low, high = row.interval95
    assert (low + high) / 2 == pytest.approx(row.measured)
    assert (high - low) / 2 == pytest.approx(2.570582 * row.standard_error, rel=1e-6)
    # a trace shows the first trial
    np.testing.assert_allclose(found.measured.trace.final_w[:, 0], last[0], rtol=1e-11)
    assert found.measured.final_loss == pytest.approx(loss[0], rel=1e-10)
    assert found.measured.trials == 6
    np.testing.assert_allclose(found.measured.samples[request("final_loss")], loss, rtol=1e-10)


def test_more_trials_and_other_runs_leave_the_earlier_ones_alone() -> None:
    wanted = requests(scenario())
    many = measure(scenario(trials=9), wanted)
    few = measure(scenario(trials=4, optimizers={"sgd": {"lr": 0.05}}), wanted)[0]
    for key, samples in few.samples.items():
        assert many[0].samples[key][:4] == samples
    one = measure(scenario(trials=1), wanted)[0]
    assert one.samples == {}
    assert {key: values[0] for key, values in many[0].samples.items()} == one.values
    assert set(one.standard_errors.values()) == {None}


def test_steps_are_kept_of_the_first_trial_alone() -> None:
    """So that memory does not grow with the trials and the steps."""
    many, few = (measure(scenario(trials=trials, record={"every": 1}), list(ALWAYS)) for trials in (60, 2))
    for run_of_many, run_of_few in zip(many, few, strict=True):
        w = run_of_many.trace.w
        assert (w.shape, len(run_of_many.samples[request("status")])) == ((61, 2, 1), 60)
        np.testing.assert_array_equal(w, run_of_few.trace.w)
        assert w.base is None or w.base.nbytes <= w.nbytes * 3


def test_what_every_trial_is_judged_by_is_shown_as_their_mean() -> None:
    given = scenario(expect=[{"metric": "weight_norm", "of": "sgd", "over": "every", "near": 1e9, "rtol": 1e-9}])
    (verdict,) = simulate(given).verdicts
    samples = measure(given, [request("weight_norm"), *ALWAYS])[0].samples[request("weight_norm")]
    assert verdict.measured == pytest.approx(statistics.fmean(float(value) for value in samples), rel=1e-12)  # type: ignore[arg-type]


def test_a_snapshot_of_every_trial_is_refused() -> None:
    with pytest.raises(ScenarioError, match="a snapshot is one value"):
        scenario(expect=[{"metric": "weight_norm", "of": "sgd", "over": "every", "snapshot": True}])


def test_seeds_give_other_draws() -> None:
    first, second = (measure(scenario(seed=seed), list(ALWAYS))[0] for seed in (0, 1))
    assert len({*first.samples[request("final_loss")], *second.samples[request("final_loss")]}) == 12


def test_runs_are_compared_trial_by_trial_under_the_same_noise() -> None:
    """Two names for one run have the same draws, so that nothing lies between their paths."""
    twice = scenario(
        optimizers={
            "a": {"kind": "adamw", "lr": 0.01},
            "b": {"kind": "adamw", "lr": 0.01},
            "c": {"kind": "sgd", "lr": 0.01},
        }
    )
    gap, other = request("path_gap", {"to": "b"}), request("path_gap", {"to": "c"})
    found = measure(twice, [*ALWAYS, gap, other])[0]
    assert found.samples[gap] == (0.0,) * 6
    assert len(set(found.samples[other])) == 6


def test_a_twin_sees_the_noise_of_its_run() -> None:
    place = {"kind": "slope", "gradient": 1.0}
    noisy = scenario(landscape=place, optimizers={"adamw": {"lr": 0.01, "weight_decay": 0.5}})
    found = simulate(noisy).run("adamw").row("twin_contraction")
    assert found.measured == pytest.approx((1.0 - 0.01 * 0.5,) * 2, rel=1e-9)


def test_antithetic_trials_are_pairs_and_their_errors_those_of_pair_means() -> None:
    """Against a loop by hand; a linear rule on a quadratic has no noise left in the mean of a pair."""
    found = simulate(scenario(antithetic=True)).run("sgd")
    one = np.array([by_hand(0.05, 9, trial, 60) for trial in range(3)])
    other = np.array([by_hand(0.05, 9, trial, 60, mirrored=True) for trial in range(3)])
    loss = np.sum([1.0, 4.0] * (np.array([one, other]) - [1.0, -0.5]) ** 2 / 2.0, axis=2).mean(axis=0)
    row = found.row("final_loss")
    assert row.measured == pytest.approx(np.mean(loss), rel=1e-10)
    assert row.standard_error == pytest.approx(np.std(loss, ddof=1) / math.sqrt(3), rel=1e-10)
    assert row.interval95 == pytest.approx(interval(row.measured, row.standard_error, 3), rel=1e-12)
    assert (row.trials, row.independent) == (6, 3)
    still = simulate(scenario(noise={"kind": "none"}, trials=1)).run("sgd").measured.trace.final_w[:, 0]
    samples = measure(scenario(antithetic=True), [*ALWAYS, request("weight")])[0].samples[request("weight")]
    assert np.mean(samples, axis=0) == pytest.approx(still, rel=1e-12)
    assert np.ptp(np.array(samples)[:, 0]) > 0.01


def test_one_pair_has_no_standard_error() -> None:
    assert summary([1.0, 2.0], antithetic=True) == (1.5, None)
    assert summary([(1.0, 4.0), (2.0, 6.0)], antithetic=True) == ((1.5, 5.0), None)
    assert summary([1.0, 2.0, 2.0, 5.0], antithetic=True) == (2.5, pytest.approx(1.0))
    row = simulate(scenario(antithetic=True, trials=2)).run("sgd").row("final_loss")
    assert (row.standard_error, row.interval95) == (None, None)


def test_several_normal_noises_are_one_to_theory() -> None:
    """Theory's deviation is that of the sum; of gradients that come late it says nothing."""
    walk = {
        "landscape": {"kind": "plateau"},
        "steps": 20000,
        "trials": 2,
        "start": [0.0] * 64,
        "expect": [{"metric": "equilibrium_norm", "above": 0}],
        "optimizers": {"adamw": {"lr": 0.05, "weight_decay": 0.1}},
    }
    one, two = (
        simulate(scenario(**walk, noise=noise)).run("adamw").row("equilibrium_norm").prediction
        for noise in (
            {"kind": "gaussian", "sigma": 5.0},
            [{"kind": "gaussian", "sigma": 3.0}, {"kind": "gaussian", "sigma": 4.0}],
        )
    )
    assert one.value is not None
    assert two.value == pytest.approx(one.value, rel=1e-12)
    late = simulate(scenario(noise={"kind": "delay", "steps": 2}, trials=1))
    for result in late.runs:
        known = {row.metric for row in result.rows if row.prediction.value is not None}
        assert known <= {"final_loss", "gradient_norm", "twin_contraction"}
    assert late.theory_path("sgd", [0, 5]) == [[None, None], [None, None]]


def test_words_that_differ_are_mixed_and_a_missing_number_leaves_none() -> None:
    # |1 - lr| = 1.5 and steps near the largest double: whether a trial gets there in time depends on its draws
    wild = scenario(
        landscape={"kind": "quadratic", "curvature": 1.0, "center": 0.25}, start=[0.25], noise={"kind": "gaussian", "sigma": 1.0},
        optimizers={"sgd": {"lr": 11.0}}, steps=308, trials=30,
    )  # fmt: skip
    found = measure(wild, requests(wild))[0]
    assert set(found.samples[request("status")]) == {"finished", "diverged"}
    assert found.status == found.values[request("status")] == "mixed"
    assert found.steps_run <= 308
    assert found.values[request("final_loss")] is None
    assert found.standard_errors[request("final_loss")] is None
    assert simulate(wild).run("sgd").row("final_loss").interval95 is None


def test_theory_under_noise_is_of_the_mean_or_silent_and_says_why() -> None:
    plateau = {"landscape": {"kind": "plateau"}, "noise": {"kind": "gaussian", "sigma": 0.1}}
    found = simulate(scenario(**plateau))
    for result in found.runs:
        known = {row.metric: row.prediction.holds_when for row in result.rows if row.prediction.value is not None}
        assert {row.prediction.note for row in result.rows if row.metric not in known} == {NOISY}
        sure = {"final_loss", "gradient_norm", "twin_contraction"}
        assert all("mean over trials" in said for metric, said in known.items() if metric not in sure)
        assert "half_life" not in known
    assert found.theory_path("adamw", [0, 5]) == [[None, None], [None, None]]
    still = simulate(scenario(landscape={"kind": "plateau"}, noise={"kind": "none"}, trials=1))
    assert still.run("adamw").row("total_shrink").prediction.value is not None
    for kind in ({"kind": "cauchy", "scale": 0.1}, {"kind": "laplace", "scale": 0.1}):
        for result in simulate(scenario(**{**plateau, "noise": kind})).runs:
            assert {r.metric for r in result.rows if r.prediction.value is not None} <= sure


def test_summary_by_hand() -> None:
    assert summary([2.0]) == (2.0, None)
    assert summary([1.0, 2.0, 6.0]) == (3.0, pytest.approx(statistics.stdev([1, 2, 6]) / math.sqrt(3)))
    assert summary([(1.0, None), (3.0, 5.0)]) == ((2.0, None), (1.0, None))
    assert summary([None, 1.0]) == (None, None)
    assert summary(["a", "a"]) == ("a", None)
    assert summary(["a", "b"]) == ("mixed", None)
    assert summary([5.0, 5.0]) == (5.0, 0.0)
    mean, error = summary([1e308, 1.7e308])
    assert mean == pytest.approx(1.35e308)
    assert error == pytest.approx(0.35e308)
    assert interval((1.0, None), (0.0, None), 2) == [[1.0, 1.0], [None, None]]


@pytest.mark.parametrize("degrees", [*range(1, 31), 100, 10_000])
def test_students_t_against_the_integral_of_its_density(degrees: int) -> None:
    """Simpson's rule for P(0 < T < t) = 0.475, with x = sqrt(n) tan a: the density becomes cos(a)^(n - 1)."""
    n, top = degrees, math.atan(student(degrees) / math.sqrt(degrees))
    a = np.linspace(0.0, top, 4001)
    weights = np.where(np.arange(4001) % 2 == 1, 4.0, 2.0)
    weights[[0, -1]] = 1.0
    scale = math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2)) / math.sqrt(math.pi)
    area = scale * np.sum(weights * np.cos(a) ** (n - 1)) * top / 4000 / 3.0
    assert area == pytest.approx(0.475, abs=1e-6)


def test_json_and_table_have_the_errors_only_with_several_trials(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(json.dumps(BOWL))
    told = json.loads(run(capsys, "simulate", str(path), "--format", "json").out)
    assert told["trials"] == 6
    metric = told["runs"][0]["metrics"]["total_shrink"]
    assert len(metric["standard_error"]) == len(metric["interval95"]) == 2
    for mean, (low, high) in zip(metric["measured"], metric["interval95"], strict=True):
        assert low < mean < high
    assert told["runs"][0]["metrics"]["status"]["standard_error"] is None
    table = run(capsys, "simulate", str(path)).out
    assert "std. error" in table
    assert "means over 6 trials" in table
    alone = run(capsys, "simulate", str(path), "--set", "trials=1", "--format", "json").out
    assert "trials" not in json.loads(alone)
    assert "standard_error" not in alone
    assert "std. error" not in run(capsys, "simulate", str(path), "--set", "trials=1").out


def test_a_shipped_scenario_takes_noise_by_an_override() -> None:
    noisy = load_scenario("plateau", overrides={"noise": {"kind": "mask", "p": 0.5}, "trials": 3, "steps": 50})
    assert simulate(noisy).runs[0].measured.trials == 3
