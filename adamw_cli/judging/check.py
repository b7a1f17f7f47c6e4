"""One scenario, judged, and what became of many: the one place where outcomes become counts and an exit code.

What is kept of a scenario is what reports need, not the scenario: of thousands that would not fit into memory.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from adamw_cli import registry
from adamw_cli.errors import AdamwError, ExitCode, PluginError, Position, Problem, ScenarioError
from adamw_cli.judging.compare import Verdict
from adamw_cli.judging.simulate import judge
from adamw_cli.judging.snapshots import NOWHERE, SnapshotValues
from adamw_cli.judging.trials import Value
from adamw_cli.judging.warn import warnings
from adamw_cli.result import Brief, Result
from adamw_cli.scenario.model import Scenario

Loader = Callable[[], Scenario]
# The indices of the expectations that are meant; raises ScenarioError where that asks for something that is not there.
Which = Callable[[Scenario], Sequence[int]]

# Codes beside the S-codes of docs/scenario.md; report/findings/rules.py says what each means.
CANNOT_LOAD, SNAPSHOT, NO_EXPECTATION, NO_MEMORY, TIMEOUT, BUG = "S001", "E202", "E203", "E204", "E205", "E301"
PLUGIN = "E206"
EMPTY, MISLEADING = "E103", "E104"


class TimeLimitError(Exception):
    """A scenario took longer than it may; raised by the `progress` that check_one is given."""


class SnapshotKeeper(Protocol):
    """Reads and writes the values of snapshots."""

    def stored(self, scenario: Scenario) -> SnapshotValues:
        """Return what is stored for a scenario."""

    def keep(self, scenario: Scenario, values: Mapping[str, Value]) -> None:
        """Store the values of a scenario, in place of what was stored."""


@dataclass(frozen=True)
class Judged:
    """An expectation, judged, and where it stands.

    Attributes
    ----------
    source : path, `<stdin>` or `set`.
    position, line_text : of the expectation in the source, as in errors.Problem.

    """

    verdict: Verdict
    source: str
    position: Position | None = None
    line_text: str = ""


@dataclass(frozen=True, repr=False)
class FileResult(Brief):
    """What became of one scenario file.

    Attributes
    ----------
    path : as it was found.
    name : of the scenario; None if it could not be loaded.
    judged : one per expectation that was meant, in the file's order.
    problems : why it could not be loaded or run.
    findings : what `strict` objects to; each counts as an expectation that failed.
    seconds : how long loading, running and judging took.
    bug : the exception that nobody foresaw, if there was one.

    """

    path: str
    name: str | None = None
    judged: tuple[Judged, ...] = ()
    problems: tuple[Problem, ...] = ()
    findings: tuple[Problem, ...] = ()
    seconds: float = 0.0
    bug: Exception | None = None

    @property
    def failures(self) -> int:
        """Expectations that failed, and whatever else makes the exit code other than 0."""
        failed = sum(not judged.verdict.ok for judged in self.judged)
        return failed + len(self.findings) + bool(self.problems)


@dataclass(frozen=True, repr=False)
class CheckResult(Result):
    """What became of all of them.

    Attributes
    ----------
    files : one result per scenario, in the order in which they were given.
    not_run : how many more there were: after the last failure that was allowed, or after Ctrl-C.
    interrupted : whether it was Ctrl-C.
    matched : whether the selection has any scenario; an empty part of one that has is no error.

    """

    files: tuple[FileResult, ...] = field(default_factory=tuple)
    not_run: int = 0
    interrupted: bool = False
    matched: bool = True

    def count(self, *outcomes: str) -> int:
        """Return the number of expectations with one of these outcomes."""
        return sum(judged.verdict.outcome in outcomes for file in self.files for judged in file.judged)

    @property
    def expectations(self) -> int:
        """Expectations that were judged."""
        return sum(len(file.judged) for file in self.files)

    @property
    def failed(self) -> int:
        """Expectations that failed, and what `strict` objects to."""
        return self.count("failed") + sum(len(file.findings) for file in self.files)

    @property
    def errors(self) -> int:
        """Files that could not be run, and expectations that could not be judged."""
        return self.count("error") + sum(bool(file.problems) for file in self.files)

    @property
    def kept(self) -> int:
        """Values of snapshots that were stored instead of compared."""
        return sum(judged.verdict.keep is not None for file in self.files for judged in file.judged)

    @property
    def bug(self) -> Exception | None:
        """The first exception that nobody foresaw."""
        return next((file.bug for file in self.files if file.bug is not None), None)

    @property
    def exit_code(self) -> ExitCode:
        """What could not run must not hide behind what failed: 3 beats 2 beats 1; no file at all is 5, Ctrl-C 130."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if not self.files and not self.not_run:
            return ExitCode.OK if self.matched else ExitCode.NOTHING_MATCHED
        if self.bug is not None:
            return ExitCode.BUG
        if self.errors:
            return ExitCode.COULD_NOT_RUN
        return ExitCode.EXPECTATION_FAILED if self.failed or self.count("xpassed") else ExitCode.OK


def all_of(scenario: Scenario) -> Sequence[int]:
    """Every expectation."""
    return range(len(scenario.expect))


def check_one(
    path: str,
    load: Loader,
    *,
    which: Which = all_of,
    keeper: SnapshotKeeper | None = None,
    strict: bool = False,
    progress: Callable[[int], None] | None = None,
    threads: int | None = None,
) -> FileResult:
    """Load, run and judge one scenario; what goes wrong in it is a result, not an exception.

    Parameters
    ----------
    path : what the result is called.
    which : the expectations that are meant.
    keeper : reads and writes the values of snapshots; without one they cannot be judged.
    strict : whether to look for findings.
    progress : called with the number of steps done; a TimeLimitError in it ends this scenario.
    threads : at most this many at once; the number of processors by default.

    """
    started = time.monotonic()
    try:
        result = _checked(path, load, which, keeper, strict, progress, threads)
    except ScenarioError as error:
        result = FileResult(path, problems=tuple(error.problems))
    except AdamwError as error:
        result = _stopped(path, CANNOT_LOAD, error.message, error.hint or "")
    except TimeLimitError as error:
        result = _stopped(path, TIMEOUT, str(error), "raise the timeout, or take fewer steps")
    except MemoryError:
        result = _stopped(path, NO_MEMORY, "not enough memory for this scenario", "fewer trials, or a larger machine")
    except Exception as error:
        plugin = registry.blamed(error)
        text = plugin.message if plugin else f"this is a bug in adamw: {type(error).__name__}: {error}"
        hint = "" if plugin else "please report it with the scenario and the output of `adamw doctor`"
        result = replace(_stopped(path, PLUGIN if plugin else BUG, text, hint), bug=None if plugin else error)
    return replace(result, seconds=time.monotonic() - started)


def _stopped(path: str, code: str, message: str, hint: str) -> FileResult:
    return FileResult(path, problems=(Problem(code, message, hint, path, None),))


def _checked(
    path: str,
    load: Loader,
    which: Which,
    keeper: SnapshotKeeper | None,
    strict: bool,
    progress: Callable[[int], None] | None,
    threads: int | None,
) -> FileResult:
    scenario = load()
    places = which(scenario)
    try:
        stored = keeper.stored(scenario) if keeper else NOWHERE
        meant = replace(scenario, expect=tuple(scenario.expect[i] for i in places))
        verdicts = judge(meant, stored=stored, progress=progress, threads=threads)
        fresh = dict(verdict.keep for verdict in verdicts if verdict.keep is not None)
        if keeper and fresh:
            keeper.keep(scenario, {**stored.values, **fresh})
    except AdamwError as error:
        code = PLUGIN if isinstance(error, PluginError) else SNAPSHOT
        return replace(_stopped(path, code, error.message, error.hint or ""), name=scenario.name)
    judged = [
        Judged(replace(verdict, index=index), *scenario.origin.find(("expect", index)))
        for verdict, index in zip(verdicts, places, strict=True)
    ]
    return FileResult(path, scenario.name, tuple(judged), findings=tuple(_findings(path, scenario)) if strict else ())


def _findings(path: str, scenario: Scenario) -> list[Problem]:
    """What may mislead whoever relies on the scenario."""
    found = [Problem(MISLEADING, text, "", path, None) for text in warnings(scenario)]
    if not scenario.expect:
        hint = "add `expect:`, or keep the file elsewhere"
        found.insert(0, Problem(EMPTY, "the scenario expects nothing, so that it cannot fail", hint, path, None))
    return found
