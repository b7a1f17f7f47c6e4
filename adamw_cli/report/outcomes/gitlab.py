"""GitLab's code quality report; see report/findings/gitlab.py."""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.findings import gitlab as findings
from adamw_cli.report.outcomes.words import all_amiss


def render(result: CheckResult) -> str:
    """An array with one object for everything that is not as it should be."""
    return findings.render(all_amiss(result))
