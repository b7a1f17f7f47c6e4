"""The table of every expectation, then what failed and where: for people."""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.outcomes.document import document
from adamw_cli.report.table import plain_tables, render_tables


def render(result: CheckResult) -> str:
    """Plain text, the same everywhere."""
    return plain_tables(document(result).tables)


def draw(result: CheckResult) -> str:
    """The same for standard output, with lines and colours where that is a terminal."""
    return render_tables(document(result).tables)
