"""Expectations against measurements: one verdict each, computed once and used for text, reports and exit codes."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from adamw_cli.scenario.model import Expectation, Reference
from adamw_cli.verdict.measure import Measured, Value
from adamw_cli.verdict.predict import Prediction
from adamw_cli.verdict.requests import Request, request

Target = float | str | bool | tuple[float, ...] | None
Outcome = Literal["passed", "failed", "error", "xfailed", "xpassed"]


@dataclass(frozen=True)
class Verdict:
    """What became of one expectation.

    Attributes
    ----------
    outcome : `passed`; `failed`; `error` (could not be judged); `xfailed` and `xpassed` if it was marked xfail.
    measured : the metric's value, as in Measured.values; one coordinate's if the expectation has `at`.
    target : what the measured value was compared with: a number, a word, two numbers, or the file's words if it
        could not be turned into one.
    tolerance : allowed distance from the expected value; None without one.
    margin : the distance as a part of the tolerance, of the coordinate that comes closest to failing; None without one.
    message : why it failed or could not be judged; empty if it passed.

    """

    expectation: Expectation
    index: int
    run: str
    outcome: Outcome
    measured: Value
    target: Target
    tolerance: float | None
    margin: float | None
    message: str

    @property
    def ok(self) -> bool:
        """Whether this leaves the exit code at 0."""
        return self.outcome in ("passed", "xfailed")


@dataclass(frozen=True)
class _Judgement:
    """One coordinate's comparison."""

    ok: bool
    target: Target
    tolerance: float | None = None
    margin: float | None = None
    message: str = ""


class _CannotJudgeError(Exception):
    """The expectation refers to something that has no value."""


def compare(
    expectations: Sequence[Expectation],
    measured: Sequence[Measured],
    predictions: Mapping[str, Mapping[Request, Prediction]],
) -> list[Verdict]:
    """Judge every expectation of a scenario.

    predictions : run -> metric and parameters -> what theory says, for `near: theory`.
    """
    runs = {m.run: m for m in measured}
    return [_judge(i, e, runs, predictions) for i, e in enumerate(expectations)]


def _judge(
    index: int,
    expectation: Expectation,
    runs: Mapping[str, Measured],
    predictions: Mapping[str, Mapping[Request, Prediction]],
) -> Verdict:
    run = expectation.of or next(iter(runs))
    key = request(expectation.metric, expectation.parameters)
    value = runs[run].values[key]
    outcome: Outcome
    try:
        judged = _coordinates(expectation, key, value, runs, predictions[run].get(key))
        worst = max(judged, key=lambda j: (not j.ok, j.margin or 0.0))
        outcome, message = ("passed" if worst.ok else "failed"), worst.message
    except _CannotJudgeError as problem:
        worst = _Judgement(False, _target(expectation))
        outcome, message = "error", str(problem)
    if expectation.xfail is not None and outcome in ("passed", "failed"):
        if outcome == "passed":
            outcome, message = "xpassed", f"passed, but is marked xfail: {expectation.xfail}"
        else:
            outcome = "xfailed"
    if isinstance(value, tuple) and expectation.at is not None:
        value = value[expectation.at]
    return Verdict(expectation, index, run, outcome, value, worst.target, worst.tolerance, worst.margin, message)


def _coordinates(
    expectation: Expectation,
    key: Request,
    value: Value,
    runs: Mapping[str, Measured],
    prediction: Prediction | None,
) -> list[_Judgement]:
    if not isinstance(value, tuple):
        return [_one(expectation, key, value, None, runs, prediction)]
    chosen = range(len(value)) if expectation.at is None else [expectation.at]
    return [_one(expectation, key, value[i], i, runs, prediction) for i in chosen]


def _one(
    expectation: Expectation,
    key: Request,
    value: float | str | None,
    coordinate: int | None,
    runs: Mapping[str, Measured],
    prediction: Prediction | None,
) -> _Judgement:
    at = "" if coordinate is None else f" at coordinate {coordinate}"
    if expectation.finite is not None:
        is_finite = isinstance(value, float)
        return _judgement(is_finite == expectation.finite, expectation.finite, f"it is {value}{at}")
    if isinstance(expectation.equals, str):
        return _judgement(value == expectation.equals, expectation.equals, f"it is '{value}'")
    if value is None:
        return _Judgement(False, _target(expectation), message=f"it has no value{at}")
    assert isinstance(value, float)
    if expectation.between is not None:
        low, high = expectation.between
        return _judgement(low <= value <= high, expectation.between, f"it is {value!r}{at}")
    for bound, holds in ((expectation.above, operator.gt), (expectation.below, operator.lt)):
        if bound is not None:
            limit = _number(bound, key, coordinate, runs, None)
            return _judgement(holds(value, limit), limit, f"it is {value!r}{at}")
    target = expectation.near if expectation.near is not None else expectation.equals
    wanted = _number(target, key, coordinate, runs, prediction)
    tolerance = expectation.tolerance(wanted)
    off = abs(value - wanted)
    margin = off / tolerance if tolerance > 0 else None
    by = f", {margin:.3g} times the tolerance" if margin is not None else ""
    ok = off <= tolerance
    return _Judgement(ok, wanted, tolerance, margin, "" if ok else f"it is {value!r}{at}, off by {off:.3g}{by}")


def _judgement(ok: bool, target: Target, what: str) -> _Judgement:
    return _Judgement(ok, target, message="" if ok else what)


def _number(
    target: object, key: Request, coordinate: int | None, runs: Mapping[str, Measured], prediction: Prediction | None
) -> float:
    """A target as a number: itself, theory's, or another run's times a factor."""
    if isinstance(target, float | int):
        return float(target)
    if isinstance(target, tuple):
        return float(target[coordinate or 0])
    if target == "theory":
        if prediction is None or prediction.value is None:
            note = "no closed form" if prediction is None else prediction.note
            raise _CannotJudgeError(f"theory has no value for {key[0]} here: {note}")
        value: Value = prediction.value
        factor, origin = 1.0, "theory"
    else:
        assert isinstance(target, Reference)
        value, factor, origin = runs[target.of].values[key], target.times, f"run '{target.of}'"
    if isinstance(value, tuple):
        value = value[coordinate or 0]
    if not isinstance(value, float) or not math.isfinite(value):
        raise _CannotJudgeError(f"{key[0]} of {origin} has no value to compare with")
    return factor * value


def _target(expectation: Expectation) -> Target:
    """What it is compared with, as it stands in the file, where that cannot be turned into a number."""
    target = getattr(expectation, expectation.comparison)
    return f"{target.times:g} times '{target.of}'" if isinstance(target, Reference) else target
