"""Where in a TOML text its keys stand, which the standard library's parser does not say.

The text is cut into statements by that parser itself: lines are added until it takes them, so what looks like a key inside
a string or an array is never mistaken for one. Where even so the line is not certain, none is given.
"""

import tomllib
from typing import Any

from adamw_cli.errors import Position

Key = tuple[str, ...]
# A statement over more lines than this is given up, and with it what follows: trying every line takes quadratic time.
_MOST_LINES = 500
# Settings are no deeper than `tool.adamw.check.format`; whatever else is in the file may be.
_DEPTH = 4
# A statement over several lines ends where a bracket or a string does.
_ENDS = ("]", '"""', "'''", "}")


def places(text: str) -> dict[Key, Position]:
    """Return the place of every table and key whose line is certain, of a text that is TOML."""
    found: dict[Key, Position] = {}
    table: Key = ()
    lines = text.replace("\r\n", "\n").split("\n")
    start = 0
    for number, line in enumerate(lines):
        may_end = number == start or any(end in line for end in _ENDS)
        parsed = _taken("\n".join(lines[start : number + 1])) if may_end else None
        if parsed is None:
            if number - start > _MOST_LINES:
                break
            continue
        first = lines[start]
        if first.lstrip().startswith("["):
            table = _header(parsed)
            found.setdefault(table, _position(start, first, first.partition("#")[0]))
        else:
            name = first.partition("=")[0]
            # Over several lines only the key that the statement begins with is known to be on the first of them.
            within = parsed if number == start else _taken(f"{name}= 0") or {}
            for key in _keys(within):
                found.setdefault(table + key, _position(start, first, name))
        start = number + 1
    return found


def _taken(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _header(parsed: dict[str, Any]) -> Key:
    """The name of the table that a header opens: the one path through what it parses to."""
    key: Key = ()
    inner: Any = parsed
    while isinstance(inner, dict) and inner:
        ((name, inner),) = inner.items()
        key += (name,)
    return key


def _keys(parsed: dict[str, Any], depth: int = _DEPTH) -> list[Key]:
    found: list[Key] = []
    for name, value in parsed.items():
        found.append((name,))
        if isinstance(value, dict) and depth > 1:
            found += [(name, *key) for key in _keys(value, depth - 1)]
    return found


def _position(index: int, line: str, marked: str) -> Position:
    column = len(line) - len(line.lstrip()) + 1
    return Position(index + 1, column, max(1, len(marked.strip())))
