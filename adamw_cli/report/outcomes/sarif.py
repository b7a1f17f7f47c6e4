"""SARIF 2.1.0; see report/findings/sarif.py."""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.findings import sarif as findings
from adamw_cli.report.outcomes.words import all_amiss


def render(result: CheckResult) -> str:
    """A log with one result for everything that is not as it should be."""
    return findings.render(all_amiss(result))
