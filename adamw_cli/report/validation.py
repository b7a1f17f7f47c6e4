"""What `adamw validate` says: problems, then how many files were right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adamw_cli.errors import Problem
from adamw_cli.report.document import counted
from adamw_cli.report.output import write
from adamw_cli.report.render import strict_json

FORMAT = "adamw.validate/1"


def problem_data(problem: Problem) -> dict[str, Any]:
    """A problem for JSON."""
    place = problem.position
    return {
        "path": problem.source,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
    }


def text(found: Mapping[str, Sequence[Problem]], form: str) -> None:
    """Print the problems of every file in one of `full`, `concise` and `json`."""
    problems = [problem for several in found.values() for problem in several]
    valid = sum(not several for several in found.values())
    if form == "json":
        data = [problem_data(problem) for problem in problems]
        write(strict_json({"format": FORMAT, "files": len(found), "valid": valid, "problems": data}))
        return
    for problem in problems:
        write(
            f"{problem.render()}\n" if form == "full" else f"{problem.location()}: {problem.code} {problem.message}\n"
        )
    write(f"{counted(len(found), 'file')}: {valid} valid, {len(found) - valid} not\n")
