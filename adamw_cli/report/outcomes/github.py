"""Annotations for GitHub's workflow log; see report/findings/github.py."""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.findings import github as findings
from adamw_cli.report.outcomes import concise
from adamw_cli.report.outcomes.words import all_amiss, summary


def render(result: CheckResult) -> str:
    """The annotations, then the summary."""
    return findings.render(all_amiss(result), summary(result))


def log(result: CheckResult) -> str:
    """What `auto` prints in a workflow: the annotations, which GitHub shows ten of, then every line of `concise`."""
    return findings.commands(all_amiss(result)) + concise.render(result)
