"""One JSON object: the summary, then a record of everything that was judged."""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.outcomes.document import document
from adamw_cli.report.render import render as render_document


def render(result: CheckResult) -> str:
    """Strict JSON, in ASCII."""
    return render_document(document(result), "json")
