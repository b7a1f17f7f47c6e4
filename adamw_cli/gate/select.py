"""What a command line chooses: files, folders, shipped scenarios, and single expectations as `PATH:LINE`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from adamw_cli.errors import Problem, ScenarioError
from adamw_cli.scenario.find import discover, identity
from adamw_cli.scenario.model import Scenario
from adamw_cli.scenario.shipped import shipped

_PLACE = re.compile(r"(?P<path>.+?):(?P<line>[1-9][0-9]{0,8})(?::[0-9]+)?\Z", re.DOTALL)


@dataclass(frozen=True)
class Chosen:
    """A file, and the lines of the expectations in it that were named; all if None."""

    path: str
    lines: frozenset[int] | None = None

    def which(self, scenario: Scenario) -> list[int]:
        """The indices of the expectations that start on the lines.

        Raises
        ------
        ScenarioError
            If none starts on one of them.

        """
        starts = [scenario.origin.find(("expect", i))[1] for i in range(len(scenario.expect))]
        if self.lines is None:
            return list(range(len(starts)))
        known = [start.line for start in starts if start is not None]
        missing = sorted(self.lines.difference(known))
        if missing:
            hint = f"expectations start on: {', '.join(map(str, sorted(set(known))))}" if known else "it has none"
            text = f"no expectation starts on line {missing[0]}"
            raise ScenarioError([Problem("E203", text, hint, self.path, None)])
        return [i for i, start in enumerate(starts) if start is not None and start.line in self.lines]


def chosen(names: Iterable[str]) -> list[Chosen]:
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
    return [Chosen(*item) for item in lines.items()]


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
