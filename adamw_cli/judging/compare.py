"""Expectations against measurements: one verdict each, computed once and used for text, reports and exit codes."""

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from adamw_cli.judging.measure import Measured
from adamw_cli.judging.predict import Prediction
from adamw_cli.judging.requests import Request, wanted_by
from adamw_cli.judging.snapshots import NOWHERE, SnapshotValues, key_of
from adamw_cli.judging.trials import Value, reduced
from adamw_cli.scenario.model import Expectation, Reference

Target = float | str | bool | tuple[float | None, ...] | None
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
    off : the distance from what was expected, or from the bound that was crossed; None where that is no number.
    message : why it failed or could not be judged; empty if it passed.
    keep : the value to store, under which name, if it is a snapshot that is to be written.

    """

    expectation: Expectation
    index: int
    run: str
    outcome: Outcome
    measured: Value
    target: Target
    tolerance: float | None
    margin: float | None
    off: float | None
    message: str
    keep: tuple[str, Value] | None = None

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
    off: float | None = None
    message: str = ""


class _CannotJudgeError(Exception):
    """The expectation refers to something that has no value."""


@dataclass(frozen=True)
class _View:
    """What an expectation is compared with: one trial, or all of them reduced to a value.

    Attributes
    ----------
    runs : of the scenario.
    prediction : what theory says of the metric.
    stored : the value of an earlier run, for a snapshot.
    key : the metric.
    over : how trials are reduced to one value; None if there is one only.
    trial : which one is looked at; None for all.

    """

    runs: Mapping[str, Measured]
    prediction: Prediction | None
    stored: Value
    key: Request
    over: str | None
    trial: int | None

    def standard_error(self, run: str, coordinate: int | None) -> float:
        """Return how far the mean over trials of the metric may be off; 0 where that is not known."""
        error = self.runs[run].standard_errors.get(self.key)
        if isinstance(error, tuple):
            error = error[coordinate or 0]
        return error if isinstance(error, float) else 0.0

    def value(self, run: str) -> Value:
        """Return the metric of a run."""
        measured = self.runs[run]
        if self.trial is not None:
            return measured.samples[self.key][self.trial]
        if self.over in (None, "mean") or measured.trials == 1:
            return measured.values[self.key]
        return reduced(measured.samples[self.key], str(self.over))


def compare(
    expectations: Sequence[Expectation],
    measured: Sequence[Measured],
    predictions: Mapping[str, Mapping[Request, Prediction]],
    stored: SnapshotValues = NOWHERE,
) -> list[Verdict]:
    """Judge every expectation of a scenario.

    predictions : run -> metric and parameters -> what theory says, for `near: theory`.
    stored : values of earlier runs, for `snapshot: true`.
    """
    runs = {m.run: m for m in measured}
    return [_judge(i, e, runs, predictions, stored) for i, e in enumerate(expectations)]


def _judge(
    index: int,
    expectation: Expectation,
    runs: Mapping[str, Measured],
    predictions: Mapping[str, Mapping[Request, Prediction]],
    stored: SnapshotValues,
) -> Verdict:
    run = expectation.of or next(iter(runs))
    key = wanted_by(expectation)
    name = key_of(run, key, expectation)
    trials: Sequence[int | None] = range(runs[run].trials) if expectation.over == "every" else [None]
    prediction = predictions[run].get(key)
    views = [_View(runs, prediction, stored.values.get(name), key, expectation.over, trial) for trial in trials]
    value = runs[run].values[key] if expectation.over == "every" else views[0].value(run)
    keep: tuple[str, Value] | None = None
    outcome: Outcome
    try:
        if expectation.snapshot and (stored.update or (stored.write and name not in stored.values)):
            keep = name, _shown(expectation, value)
            worst = _Judgement(True, _shown(expectation, value))
        elif expectation.snapshot and name not in stored.values:
            raise _CannotJudgeError(stored.missing)
        elif expectation.snapshot and (there := _size(stored.values[name])) != (
            here := _size(_shown(expectation, value))
        ):
            raise _CannotJudgeError(f"the stored value is {there}, and the run's is {here}: update the snapshot")
        else:
            judged = [found for view in views for found in _coordinates(expectation, view, run)]
            worst = max(judged, key=_badness)
        outcome, message = ("passed" if worst.ok else "failed"), worst.message
    except _CannotJudgeError as problem:
        worst = _Judgement(False, _target(expectation))
        missing = expectation.snapshot and stored.missing_fails
        outcome, message = ("failed" if missing else "error"), str(problem)
    if expectation.xfail is not None and keep is None and outcome in ("passed", "failed"):
        if outcome == "passed":
            outcome, message = "xpassed", f"passed, but is marked xfail: {expectation.xfail}"
        else:
            outcome = "xfailed"
    shown = _shown(expectation, value)
    numbers = worst.target, worst.tolerance, worst.margin, worst.off
    return Verdict(expectation, index, run, outcome, shown, *numbers, message, keep)


def _badness(found: _Judgement) -> tuple[bool, float, float]:
    """Orders what was found in coordinates and trials: failures last, then what is farther off, in tolerances if it has one."""
    if found.ok:
        return False, found.margin or 0.0, 0.0
    off = math.inf if found.off is None else found.off
    return True, math.inf if found.margin is None else found.margin, off


def _shown(expectation: Expectation, value: Value) -> Value:
    """The coordinate that is meant, or all."""
    return value[expectation.at] if isinstance(value, tuple) and expectation.at is not None else value


def _size(value: Value) -> str:
    return f"a list of {len(value)}" if isinstance(value, tuple) else "one value"


def _coordinates(expectation: Expectation, view: _View, run: str) -> Iterator[_Judgement]:
    value = view.value(run)
    trial = "" if view.trial is None else f" in trial {view.trial}"
    if not isinstance(value, tuple):
        yield _one(expectation, view, value, None, trial, view.standard_error(run, None))
        return
    for i in range(len(value)) if expectation.at is None else [expectation.at]:
        yield _one(expectation, view, value[i], i, f" at coordinate {i}{trial}", view.standard_error(run, i))


def _one(
    expectation: Expectation,
    view: _View,
    value: float | str | None,
    coordinate: int | None,
    at: str,
    standard_error: float,
) -> _Judgement:
    if expectation.snapshot:
        return _snapshot(expectation, view.stored, value, coordinate, at)
    if expectation.finite is not None:
        is_finite = isinstance(value, float)
        found = f"it is {value!r}" if is_finite else "it has no value"
        return _judgement(is_finite == expectation.finite, expectation.finite, None, f"{found}{at}")
    if isinstance(expectation.equals, str):
        return _judgement(value == expectation.equals, expectation.equals, None, f"it is '{value}'{at}")
    if value is None:
        return _Judgement(False, _target(expectation), message=f"it has no value{at}")
    assert isinstance(value, float)
    if expectation.between is not None:
        low, high = expectation.between
        off = max(low - value, value - high, 0.0)
        return _judgement(low <= value <= high, expectation.between, off, f"it is {value!r}{at}")
    for bound, holds in ((expectation.above, operator.gt), (expectation.below, operator.lt)):
        if bound is not None:
            limit = _number(bound, view, coordinate)
            return _judgement(holds(value, limit), limit, abs(value - limit), f"it is {value!r}{at}")
    target = expectation.near if expectation.near is not None else expectation.equals
    wanted = _number(target, view, coordinate)
    own_error = view.prediction.error if target == "theory" and view.prediction is not None else 0.0
    return _near(wanted, expectation.tolerance(wanted, standard_error, own_error), value, at)


def _near(wanted: float, tolerance: float, value: float, at: str) -> _Judgement:
    for what, number in (("the value to compare with", wanted), ("the tolerance", tolerance)):
        if not math.isfinite(number):  # anything would pass
            raise _CannotJudgeError(f"{what} is {number}, which is no finite number")
    off = abs(value - wanted)
    margin = off / tolerance if tolerance > 0 else None
    by = f", {margin:.3g} times the tolerance" if margin is not None else ""
    ok = off <= tolerance
    message = "" if ok else f"it is {value!r}{at}, off by {off:.3g}{by}"
    return _Judgement(ok, wanted, tolerance, margin, off, message)


def _snapshot(
    expectation: Expectation, stored: Value, value: float | str | None, coordinate: int | None, at: str
) -> _Judgement:
    """Compare with the value of an earlier run; no value is a value here, too."""
    wanted = stored[coordinate or 0] if isinstance(stored, tuple) else stored
    if isinstance(wanted, float) and isinstance(value, float):
        return _near(wanted, expectation.tolerance(wanted), value, at)
    found = "it has no value" if value is None else f"it is {value!r}"
    return _judgement(value == wanted, wanted, None, f"{found}{at}")


def _judgement(ok: bool, target: Target, off: float | None, what: str) -> _Judgement:
    return _Judgement(ok, target, off=off, message="" if ok else what)


def _number(target: object, view: _View, coordinate: int | None) -> float:
    """A target as a number: itself, theory's, or another run's times a factor."""
    if isinstance(target, float | int):
        return float(target)
    if isinstance(target, tuple):
        return float(target[coordinate or 0])
    metric = view.key[0]
    if target == "theory":
        if view.prediction is None or view.prediction.value is None:
            note = "no closed form" if view.prediction is None else view.prediction.note
            raise _CannotJudgeError(f"theory has no value for {metric} here: {note}")
        value: Value = view.prediction.value
        factor, origin = 1.0, "theory"
    else:
        assert isinstance(target, Reference)
        value, factor, origin = view.value(target.of), target.times, f"run '{target.of}'"
    if isinstance(value, tuple):
        value = value[coordinate or 0]
    if not isinstance(value, float) or not math.isfinite(value):
        raise _CannotJudgeError(f"{metric} of {origin} has no value to compare with")
    if not math.isfinite(factor * value):
        raise _CannotJudgeError(f"{factor:g} times the {metric} of {origin}, {value!r}, is no finite number")
    return factor * value


def _target(expectation: Expectation) -> Target:
    """What it is compared with, as it stands in the file, where that cannot be turned into a number."""
    if expectation.snapshot:
        return "the stored value"
    target = getattr(expectation, expectation.comparison)
    return f"{target.times:g} times '{target.of}'" if isinstance(target, Reference) else target
