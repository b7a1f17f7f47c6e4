"""The table of every expectation, for people; the records of the same, for JSON, JSON lines and CSV."""

from typing import Any

from adamw_cli.errors import Position, Problem
from adamw_cli.judging.check import CheckResult, FileResult, Judged
from adamw_cli.report.document import Cell, Column, Document, Table, error_text, left
from adamw_cli.report.outcomes.words import amiss, expected, numbers, summary
from adamw_cli.report.render import strict_json

FORMAT = "adamw.check/1"
_COLUMNS = ("outcome", "scenario", "run", "metric", "measured", "expected", "of tolerance")
_RECORDS = "path line column scenario run metric outcome measured comparison expected tolerance message".split()


def document(result: CheckResult) -> Document:
    """A table of every expectation, then what failed and where."""
    rows = [_row(file, judged) for file in result.files for judged in file.judged]
    columns = [Column(name, "right" if name in _COLUMNS[-3:] else "left") for name in _COLUMNS]
    found = [record for file in result.files for record in records(file)]
    return Document(
        tables=[Table("", columns, rows, [*details(result), summary(result)])],
        records=Table("", left(*_RECORDS), [list(record.values()) for record in found]),
        data={"format": FORMAT, "summary": numbers(result), "results": found},
    )


def details(result: CheckResult) -> list[str]:
    """What went wrong, in full, as notes below the table."""
    notes = [problem.render() for file in result.files for problem in amiss(file)]
    return [*notes, ""] if notes else []


def lines(document: Document) -> str:
    """JSON Lines: the format and the counts in the first line, then a record of everything that was judged in one line each.

    The first line says how much follows, so that a file that was cut short can be told.
    """
    found = document.data["results"]
    head = {"format": FORMAT, "summary": document.data["summary"], "records": len(found)}
    return "".join(strict_json(line, indent=None) for line in [head, *found])


def _row(file: FileResult, judged: Judged) -> list[Cell]:
    verdict = judged.verdict
    margin = "" if verdict.margin is None else error_text(verdict.margin)
    name = file.name or file.path
    return [verdict.outcome, name, verdict.run, verdict.expectation.label, verdict.measured, expected(verdict), margin]


def records(file: FileResult) -> list[dict[str, Any]]:
    """One per problem, per finding and per expectation, the keys in the order of _RECORDS."""
    found = [_unjudged(problem, file.name, "error") for problem in file.problems]
    found += [_unjudged(problem, file.name, "failed") for problem in file.findings]
    for judged in file.judged:
        verdict, wanted = judged.verdict, judged.verdict.expectation
        about = {"scenario": file.name, "run": verdict.run, "metric": wanted.label, "outcome": verdict.outcome}
        compared = {"measured": verdict.measured, "comparison": wanted.comparison}
        compared |= {"expected": verdict.target, "tolerance": verdict.tolerance, "message": verdict.message}
        found.append(_record(judged.source, judged.position, **about, **compared))
    return found


def _unjudged(problem: Problem, scenario: str | None, outcome: str) -> dict[str, Any]:
    """A result that is not about an expectation."""
    message = f"{problem.code} {problem.message}"
    return _record(problem.source, problem.position, scenario=scenario, outcome=outcome, message=message)


def _record(path: str, position: Position | None, **known: Any) -> dict[str, Any]:
    line, column = (position.line, position.column) if position else (None, None)
    return dict.fromkeys(_RECORDS) | {"path": path, "line": line, "column": column} | known
