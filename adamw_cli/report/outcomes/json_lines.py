"""JSON Lines: the format and the counts in the first line, then a record of everything that was judged in one line each.

The first line comes first, so that a reader knows what follows, and how much: a file that was cut short can be told.
"""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.outcomes.document import FORMAT, records
from adamw_cli.report.outcomes.words import numbers
from adamw_cli.report.render import strict_json


def render(result: CheckResult) -> str:
    """Strict JSON, in ASCII, one object per line; the records are those of `json`."""
    found = [record for file in result.files for record in records(file)]
    head = {"format": FORMAT, "summary": numbers(result), "records": len(found)}
    return "".join(strict_json(line, indent=None) for line in [head, *found])
