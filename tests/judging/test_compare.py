"""Every comparison, on both sides of its boundary; and what happens to values that do not exist."""

from __future__ import annotations

import pytest

from adamw_cli.judging.check import CheckResult, check_one
from adamw_cli.judging.compare import Verdict
from adamw_cli.judging.simulate import simulate
from adamw_cli.scenario.load import load_text

# Two steps of lr*weight_decay = 0.5: weights 8 and 0 become 4, then 2; the second run decays by 0.25: 6, then 4.5.
SCENARIO = """\
version: 1
landscape: {{kind: plateau}}
start: [8.0, 0.0]
steps: 2
optimizers:
  fast: {{kind: adamw, lr: 1.0, weight_decay: 0.5}}
  slow: {{kind: adamw, lr: 1.0, weight_decay: 0.25}}
  none: {{kind: adam, lr: 1.0}}
expect:
  - {{{expectation}}}
"""


def judge(expectation: str) -> Verdict:
    (verdict,) = simulate(load_text(SCENARIO.format(expectation=expectation))).verdicts
    return verdict


@pytest.mark.parametrize(
    ("expectation", "outcome"),
    [
        ("metric: weight_norm, of: fast, near: 2.0", "passed"),
        ("metric: weight_norm, of: fast, near: 2.0000001", "failed"),
        ("metric: weight_norm, of: fast, near: 2.0000001, rtol: 1e-6", "passed"),
        ("metric: weight_norm, of: fast, near: 2.1, atol: 0.1000001", "passed"),
        ("metric: weight_norm, of: fast, near: 2.1, atol: 0.0999", "failed"),
        ("metric: weight_norm, of: fast, near: 2.2, atol: 0.1, rtol: 0.05", "passed"),
        ("metric: weight_norm, of: fast, near: 2.2, atol: 0.1, rtol: 0.04", "failed"),
        ("metric: weight_norm, of: fast, equals: 2.0", "passed"),
        ("metric: weight_norm, of: fast, equals: 2.0000000000001", "failed"),
        ("metric: weight_norm, of: fast, above: 1.999", "passed"),
        ("metric: weight_norm, of: fast, above: 2.0", "failed"),
        ("metric: weight_norm, of: fast, below: 2.001", "passed"),
        ("metric: weight_norm, of: fast, below: 2.0", "failed"),
        ("metric: weight_norm, of: fast, between: [2.0, 3.0]", "passed"),
        ("metric: weight_norm, of: fast, between: [2.1, 3.0]", "failed"),
        ("metric: weight_norm, of: fast, below: {of: slow}", "passed"),
        ("metric: weight_norm, of: fast, above: {of: slow}", "failed"),
        ("metric: weight_norm, of: slow, near: {of: fast, times: 2.25}", "passed"),
        ("metric: weight_norm, of: slow, near: {of: fast, times: 2.2}", "failed"),
        ("metric: weight_norm, of: fast, finite: true", "passed"),
        ("metric: weight_norm, of: fast, finite: false", "failed"),
        ("metric: status, of: fast, equals: finished", "passed"),
        ("metric: status, of: fast, equals: diverged", "failed"),
        ("metric: total_shrink, of: fast, at: 0, near: 0.25", "passed"),
        ("metric: total_shrink, of: fast, at: 1, finite: false", "passed"),
        ("metric: total_shrink, of: fast, at: 1, near: 0.25", "failed"),  # undefined: it starts at 0
        ("metric: total_shrink, of: fast, near: 0.25", "failed"),  # one coordinate of two
        ("metric: maximum, of: fast, near: [8.0, 0.0]", "passed"),
        ("metric: maximum, of: fast, near: [8.0, 0.1]", "failed"),
        ("metric: half_life, of: fast, at: 0, near: theory", "passed"),
        ("metric: half_life, of: fast, near: theory", "failed"),
        ("metric: half_life, of: none, at: 0, near: theory", "failed"),  # it has no value
        ("metric: late_max, of: fast, near: theory", "error"),  # there is no closed form
        ("metric: crossing_step, of: fast, at: 0, above: {of: none}", "error"),  # the other run has no value
        ("metric: weight_norm, of: fast, near: 3.0, xfail: 'known'", "xfailed"),
        ("metric: weight_norm, of: fast, near: 2.0, xfail: 'known'", "xpassed"),
        # An infinite target or tolerance would let anything pass.
        ("metric: weight_norm, of: fast, near: 1e308, rtol: 1e10", "error"),
        ("metric: weight_norm, of: fast, near: {of: slow, times: 1e308}", "error"),
        ("metric: weight_norm, of: fast, below: {of: slow, times: 1e308}", "error"),
        ("metric: weight_norm, of: fast, above: {of: slow, times: -1e308}", "error"),
        ("metric: weight_norm, of: fast, near: {of: slow, times: 1e300}, rtol: 1e300", "error"),
        ("metric: settling_step, of: fast, at: 0, target: 0.0, within: 0.5, near: 1", "passed"),
        ("metric: settling_step, of: fast, at: 0, target: 0.0, within: 0.25, near: 2", "passed"),
    ],
)
def test_comparison(expectation: str, outcome: str) -> None:
    verdict = judge(expectation)
    assert verdict.outcome == outcome
    assert verdict.ok == (outcome in ("passed", "xfailed"))
    assert (verdict.message == "") == (outcome == "passed") or outcome == "xfailed"


def test_a_near_miss_says_by_how_much() -> None:
    verdict = judge("metric: weight_norm, of: fast, near: 2.1, atol: 0.05")
    assert verdict.margin == pytest.approx(2.0)
    assert verdict.tolerance == 0.05
    assert "2 times the tolerance" in verdict.message


def test_of_several_coordinates_the_worst_is_reported() -> None:
    verdict = judge("metric: maximum, of: fast, near: [8.01, 0.1], atol: 0.02")
    assert "at coordinate 1" in verdict.message
    assert verdict.margin == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("comparison", "off"),
    [
        ("below: 0.1", 0.9),
        ("above: 1.5", 1.3),
        ("between: [0.05, 0.08]", 0.92),
        ("equals: 0.4", 0.6),
        ("near: [0.11, 0.0, 2.0], rtol: 0.5", 0.9),  # the tolerance of 0 is 0, and any miss is out of proportion
    ],
)
def test_of_several_misses_the_largest_is_reported(comparison: str, off: float) -> None:
    text = SCENARIO.replace("[8.0, 0.0]", "[0.2, 0.9, 1.0]").replace("steps: 2", "steps: 1")
    text = text.replace("weight_decay: 0.5", "weight_decay: 0.0")
    (verdict,) = simulate(
        load_text(text.format(expectation=f"metric: weight, of: fast, at_step: 1, {comparison}"))
    ).verdicts
    assert verdict.outcome == "failed"
    assert verdict.off == pytest.approx(off)


def test_a_file_that_cannot_be_loaded_beats_one_that_fails() -> None:
    good = "metric: weight_norm, of: fast, near: 2.0"
    bad = good.replace("2.0", "3.0")

    def result(*expectations: str) -> CheckResult:
        texts = [SCENARIO.format(expectation=e) for e in expectations]
        return CheckResult(tuple(check_one("x", lambda text=text: load_text(text)) for text in texts))

    assert result(good).exit_code == 0
    assert result(good, bad).exit_code == 1
    assert result(bad, "metric: nothing", good).exit_code == 2
    assert result(bad, good.replace("near: 2.0", "near: theory").replace("weight_norm", "late_max")).exit_code == 2
    assert CheckResult(matched=False).exit_code == 5
