"""What is said of an expectation that is not met: the sentence, and the numbers below it."""

from __future__ import annotations

import pytest

from adamw_cli.judging.check import CheckResult, check_one
from adamw_cli.judging.snapshots import SnapshotValues
from adamw_cli.report.outcomes.words import all_amiss, summary
from adamw_cli.scenario.load import load_text

# Two steps of lr*weight_decay = 0.5 leave a quarter; nothing of a weight that starts at 0.
SCENARIO = """\
version: 1
landscape: {{kind: plateau}}
start: {start}
steps: 2
optimizers:
  adamw: {{lr: 1.0, weight_decay: 0.5}}
expect:
  - {{{expectation}}}
"""


class Kept:
    """Values of an earlier run, none of which is written."""

    def stored(self, _: object) -> SnapshotValues:
        return SnapshotValues({"adamw/weight_norm": 3.0}, missing="there is none")

    def keep(self, *_: object) -> None:
        raise AssertionError


def said(expectation: str, start: str = "[8.0, 0.0]") -> tuple[str, dict[str, str]]:
    """The message, and the details by their names."""
    text = SCENARIO.format(start=start, expectation=expectation)
    result = CheckResult((check_one("a.yaml", lambda: load_text(text), keeper=Kept()),))
    (problem,) = all_amiss(result)
    return problem.message, {line[:9].rstrip(): line[11:] for line in problem.details}


@pytest.mark.parametrize(
    ("expectation", "expected"),
    [
        ("metric: weight_norm, near: 3", "near 3.0"),
        ("metric: weight_norm, equals: 3", "3.0"),
        ("metric: weight_norm, between: [3, 4.5]", "between 3.0 and 4.5"),
        ("metric: weight_norm, finite: false", "no finite number"),
        ("metric: weight_norm, snapshot: true", "the stored 3.0"),
        ("metric: status, snapshot: true", "the stored value"),
        ("metric: status, equals: diverged", "diverged"),
        ("metric: total_shrink, at: 1, finite: true", "a finite number"),
    ],
)
def test_what_was_expected_is_said_in_words(expectation: str, expected: str) -> None:
    message, details = said(expectation)
    assert details["expected"] == expected
    assert f"was expected to be {expected.replace('.0', '')}, but " in message


@pytest.mark.parametrize(
    ("expectation", "tolerance"),
    [
        ("metric: weight_norm, near: 3", "3.0000000000000004e-09 (rtol 1e-09, the default)"),
        ("metric: weight_norm, near: 3, atol: 0.5, rtol: 0", "0.5 (rtol 0, atol 0.5)"),
        ("metric: weight_norm, equals: 3", "0.0 (equals is exact)"),
        ("metric: weight_norm, near: 0", "0.0 (rtol 1e-09, the default, of nothing: give atol)"),
        ("metric: weight_norm, near: 0, rtol: 0.5", "0.0 (rtol 0.5, of nothing: give atol)"),
        ("metric: weight_norm, near: 0, atol: 0", "0.0 (atol 0)"),
    ],
)
def test_where_a_tolerance_comes_from(expectation: str, tolerance: str) -> None:
    assert said(expectation)[1]["tolerance"] == tolerance


@pytest.mark.parametrize(
    ("near", "named"),
    [
        ("theory", "(rtol 1e-09, the default, z 1e-09, theory's own error)"),
        ("7.0", "(rtol 1e-09, the default, z 1e-09)"),
    ],
)
def test_standard_errors_are_named(near: str, named: str) -> None:
    start = "[8.0, 1.0]\ntrials: 4\nnoise: {kind: gaussian, sigma: 1.0}"
    _, details = said(f"metric: weight, near: {near}, z: 1e-9", start)
    assert details["tolerance"].endswith(named)
    assert float(details["tolerance"].split()[0]) < 1e-8


def test_no_value_is_said_in_words() -> None:
    message, details = said("metric: total_shrink, at: 1, finite: true")
    assert message.endswith("but it has no value at coordinate 1")
    assert details["measured"] == "no value"


def test_an_expectation_that_is_met_against_its_mark() -> None:
    message, _ = said("metric: weight_norm, near: 2, xfail: decay is off by one")
    assert message == "weight_norm of 'adamw' is near 2, though it is marked xfail: decay is off by one"


def test_of_many_coordinates_a_few_are_shown() -> None:
    _, details = said("metric: weight, below: 1.0", start=str([float(i) for i in range(1, 1001)]))
    assert details["measured"].startswith("0.25, 0.5, 0.75, ")
    assert details["measured"].endswith(", 5.0, ... (1,000 in all)")


def test_large_counts_are_written_alike() -> None:
    text = SCENARIO.format(start="[8.0]", expectation="metric: weight_norm, near: 2.0")
    result = CheckResult((check_one("a.yaml", lambda: load_text(text)),) * 1000)
    assert summary(result) == "1,000 scenarios, 1,000 expectations: 1,000 passed"
