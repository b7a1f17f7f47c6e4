"""The document of `adamw check` and `adamw validate`: outcomes, where they stand, and what to do."""

from __future__ import annotations

import shlex
from typing import Any

from adamw_cli.errors import Position, Problem
from adamw_cli.report.document import Cell, Column, Document, Table, cell_text, counted, error_text, full_text
from adamw_cli.report.validation import problem_data
from adamw_cli.scenario.find import STDIN
from adamw_cli.verdict.check import CheckResult, FileResult
from adamw_cli.verdict.compare import Verdict

FORMAT = "adamw.check/1"
# Codes of outcomes, beside the S-codes of docs/scenario.md.
CODES = {"failed": "E101", "xpassed": "E102", "error": "E201"}
_COLUMNS = ("outcome", "scenario", "run", "metric", "measured", "expected", "of tolerance")
_RECORDS = (
    "path",
    "line",
    "column",
    "scenario",
    "run",
    "metric",
    "outcome",
    "measured",
    "comparison",
    "expected",
    "tolerance",
    "message",
)


def document(result: CheckResult) -> Document:
    """A table of every expectation, then what failed and where."""
    rows = [_row(file, verdict) for file in result.files for verdict in file.verdicts]
    columns = [Column(name, "right" if name in _COLUMNS[-3:] else "left") for name in _COLUMNS]
    records = [record for file in result.files for record in _records(file)]
    return Document(
        tables=[Table("", columns, rows, [*details(result), summary(result)])],
        records=Table("", [Column(name) for name in _RECORDS], [list(record.values()) for record in records]),
        data={"format": FORMAT, "summary": _summary(result), "results": records},
    )


def concise(result: CheckResult) -> str:
    """`path:line:col: CODE message`, one line for everything that is not as it should be, then the summary."""
    lines = [f"{p.location()}: {p.code} {p.message}" for file in result.files for p in file.problems]
    for file in result.files:
        for verdict in file.verdicts:
            if not verdict.ok:
                lines.append(f"{_location(file, verdict)}: {CODES[verdict.outcome]} {_sentence(verdict)}")
    return "".join(f"{line}\n" for line in [*lines, summary(result)])


def summary(result: CheckResult) -> str:
    """One sentence, the numbers that are 0 left out."""
    counts = _summary(result)
    words = [f"{counts[name]} {name}" for name in ("passed", "failed", "xfailed", "xpassed") if counts[name]]
    words += [counted(counts["errors"], "error")] if counts["errors"] else []
    size = f"{counted(counts['scenarios'], 'scenario')}, {counted(counts['expectations'], 'expectation')}"
    return f"{size}: {', '.join(words) or 'nothing to judge'}"


def _summary(result: CheckResult) -> dict[str, int]:
    return {
        "scenarios": len(result.files),
        "expectations": result.expectations,
        "passed": result.count("passed"),
        "failed": result.count("failed"),
        "errors": result.errors,
        "xfailed": result.count("xfailed"),
        "xpassed": result.count("xpassed"),
    }


def _place(file: FileResult, verdict: Verdict) -> tuple[str, Position | None, str]:
    assert file.scenario is not None
    return file.scenario.origin.find(("expect", verdict.index))


def _location(file: FileResult, verdict: Verdict) -> str:
    source, position, _ = _place(file, verdict)
    return source if position is None else f"{source}:{position.line}:{position.column}"


def metric(verdict: Verdict) -> str:
    """The metric, and the coordinate, the step and the trials that are meant."""
    wanted = verdict.expectation
    at = "" if wanted.at is None else f"[{wanted.at}]"
    step = "" if wanted.at_step is None else f" at step {wanted.at_step}"
    over = (
        "" if wanted.over is None else " in every trial" if wanted.over == "every" else f" ({wanted.over} over trials)"
    )
    return f"{wanted.metric}{at}{step}{over}"


def _sentence(verdict: Verdict) -> str:
    return f"{metric(verdict)} of '{verdict.run}' was expected to be {expected(verdict)}, but {verdict.message}"


def expected(verdict: Verdict) -> str:
    """The comparison in words, with the number that it came down to."""
    word, target = verdict.expectation.comparison, verdict.target
    if word == "snapshot":
        return target if target == "the stored value" else f"the stored {cell_text(target)}"
    if word == "finite":
        return "a finite number" if target else "no finite number"
    if word == "between" and isinstance(target, tuple):
        return f"between {cell_text(target[0])} and {cell_text(target[1])}"
    return cell_text(target) if word == "equals" else f"{word} {cell_text(target)}"


def _row(file: FileResult, verdict: Verdict) -> list[Cell]:
    assert file.scenario is not None
    margin = "" if verdict.margin is None else error_text(verdict.margin)
    return [
        verdict.outcome,
        file.scenario.name,
        verdict.run,
        metric(verdict),
        verdict.measured,
        expected(verdict),
        margin,
    ]


def details(result: CheckResult) -> list[str]:
    """What went wrong, in full, as notes below the table."""
    notes: list[str] = []
    for file in result.files:
        notes += [problem.render() for problem in file.problems]
        for verdict in file.verdicts:
            if not verdict.ok:
                source, position, line = _place(file, verdict)
                more = _numbers(file, verdict, position)
                problem = Problem(CODES[verdict.outcome], _sentence(verdict), "", source, position, line, more)
                notes.append(problem.render())
    return [*notes, ""] if notes else []


def _numbers(file: FileResult, verdict: Verdict, position: Position | None) -> tuple[str, ...]:
    """The numbers of a verdict in full, and the command that judges it alone."""
    wanted = verdict.expectation
    several = verdict.measured if isinstance(verdict.measured, tuple) else (verdict.measured,)
    values = ", ".join(full_text(value) or "no value" for value in several)
    shown = {"mean" if wanted.over == "every" else "measured": values}
    shown["expected"] = f"{wanted.comparison} {_full(verdict)}"
    if verdict.tolerance is not None:
        given = [(name, getattr(wanted, name)) for name in ("rtol", "atol") if getattr(wanted, name) is not None]
        parts = ", ".join(f"{name} {value:g}" for name, value in given) or "rtol 1e-09, the default"
        shown["tolerance"] = f"{verdict.tolerance!r} ({parts})"
    if verdict.off is not None:
        by = "" if verdict.margin is None else f" = {verdict.margin:.4g} tolerances"
        shown["misses by"] = f"{verdict.off!r}{by}"
    if position is not None and file.path != STDIN:
        shown["reproduce"] = f"adamw check {shlex.quote(f'{file.path}:{position.line}')}"
    return tuple(f"{name:<9}  {value}" for name, value in shown.items())


def _full(verdict: Verdict) -> str:
    target = verdict.target
    return full_text(float(target) if isinstance(target, int) and not isinstance(target, bool) else target)


def _records(file: FileResult) -> list[dict[str, Any]]:
    name = file.scenario.name if file.scenario else None
    found = []
    for problem in file.problems:
        at = problem_data(problem)
        found.append(_record(at["path"], at["line"], at["column"], name, message=f"{problem.code} {problem.message}"))
    for verdict in file.verdicts:
        source, position, _ = _place(file, verdict)
        line, column = (position.line, position.column) if position else (None, None)
        found.append({
            **_record(source, line, column, name, message=verdict.message),
            "run": verdict.run,
            "metric": metric(verdict),
            "outcome": verdict.outcome,
            "measured": verdict.measured,
            "comparison": verdict.expectation.comparison,
            "expected": verdict.target,
            "tolerance": verdict.tolerance,
        })  # fmt: skip
    return found


def _record(path: str, line: int | None, column: int | None, scenario: str | None, message: str) -> dict[str, Any]:
    """A result in which nothing could be judged; the keys in the order of _RECORDS."""
    return {
        "path": path, "line": line, "column": column, "scenario": scenario, "run": None, "metric": None,
        "outcome": "error", "measured": None, "comparison": None, "expected": None, "tolerance": None, "message": message,
    }  # fmt: skip
