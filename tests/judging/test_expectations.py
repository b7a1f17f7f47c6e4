"""`at_step`, `over`, `expect_all`: against runs that end there, trials by hand, and the same written out."""

from __future__ import annotations

import math
import statistics

import pytest

from adamw_cli import registry
from adamw_cli.errors import ScenarioError
from adamw_cli.judging.compare import Verdict
from adamw_cli.judging.requests import request
from adamw_cli.judging.simulate import simulate
from adamw_cli.scenario.load import load_text
from adamw_cli.scenario.model import Scenario

HEAD = """\
version: 1
landscape: {kind: gradient_flip, gradient: [1.0, 0.5], flip_at: 20}
start: [1.0, -2.0]
steps: %d
optimizers:
  adamw: {lr: 0.01, weight_decay: 0.1}
  sgd: {lr: 0.01, momentum: 0.9}
"""
NOISY = """\
version: 1
landscape: {kind: slope, gradient: 1.0}
start: [1.0, -2.0]
steps: 30
trials: 5
noise: {kind: gaussian, sigma: 0.3}
optimizers:
  sgd: {lr: 0.01}
  adamw: {lr: 0.01}
expect:
"""


def scenario(text: str, *expect: str) -> Scenario:
    return load_text(text + "".join(f"  - {{{entry}}}\n" for entry in expect))


def judged(text: str, *expect: str) -> list[Verdict]:
    return list(simulate(scenario(text, *expect)).verdicts)


def _close(value: object, other: object) -> bool:
    if isinstance(value, tuple) and isinstance(other, tuple):
        return all(_close(a, b) for a, b in zip(value, other, strict=True))
    return value == (pytest.approx(other, rel=1e-12) if isinstance(other, float) else other)


@pytest.mark.parametrize("last", [1, 19, 20, 33, 59, 60])
def test_at_a_step_a_metric_is_that_of_a_run_that_ends_there(last: int) -> None:
    short = simulate(load_text(HEAD % last))
    whole = load_text(HEAD % 60)
    keys = [(row.metric, row.parameters) for row in short.runs[0].rows]
    asked = simulate(whole, wanted=[request(metric, dict(own), last) for metric, own in keys])
    for name in ("adamw", "sgd"):
        for row in short.run(name).rows:
            there = asked.run(name).row(row.metric, **dict(row.parameters), at_step=last)
            assert _close(there.measured, row.measured), row.metric
            assert _close(there.prediction.value, row.prediction.value), row.metric


def test_at_a_step_the_schedule_is_that_of_the_whole_run() -> None:
    text = HEAD.replace("gradient_flip, gradient: [1.0, 0.5], flip_at: 20", "plateau") % 100
    text += "schedule: {kind: cosine}\nexpect:\n"
    verdicts = judged(text, *(f"metric: {m}, of: adamw, at_step: 50, near: theory" for m in ("total_shrink", "weight")))
    assert [v.outcome for v in verdicts] == ["passed"] * 2
    (whole,) = judged(text, "metric: total_shrink, of: adamw, near: theory")
    assert isinstance(whole.measured, tuple)
    assert isinstance(verdicts[0].measured, tuple)
    # The first half of a cosine has 1/2 + 1/pi of its sum, so that much of the whole's logarithm.
    assert verdicts[0].measured[0] == pytest.approx(whole.measured[0] ** 0.818, rel=1e-3)


def test_a_run_that_has_diverged_since_had_finished_until_then() -> None:
    text = HEAD.replace("lr: 0.01, momentum: 0.9", "lr: 1e300, weight_decay: 1e5") % 60 + "expect:\n"
    early, late = judged(
        text, "metric: status, of: sgd, at_step: 1, equals: finished", "metric: status, of: sgd, equals: diverged"
    )
    assert (early.outcome, late.outcome) == ("passed", "passed")


@pytest.mark.parametrize("over", ["mean", "median", "min", "max"])
def test_over_trials(over: str) -> None:
    run = simulate(scenario(NOISY + "  []\n")).run("sgd").measured
    norms = [value for value in run.samples[request("weight_norm")] if isinstance(value, float)]
    assert len(set(norms)) == 5
    wanted = {"mean": statistics.fmean, "median": statistics.median, "min": min, "max": max}[over](norms)
    near, far = judged(
        NOISY,
        f"metric: weight_norm, of: sgd, over: {over}, near: {wanted!r}, rtol: 1e-12",
        f"metric: weight_norm, of: sgd, over: {over}, near: {wanted + 1e-6!r}, rtol: 1e-12",
    )
    assert (near.outcome, far.outcome) == ("passed", "failed")


def test_standard_errors_as_a_tolerance() -> None:
    run = simulate(scenario(NOISY + "  []\n")).run("sgd").measured
    norms = [value for value in run.samples[request("weight_norm")] if isinstance(value, float)]
    error = statistics.stdev(norms) / math.sqrt(5)
    mean = statistics.fmean(norms)
    verdicts = judged(
        NOISY,
        f"metric: weight_norm, of: sgd, near: {mean + 2.99 * error!r}, z: 3",
        f"metric: weight_norm, of: sgd, near: {mean + 3.01 * error!r}, z: 3",
        f"metric: weight_norm, of: sgd, near: {mean + 3.01 * error!r}, z: 3, atol: {0.02 * error!r}, over: mean",
        f"metric: weight_norm, of: sgd, near: {mean!r}, z: 0, rtol: 1e-12",
        f"metric: weight_norm, of: sgd, near: {mean + 1e-8!r}, z: 0",
    )
    assert [v.outcome for v in verdicts] == ["passed", "failed", "passed", "passed", "failed"]
    assert verdicts[0].tolerance == pytest.approx(3 * error)


def test_each_coordinate_has_its_own_standard_error() -> None:
    # the second coordinate has no noise, so that nothing is allowed there
    text = NOISY.replace("sigma: 0.3", "sigma: [0.3, 0.0]")
    near, off = judged(
        text,
        "metric: weight, of: sgd, near: [0.7, -2.3], z: 6, atol: 1e-12",
        "metric: weight, of: sgd, near: [0.7, -2.29], z: 6, atol: 1e-12",
    )
    assert near.outcome == "passed"
    assert off.outcome == "failed"
    assert "coordinate 1" in off.message


def test_beside_theory_standard_errors_come_with_theorys_own_error() -> None:
    text = NOISY.replace("steps: 30", "steps: 4000")
    row, (with_own, without) = (
        simulate(scenario(text, "metric: rms_update, of: adamw, finite: true")).run("adamw").row("rms_update"),
        judged(
            text,
            "metric: rms_update, of: adamw, near: theory, z: 6",
            "metric: rms_update, of: adamw, near: theory, rtol: 0",
        ),
    )
    assert with_own.outcome == "passed"
    assert without.outcome == "failed"
    assert isinstance(row.prediction.value, tuple)
    assert isinstance(row.standard_error, tuple)
    assert row.prediction.error > 1e-4
    allowed = [
        6 * (error or 0.0) + row.prediction.error * abs(theory or 0.0)
        for error, theory in zip(row.standard_error, row.prediction.value, strict=True)
    ]
    assert with_own.tolerance in [pytest.approx(value) for value in allowed]
    assert without.tolerance == 0.0


def test_every_trial_is_judged_and_the_worst_is_named() -> None:
    run = simulate(scenario(NOISY + "  []\n")).run("sgd").measured
    norms = [value for value in run.samples[request("weight_norm")] if isinstance(value, float)]
    second = sorted(norms)[-2]
    above, below, other = judged(
        NOISY,
        f"metric: weight_norm, of: sgd, over: every, above: {min(norms) - 1e-9!r}",
        f"metric: weight_norm, of: sgd, over: every, below: {second + 1e-9!r}",
        "metric: weight_norm, of: sgd, over: every, near: {of: sgd}",
    )
    assert above.outcome == "passed"
    assert below.outcome == "failed"
    assert f"in trial {norms.index(max(norms))}" in below.message
    assert other.outcome == "passed"  # the same trial of the other run, not its mean


def test_defaults_are_the_same_as_written_out() -> None:
    shared = HEAD % 60 + "expect_all: {of: adamw, rtol: 0.5, at: 1, at_step: 40}\nexpect:\n"
    plain = HEAD % 60 + "expect:\n"
    short = (
        "metric: weight, near: -2.0",
        "metric: weight_norm, above: 1.0",
        "metric: weight, near: 5, atol: 1, of: sgd",
    )
    long = (
        "metric: weight, near: -2.0, of: adamw, rtol: 0.5, at: 1, at_step: 40",
        "metric: weight_norm, above: 1.0, of: adamw, at_step: 40",
        "metric: weight, near: 5, atol: 1, of: sgd, at: 1, at_step: 40",
    )
    assert scenario(shared, *short).expect == scenario(plain, *long).expect


@pytest.mark.parametrize(
    ("text", "expect", "code", "marked"),
    [
        (HEAD % 60 + "expect:\n", "metric: weight, of: sgd, at_step: 61, near: 0", "S105", "61,"),
        (HEAD % 60 + "expect:\n", "metric: weight, of: sgd, at_step: 0, near: 0", "S105", "0, near"),
        (HEAD % 60 + "expect:\n", "metric: weight, of: sgd, at_step: 5, step: 4, near: 0", "S110", "at_step: 5"),
        (HEAD % 60 + "expect:\n", "metric: weight, of: sgd, over: max, near: 0", "S108", "max,"),
        (HEAD % 60 + "expect:\n", "metric: weight, of: sgd, over: most, near: 0", "S104", "most,"),
        (HEAD % 60 + "expect:\n", "metric: weight, of: sgd, snapshot: false", "S104", "false"),
        (HEAD % 60 + "expect:\n", "metric: weight, of: sgd, snapshot: true, near: 1", "S110", "{metric"),
        (HEAD % 60 + "expect_all: {of: x}\nexpect:\n", "metric: weight, near: 0", "S109", "x}"),
        (HEAD % 60 + "expect_all: {near: 1}\nexpect:\n", "metric: weight, of: sgd, near: 0", "S101", "near: 1}"),
    ],
)
def test_mistakes(text: str, expect: str, code: str, marked: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(text, expect)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.position is not None
    assert problem.line_text[problem.position.column - 1 :].startswith(marked)


def test_every_metric_can_be_stored_or_measured_at_a_step() -> None:
    for name in registry.names("metrics"):
        spec = registry.load("metrics", name).SPEC
        extra = "".join(f", {p.name}: sgd" for p in spec.parameters if p.kind == "run")
        (verdict,) = judged(HEAD % 60 + "expect:\n", f"metric: {name}, of: adamw, at_step: 30, snapshot: true{extra}")
        assert verdict.outcome == "error"  # nothing is stored here, but it could be measured
