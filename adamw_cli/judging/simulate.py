"""One scenario, run: what was measured beside what theory predicts, for every run and metric."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adamw_cli import registry
from adamw_cli.errors import AdamwError, UnknownNameError, suggestion
from adamw_cli.judging.compare import Verdict, compare
from adamw_cli.judging.measure import Measured, measure, total_steps
from adamw_cli.judging.predict import Prediction, predict
from adamw_cli.judging.predict.path import drawn
from adamw_cli.judging.predict.situation import situation
from adamw_cli.judging.requests import ALWAYS, Request, request, requests, wanted_by
from adamw_cli.judging.snapshots import NOWHERE, SnapshotValues
from adamw_cli.judging.trials import Value, interval
from adamw_cli.judging.warn import warnings
from adamw_cli.result import Brief, Trajectories
from adamw_cli.scenario.model import Scenario
from adamw_cli.vocabulary import Metric


@dataclass(frozen=True)
class Comparison:
    """One number, measured, beside theory; either may be missing.

    Attributes
    ----------
    measured, theory : the two, or None.
    relative_error : as in Row.
    holds_when : the condition of the theory; empty without one.
    note : why there is no theory; empty where there is.

    """

    measured: float | None
    theory: float | None
    relative_error: float | None
    holds_when: str
    note: str


def compared(measured: float | None, theory: float | None, holds_when: str, note: str = "") -> Comparison:
    """Put two numbers beside each other; the condition is kept if there is theory, the note if there is none."""
    known = theory is not None
    return Comparison(measured, theory, _relative(measured, theory), holds_when if known else "", "" if known else note)


@dataclass(frozen=True, repr=False)
class Row(Brief):
    """A metric of a run, measured, beside theory.

    Attributes
    ----------
    metric, parameters : as in Request.
    measured : a number, a word, one number per coordinate, or None where the metric is undefined; the mean over trials.
    prediction : what theory says, and when that holds.
    theory : the value of the prediction, shaped like `measured`; None without a closed form, and `prediction.note` says why.
    relative_error : |measured - theory| / |theory|, largest over coordinates; 0 where both are 0; None where
        either is missing or theory alone is 0.
    standard_error : of the mean over trials, shaped like it; None for a word, or where there is one trial only.
    trials : how many there are.
    independent : how many of them, or of their antithetic pairs, are independent.

    """

    metric: str
    parameters: tuple[tuple[str, object], ...]
    measured: Value
    prediction: Prediction
    standard_error: Value = None
    trials: int = 1
    independent: int = 1

    @property
    def label(self) -> str:
        """`overshoot`, or `overshoot(level=1)` where a parameter is not at its default."""
        return _label(self.metric, self.parameters)

    @property
    def theory(self) -> Value:
        """See the class."""
        return self.prediction.value

    @property
    def spec(self) -> Metric:
        """The metric's facts."""
        found: Metric = registry.load("metrics", self.metric).SPEC
        return found

    @property
    def relative_error(self) -> float | None:
        """See the class."""
        if self.measured is None or self.theory is None:
            return None
        pairs = zip(_several(self.measured), _several(self.theory), strict=True)
        errors = [_relative(measured, theory) for measured, theory in pairs]
        known = [error for error in errors if error is not None]
        return max(known) if known else None

    @property
    def interval95(self) -> list[float | None] | list[list[float | None]] | None:
        """Return the 95 % confidence interval of the mean over trials, per coordinate where the metric is; None without."""
        return interval(self.measured, self.standard_error, self.independent)

    def at(self, coordinate: int) -> Comparison:
        """Return one coordinate's number beside theory; of a metric of the whole run, the run's."""
        measured, theory = _one(self.measured, coordinate), _one(self.theory, coordinate)
        return compared(measured, theory, self.prediction.holds_when, self.prediction.note)


@dataclass(frozen=True, repr=False)
class RunResult(Brief, Mapping[str, Row]):
    """One run: what it recorded, and its rows in the order of the metrics' names; a mapping from the rows' labels to them."""

    measured: Measured
    rows: tuple[Row, ...]

    def row(self, metric: str, at_step: int | None = None, **parameters: object) -> Row:
        """Return the row of a metric, with its default parameters if none are given; `at_step` as in an expectation.

        Raises
        ------
        UnknownNameError
            If there is none; the message lists what there is.

        """
        try:
            wanted = request(metric, parameters, at_step)
        except (AdamwError, KeyError, TypeError):  # there is no metric, or no parameter of it, by this name
            wanted = metric, tuple(parameters.items())
        for row in self.rows:
            if (row.metric, row.parameters) == wanted:
                return row
        raise self._without(_label(*wanted))

    def _without(self, label: str) -> UnknownNameError:
        return UnknownNameError(f"the run '{self.measured.run}' has no row '{label}'", suggestion(label, list(self)))

    def __getitem__(self, label: str) -> Row:
        for row in self.rows:
            if row.label == label:
                return row
        raise self._without(label)

    def __iter__(self) -> Iterator[str]:
        return (row.label for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, repr=False)
class Simulation(Trajectories, Mapping[str, RunResult]):
    """A scenario and its runs, in the scenario's order; a mapping from the runs' names to them.

    `verdicts` judges the scenario's own expectations.
    """

    scenario: Scenario
    runs: tuple[RunResult, ...]
    verdicts: tuple[Verdict, ...]

    def run(self, name: str) -> RunResult:
        """Return a run by its name, as `simulation[name]` does.

        Raises
        ------
        UnknownNameError
            If there is none; the message lists what there is.

        """
        return self[name]

    def __getitem__(self, name: str) -> RunResult:
        for run in self.runs:
            if run.measured.run == name:
                return run
        raise UnknownNameError(f"there is no run '{name}'", suggestion(name, list(self)))

    def __iter__(self) -> Iterator[str]:
        return (run.measured.run for run in self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Where the scenario's settings are likely to mislead."""
        return tuple(warnings(self.scenario))

    def theory_path(self, run: str, steps: Sequence[int]) -> list[list[float | None]]:
        """Return theory's weights of a run after some ascending steps, per coordinate; None where it knows none."""
        config = self.scenario.optimizers[self[run].measured.run]
        facts = situation(self.scenario, config)
        if not self.scenario.exact or facts.clipped or not config.precision.exact:
            return [[None] * len(steps) for _ in self.scenario.start]
        return drawn(facts, steps)


def _label(metric: str, parameters: Iterable[tuple[str, object]]) -> str:
    given = ", ".join(f"{name}={_plain(value)}" for name, value in parameters)
    return f"{metric}({given})" if given else metric


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return "/".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _one(value: Value, coordinate: int) -> float | None:
    chosen = value[coordinate] if isinstance(value, tuple) else value
    return chosen if isinstance(chosen, float) else None


def _several(value: Value) -> tuple[float | str | None, ...]:
    return value if isinstance(value, tuple) else (value,)


def _relative(measured: float | str | None, theory: float | str | None) -> float | None:
    if not isinstance(measured, float) or not isinstance(theory, float):
        return None
    if theory == 0.0:
        return 0.0 if measured == 0.0 else None
    error = abs(measured - theory) / abs(theory)
    return error if math.isfinite(error) else None


def simulate(
    scenario: Scenario,
    *,
    wanted: Sequence[Request] | None = None,
    progress: Callable[[int, int], None] | None = None,
    threads: int | None = None,
    stored: SnapshotValues = NOWHERE,
) -> Simulation:
    """Run a scenario, measure every metric of every run, and put theory beside it.

    Parameters
    ----------
    scenario : from load_scenario or load_text.
    wanted : the metrics to measure; by default every one that means something here.
    progress : called with the number of steps done, and how many there are.
    threads : at most this many at once; the number of processors by default.
    stored : values of earlier runs, for expectations that are snapshots.

    """
    wanted = list(dict.fromkeys([*(requests(scenario) if wanted is None else wanted), *ALWAYS]))
    of, call = total_steps(scenario), progress
    told = None if call is None else lambda done: call(done, of)
    measured = measure(scenario, wanted, progress=told, threads=threads)
    predictions: dict[str, Mapping[Request, Prediction]] = {
        name: predict(scenario, config, wanted) for name, config in scenario.optimizers.items()
    }
    runs = []
    for one in measured:
        theory, several = predictions[one.run], (one.trials, one.independent)
        rows = (Row(*key, one.values[key], theory[key], one.standard_errors[key], *several) for key in wanted)
        runs.append(RunResult(one, tuple(rows)))
    return Simulation(scenario, tuple(runs), tuple(compare(scenario.expect, measured, predictions, stored)))


def judge(
    scenario: Scenario,
    *,
    progress: Callable[[int], None] | None = None,
    threads: int | None = None,
    stored: SnapshotValues = NOWHERE,
) -> list[Verdict]:
    """Run a scenario and judge what it expects: as Simulation.verdicts, without measuring and predicting anything else.

    Most of the time of `simulate` goes into theory that no expectation asks for.
    """
    wanted = list(dict.fromkeys([*map(wanted_by, scenario.expect), *ALWAYS]))
    measured = measure(scenario, wanted, progress=progress, threads=threads)
    asked: dict[str, list[Request]] = {name: [] for name in scenario.optimizers}
    for expectation in scenario.expect:
        if expectation.near == "theory":
            asked[expectation.of or next(iter(asked))].append(wanted_by(expectation))
    predictions = {name: predict(scenario, config, asked[name]) for name, config in scenario.optimizers.items()}
    return compare(scenario.expect, measured, predictions, stored)
