"""`key.key=value` from a command line, or a mapping of such keys from Python, on their way into a scenario's data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adamw_cli.errors import Position, Problem
from adamw_cli.scenario.faults import Path
from adamw_cli.scenario.values import describe, printable, quoted

SOURCE = "`set`"
KEY = -1  # the last element of the path of a key; no index of a list equals it
_EXAMPLE = "for example steps=100 or optimizers.adamw.lr=3e-4"

Place = tuple[str, Position, str]


@dataclass(frozen=True)
class Assignment:
    """One override; `argument` is how messages show it."""

    target: str
    text: str

    @property
    def argument(self) -> str:
        """As it stood on the command line."""
        return printable(f"{self.target}={self.text}", keep="")

    def problem(self, message: str, hint: str = "", start: int = 0, length: int | None = None) -> Problem:
        """A problem with the part of the argument from `start` on."""
        argument = self.argument
        size = len(argument) - start if length is None else length
        return Problem("S112", message, hint, SOURCE, Position(1, start + 1, max(1, size)), argument)

    def moved(self, position: Position) -> Position:
        """From a position in the text to one in the argument."""
        offset = len(self.target) + 1
        if position.line > 1:
            return Position(1, offset + 1, max(1, len(self.text)))
        return Position(1, position.column + offset, position.length)


def assignments(overrides: Mapping[str, Any] | Sequence[str]) -> tuple[list[Assignment], list[Problem]]:
    """Take overrides apart; what cannot be read as one becomes a problem."""
    found: list[Assignment] = []
    problems: list[Problem] = []
    if isinstance(overrides, Mapping):
        for key, value in overrides.items():
            try:
                found.append(Assignment(str(key), json.dumps(value, allow_nan=False, default=_plain)))
            except (TypeError, ValueError, RecursionError):
                hint = (
                    "numbers must be finite" if isinstance(value, float) else "give a number, a text, a list or a dict"
                )
                problems.append(Assignment(str(key), "...").problem(f"cannot be set to {describe(value)}", hint))
        return found, problems
    for argument in [overrides] if isinstance(overrides, str) else overrides:
        target, sign, text = argument.partition("=")
        if sign and target.strip():
            found.append(Assignment(target, text))
        else:
            shown = printable(argument, keep="")
            position = Position(1, 1, max(1, len(shown)))
            problems.append(Problem("S112", "expected KEY=VALUE", _EXAMPLE, SOURCE, position, shown))
    return found, problems


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy, which json does not know."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError


def _step(here: Any, rest: str, passed: str) -> str | int | tuple[str, str]:
    """The key or index that `rest` begins with in a list or a section; message and hint if there is none."""
    if not rest:
        return "a name is missing", _EXAMPLE
    if not isinstance(here, list | dict):
        return f"{quoted(passed)} is {describe(here)}, so there is nothing below it", ""
    # A key may contain dots itself, such as a run named adamw-0.9: the longest one that is there wins.
    fitting = [k for k in here if rest == k or rest.startswith(f"{k}.")] if isinstance(here, dict) else []
    name = max(fitting, key=len) if fitting else rest.partition(".")[0]
    if not name:
        return "a name is missing", _EXAMPLE
    if isinstance(here, dict):
        return name
    if name.isdecimal() and len(name) < 9 and int(name) < len(here):
        return int(name)
    return f"no entry {quoted(name)} in the list {quoted(passed)}", f"it has {len(here)} entries, counted from 0"


def place(
    data: Any, assignment: Assignment, value: Any, found: Mapping[Path, Place], positions: dict[Path, Place]
) -> Problem | None:
    """Put a value in its place, making sections on the way; return what is wrong with the target.

    found : where the parts of the value stand in the assignment's text.
    positions : where the parts of `data` stand; what is replaced is forgotten and what is new added.
    """
    if not isinstance(data, dict):
        return None  # not a scenario at all, which is reported as such
    target = assignment.target.strip()
    skipped = len(assignment.target) - len(assignment.target.lstrip())
    path: Path = ()
    here: Any = data
    at = 0
    while True:
        rest = target[at:]
        key = _step(here, rest, target[: max(0, at - 1)])
        if isinstance(key, tuple):
            missing = key[1] == _EXAMPLE
            size = 1 if missing else len(rest.partition(".")[0])
            return assignment.problem(*key, start=max(0, skipped + at - missing), length=size)
        size = len(rest.partition(".")[0]) if isinstance(key, int) else len(key)
        path = (*path, key)
        mark = (SOURCE, Position(1, skipped + at + 1, size), assignment.argument)
        at += size + 1
        if at > len(target):
            here[key] = value
            break
        if isinstance(here, dict) and here.get(key) is None:
            here[key] = {}
            positions[path] = positions[(*path, KEY)] = mark
        here = here[key]
    for old in [p for p in positions if p[: len(path)] == path]:
        del positions[old]
    for part, (_, position, _) in found.items():
        positions[(*path, *part)] = (SOURCE, assignment.moved(position), assignment.argument)
    positions[(*path, KEY)] = mark
    if value is None:
        positions[path] = mark
    return None
