"""Many scenarios, judged: the one place where outcomes become counts and an exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from adamw_cli.errors import AdamwError, ExitCode, Problem, ScenarioError
from adamw_cli.scenario.model import Scenario
from adamw_cli.verdict.compare import Verdict
from adamw_cli.verdict.simulate import simulate
from adamw_cli.verdict.stored import NOWHERE, Stored
from adamw_cli.verdict.trials import Value

Loader = Callable[[], Scenario]


class Keeper(Protocol):
    """Reads and writes the values of snapshots."""

    def stored(self, scenario: Scenario) -> Stored:
        """Return what is stored for a scenario."""

    def keep(self, scenario: Scenario, values: Mapping[str, Value]) -> None:
        """Store the values of a scenario, in place of what was stored."""


@dataclass(frozen=True)
class FileResult:
    """What became of one scenario file.

    Attributes
    ----------
    path : as it was found.
    scenario : None if it could not be loaded.
    verdicts : one per expectation, in the file's order.
    problems : why it could not be loaded or run.

    """

    path: str
    scenario: Scenario | None
    verdicts: tuple[Verdict, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """What became of all of them."""

    files: tuple[FileResult, ...] = field(default_factory=tuple)

    def count(self, *outcomes: str) -> int:
        """Return the number of expectations with one of these outcomes."""
        return sum(verdict.outcome in outcomes for file in self.files for verdict in file.verdicts)

    @property
    def expectations(self) -> int:
        """Expectations of the scenarios that could be loaded."""
        return sum(len(file.verdicts) for file in self.files)

    @property
    def errors(self) -> int:
        """Files that could not be run, and expectations that could not be judged."""
        return self.count("error") + sum(bool(file.problems) for file in self.files)

    @property
    def exit_code(self) -> ExitCode:
        """What could not run must not hide behind what failed: 2 beats 1; no file at all is 5."""
        if not self.files:
            return ExitCode.NOTHING_MATCHED
        if self.errors:
            return ExitCode.COULD_NOT_RUN
        return ExitCode.EXPECTATION_FAILED if self.count("failed", "xpassed") else ExitCode.OK


def check_one(path: str, load: Loader, keeper: Keeper | None = None, lines: frozenset[int] | None = None) -> FileResult:
    """Load, run and judge one scenario; what a user can cause is a result, not an exception.

    keeper : reads and writes the values of snapshots; without one they cannot be judged.
    lines : of the expectations that are meant; all if None.
    """
    try:
        scenario = load()
        places = _places(scenario, lines, path)
    except ScenarioError as error:
        return FileResult(path, None, problems=tuple(error.problems))
    except AdamwError as error:
        return FileResult(path, None, problems=(Problem("S001", error.message, error.hint or "", path, None),))
    try:
        stored = keeper.stored(scenario) if keeper else NOWHERE
        meant = scenario.model_copy(update={"expect": tuple(scenario.expect[i] for i in places)})
        verdicts = simulate(meant, stored=stored).verdicts
        fresh = dict(verdict.keep for verdict in verdicts if verdict.keep is not None)
        if keeper and fresh:
            keeper.keep(scenario, {**stored.values, **fresh})
    except AdamwError as error:
        return FileResult(path, scenario, problems=(Problem("E202", error.message, error.hint or "", path, None),))
    placed = tuple(replace(verdict, index=index) for verdict, index in zip(verdicts, places, strict=True))
    return FileResult(path, scenario, verdicts=placed)


def _places(scenario: Scenario, lines: frozenset[int] | None, path: str) -> list[int]:
    """The indices of the expectations that start on some lines."""
    starts = [scenario.origin.find(("expect", i))[1] for i in range(len(scenario.expect))]
    if lines is None:
        return list(range(len(starts)))
    known = [start.line for start in starts if start is not None]
    missing = sorted(lines.difference(known))
    if missing:
        hint = f"expectations start on: {', '.join(map(str, sorted(set(known))))}" if known else "it has none"
        problem = Problem("E203", f"no expectation starts on line {missing[0]}", hint, path, None)
        raise ScenarioError([problem])
    return [i for i, start in enumerate(starts) if start is not None and start.line in lines]


def check_all(
    sources: Sequence[tuple[str, Loader]],
    lines: Mapping[str, frozenset[int] | None] | None = None,
    progress: Callable[[int], None] | None = None,
    keeper: Keeper | None = None,
) -> CheckResult:
    """Check scenarios one after the other.

    sources : path and how to load it; lines : path -> as in check_one; progress : called with the number done.
    """
    done = []
    for path, load in sources:
        done.append(check_one(path, load, keeper, (lines or {}).get(path)))
        if progress is not None:
            progress(len(done))
    return CheckResult(tuple(done))
