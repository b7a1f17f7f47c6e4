"""`path:line:col: CODE message`, one line for everything that is not as it should be, then the summary."""

from __future__ import annotations

from adamw_cli.report.outcomes.words import amiss, summary
from adamw_cli.verdict.check import CheckResult


def render(result: CheckResult) -> str:
    """The lines that editors and `grep` take."""
    lines = [f"{p.location()}: {p.code} {p.message}" for file in result.files for p in amiss(file)]
    return "".join(f"{line}\n" for line in [*lines, summary(result)])
