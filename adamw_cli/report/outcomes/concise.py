"""`path:line:col: CODE message`, one line for everything that is not as it should be, then the summary."""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.findings.lines import concise
from adamw_cli.report.outcomes.words import all_amiss, summary


def render(result: CheckResult) -> str:
    """The lines that editors and `grep` take."""
    return f"{concise(all_amiss(result))}{summary(result)}\n"
