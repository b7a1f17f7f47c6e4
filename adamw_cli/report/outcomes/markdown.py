"""Markdown for a job's summary: the verdict, what failed, and every expectation in a fold."""

import re
from collections.abc import Iterable, Sequence

from adamw_cli.errors import ExitCode, Problem
from adamw_cli.judging.check import CheckResult
from adamw_cli.report.characters import one_line
from adamw_cli.report.document import cell_text, counted
from adamw_cli.report.findings.places import in_repository
from adamw_cli.report.outcomes.document import document
from adamw_cli.report.outcomes.words import all_amiss, summary

# GitHub refuses a summary of more than 1 MiB per step; in the rest there is room for what frames the tables.
LIMIT = 1_000_000
_VERDICTS = {
    ExitCode.OK: "passed",
    ExitCode.EXPECTATION_FAILED: "failed",
    ExitCode.COULD_NOT_RUN: "could not run",
    ExitCode.BUG: "a bug in adamw",
    ExitCode.NOTHING_MATCHED: "no scenario",
    ExitCode.INTERRUPTED: "interrupted",
}
# What Markdown or HTML would take for markup; an underscore inside a word is none.
_MARKUP = re.compile(r"[&<>|\\`*\[\]~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def render(result: CheckResult, taken: int = 0) -> str:
    """At most about LIMIT bytes, of which so many are taken; rows that are left out for that are counted."""
    limit = max(0, LIMIT - taken)
    text = f"**adamw check: {_VERDICTS[result.exit_code]}.** {_clean(summary(result))}\n"
    problems = all_amiss(result)
    if problems:
        text += "\n" + _table(["where", "code", "what"], map(_failure, problems), (limit - len(text)) // 2)
    (table,) = document(result).tables
    if table.rows:
        rows = ([cell_text(cell) for cell in row] for row in table.rows)
        head = f"\n<details><summary>{counted(len(table.rows), 'expectation')}</summary>\n\n"
        room = limit - len(text.encode())
        text += f"{head}{_table([column.title for column in table.columns], rows, room)}\n</details>\n"
    return text


def _failure(problem: Problem) -> list[str]:
    place = "" if problem.position is None else f":{problem.position.line}"
    return [f"{in_repository(problem.source)}{place}", problem.code, problem.message]


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]], room: int) -> str:
    """As many rows as have room, in bytes; then how many more there are."""
    lines = [_row(titles), _row(["---"] * len(titles))]
    left = 0
    for cells in rows:
        line = _row([_clean(cell) for cell in cells])
        room -= len(line.encode())
        if left or room < 0:
            left += 1
        else:
            lines.append(line)
    return "".join(lines) + (f"\nand {left:,} more\n" if left else "")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _clean(text: str) -> str:
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", one_line(text))
