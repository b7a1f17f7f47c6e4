"""What a command line chooses: files, folders, shipped scenarios, and single expectations as `PATH:LINE`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from adamw_cli.scenario.find import discover, identity
from adamw_cli.scenario.shipped import shipped

_PLACE = re.compile(r"(?P<path>.+?):(?P<line>[1-9][0-9]{0,8})(?::[0-9]+)?\Z", re.DOTALL)

# File or name -> the lines of the expectations that are meant, or None for all.
Chosen = Mapping[str, frozenset[int] | None]


def chosen(names: Iterable[str]) -> Chosen:
    """Return the files that are meant, each once, in the order given, with the lines that were named.

    A place as reports print it, `PATH:LINE:COLUMN`, is taken too. A file that is named with and without a line is
    meant as a whole.
    """
    found: dict[str, str] = {}
    lines: dict[str, frozenset[int] | None] = {}
    for name in names:
        path, line = _split(name)
        for file in discover([path]):
            known = found.setdefault(identity(file), file)
            before = lines.get(known, frozenset())
            lines[known] = None if line is None or before is None else before | {line}
    return lines


def _split(name: str) -> tuple[str, int | None]:
    place = _PLACE.match(name)
    if place is None or _exists(name) or not (_exists(place["path"]) or place["path"] in shipped()):
        return name, None
    return place["path"], int(place["line"])


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long, or a NUL in it
        return False
