"""What `adamw validate` says: problems, then how many files were right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adamw_cli.errors import Problem
from adamw_cli.report.document import counted
from adamw_cli.report.findings import Findings
from adamw_cli.report.render import strict_json

FORMAT = "adamw.validate/1"
# The problems of each file, none if it is right.
Found = Mapping[str, Sequence[Problem]]


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


def full(found: Found) -> str:
    """Every problem with its line and a caret, then the summary."""
    return "".join(f"{problem.render()}\n" for problem in _problems(found)) + f"{_summary(found)}\n"


def json(found: Found) -> str:
    """One object with the numbers and the problems."""
    data = [problem_data(problem) for problem in _problems(found)]
    return strict_json({"format": FORMAT, "files": len(found), "valid": _valid(found), "problems": data})


def findings(found: Found) -> Findings:
    """For the formats that are made of these alone."""
    return Findings(_problems(found), _summary(found))


def _problems(found: Found) -> list[Problem]:
    return [problem for several in found.values() for problem in several]


def _valid(found: Found) -> int:
    return sum(not several for several in found.values())


def _summary(found: Found) -> str:
    valid = _valid(found)
    return f"{counted(len(found), 'file')}: {valid} valid, {len(found) - valid} not"
