"""A check as a list of tests, for formats that know nothing but tests: JUnit's and TAP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from adamw_cli.errors import Problem
from adamw_cli.judging.check import CheckResult, FileResult
from adamw_cli.report.document import counted
from adamw_cli.report.outcomes.words import as_problem, asked


@dataclass(frozen=True)
class Case:
    """One test.

    Attributes
    ----------
    name : what is tested; the same in every run of the same file.
    source, line : where it stands; no line if the whole file is meant.
    problems : why it is not as it should be.
    reason : why it is marked `xfail`, or was skipped.

    """

    outcome: Literal["passed", "failed", "error", "xfailed", "skipped"]
    name: str
    source: str
    line: int | None = None
    problems: tuple[Problem, ...] = ()
    reason: str = ""

    @property
    def message(self) -> str:
        """The first problem in one sentence, and how many more there are."""
        more = len(self.problems) - 1
        return self.problems[0].message + (f", and {more} more" if more else "")


@dataclass(frozen=True)
class Suite:
    """Tests that belong together.

    Attributes
    ----------
    name : of the suite, from which the class of its tests is made.
    milliseconds : how long they took together.
    source : the file that they are about; None if they are about none.

    """

    name: str
    milliseconds: int
    cases: Sequence[Case]
    source: str | None = None


@dataclass(frozen=True)
class Tests:
    """Everything that a command tested; `name` is the command's."""

    name: str
    suites: Sequence[Suite]


def tests(result: CheckResult) -> Tests:
    """A suite per file, and one that says what is missing: without it a check that was interrupted would look complete."""
    found = [Suite(file.path, round(1000 * file.seconds), cases(file), file.path) for file in result.files]
    if result.not_run:
        why = "interrupted" if result.interrupted else "stopped after a failure"
        reason = f"{why}: {counted(result.not_run, 'scenario')} not run"
        found.append(Suite("not run", 0, [Case("skipped", "all scenarios run", "-", reason=reason)]))
    return Tests("adamw check", found)


def cases(file: FileResult) -> list[Case]:
    """One test per expectation and per finding of `--strict`.

    One more for the file itself if it could not be run, or if that it ran is all there is to say.
    """
    found = [Case("failed", f"{problem.code}: strict", *_place(problem), (problem,)) for problem in file.findings]
    for judged in file.judged:
        verdict, line = judged.verdict, judged.position.line if judged.position else None
        outcome = "failed" if verdict.outcome == "xpassed" else verdict.outcome
        problems = () if verdict.ok else (as_problem(file, judged),)
        found.append(
            Case(outcome, asked(verdict), judged.source, line, problems, verdict.expectation.xfail or "")
        )  # fmt: skip
    if file.problems:
        found.insert(0, Case("error", "runs", *_place(file.problems[0]), file.problems))
    return found or [Case("passed", "runs", file.path)]


def _place(problem: Problem) -> tuple[str, int | None]:
    return problem.source, problem.position.line if problem.position else None
