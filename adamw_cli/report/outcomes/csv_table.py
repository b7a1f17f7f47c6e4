"""The records of everything that was judged, for spreadsheets."""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.outcomes.document import document
from adamw_cli.report.render import render as render_document


def render(result: CheckResult) -> str:
    """A header, then one row per record."""
    return render_document(document(result), "csv")
