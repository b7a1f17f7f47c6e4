"""What `adamw validate` says: problems, then how many files were right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adamw_cli.errors import Problem
from adamw_cli.report.document import Column, Document, Table, counted
from adamw_cli.report.findings import Findings
from adamw_cli.result import Result

FORMAT = "adamw.validate/1"
_COLUMNS = ("path", "line", "column", "code", "message", "hint")


@dataclass(frozen=True, repr=False)
class Validation(Result):
    """What is wrong with scenario files: the problems of each, none if it is right."""

    files: Mapping[str, tuple[Problem, ...]]

    @property
    def valid(self) -> bool:
        """Whether all of them are right."""
        return not any(self.files.values())


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


def full(found: Validation) -> str:
    """Every problem with its line and a caret, then the summary."""
    return "".join(f"{problem.render()}\n" for problem in _problems(found)) + f"{_summary(found)}\n"


def document(found: Validation) -> Document:
    """A row for every problem, then the summary."""
    items = [problem_data(problem) for problem in _problems(found)]
    columns = [Column(name, prose=name in ("message", "hint")) for name in _COLUMNS]
    table = Table("", columns, [list(item.values()) for item in items], [_summary(found)])
    about = {"format": FORMAT, "files": len(found.files), "valid": _valid(found), "problems": items}
    return Document([table], table, about)


def findings(found: Validation) -> Findings:
    """For the formats that are made of these alone."""
    return Findings(_problems(found), _summary(found))


def _problems(found: Validation) -> list[Problem]:
    return [problem for several in found.files.values() for problem in several]


def _valid(found: Validation) -> int:
    return sum(not several for several in found.files.values())


def _summary(found: Validation) -> str:
    valid = _valid(found)
    return f"{counted(len(found.files), 'file')}: {valid} valid, {len(found.files) - valid} not"
