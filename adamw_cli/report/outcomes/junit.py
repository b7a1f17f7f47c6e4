"""A check as JUnit's XML: one test suite per file, one test per expectation."""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.document import counted
from adamw_cli.report.junit import Suite, document
from adamw_cli.report.outcomes.cases import Case, cases


def render(result: CheckResult) -> str:
    """The document, with `file` and `line` of each test."""
    return document("adamw check", suites(result))


def suites(result: CheckResult) -> list[Suite]:
    """One per file, and one that says what is missing: without it a check that was interrupted would look complete."""
    found = [Suite(file.path, round(1000 * file.seconds), cases(file), file.path) for file in result.files]
    if result.not_run:
        why = "interrupted" if result.interrupted else "stopped after a failure"
        reason = f"{why}: {counted(result.not_run, 'scenario')} not run"
        found.append(Suite("not run", 0, [Case("skipped", "all scenarios run", "-", reason=reason)]))
    return found
