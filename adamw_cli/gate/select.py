"""What a command line chooses: files, folders, shipped scenarios, single expectations as `PATH:LINE`, and filters of them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path, PurePath

from adamw_cli.errors import Problem, ScenarioError, UsageError
from adamw_cli.gate.expression import Matches, parse
from adamw_cli.gate.memory import failed_before
from adamw_cli.judging.check import NO_EXPECTATION
from adamw_cli.scenario.find import STDIN, discover, identity, load_scenario
from adamw_cli.scenario.model import Expectation, Scenario
from adamw_cli.scenario.shipped import shipped

_PLACE = re.compile(r"(?P<path>.+?):(?P<line>[1-9][0-9]{0,8})(?::[0-9]+)?\Z", re.DOTALL)
_SHARD = re.compile(r"(?P<number>[0-9]{1,9})/(?P<of>[0-9]{1,9})\Z")


@dataclass(frozen=True)
class Chosen:
    """A file, and which of its expectations are meant.

    Attributes
    ----------
    path : as it was found.
    lines : on which they start, if lines were named.
    words : what `-k` asks of them.
    given : the scenario, where it can be read only once.

    """

    path: str
    lines: frozenset[int] | None = None
    words: Matches | None = None
    given: Scenario | None = None

    @property
    def whole(self) -> bool:
        """Whether all of its expectations are meant."""
        return self.lines is None and self.words is None

    def load(self) -> Scenario:
        """Read it; raises as load_scenario does."""
        return self.given or load_scenario(self.path)

    def which(self, scenario: Scenario) -> list[int]:
        """The indices of the expectations that are meant.

        Raises
        ------
        ScenarioError
            If none starts on a line that was named.

        """
        found = self._on_lines(scenario)
        if self.words is None:
            return found
        return [i for i in found if self.words(self._texts(scenario, scenario.expect[i]))]

    def means(self, scenario: Scenario) -> bool:
        """Whether any is; of a scenario that expects nothing, whether its own names are."""
        if self.words is None or scenario.expect:
            return self.words is None or bool(self.which(scenario))
        return self.words([self.path, scenario.name])

    def _texts(self, scenario: Scenario, expectation: Expectation) -> list[str]:
        run = expectation.of or next(iter(scenario.optimizers))
        return [self.path, scenario.name, run, expectation.label]

    def _on_lines(self, scenario: Scenario) -> list[int]:
        starts = [scenario.origin.find(("expect", i))[1] for i in range(len(scenario.expect))]
        if self.lines is None:
            return list(range(len(starts)))
        known = [start.line for start in starts if start is not None]
        missing = sorted(self.lines.difference(known))
        if missing:
            hint = f"expectations start on: {', '.join(map(str, sorted(set(known))))}" if known else "it has none"
            text = f"no expectation starts on line {missing[0]}"
            raise ScenarioError([Problem(NO_EXPECTATION, text, hint, self.path, None)])
        return [i for i, start in enumerate(starts) if start is not None and start.line in self.lines]


@dataclass(frozen=True)
class Selected:
    """What a selection leaves.

    Attributes
    ----------
    files : to check, in order.
    matched : whether there was anything before it was cut into parts.
    notes : what a user should be told of it.

    """

    files: list[Chosen]
    matched: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filters:
    """What is left of the files that are named.

    Attributes
    ----------
    keyword : an expression over path, scenario, run and metric, as expression.parse takes it; empty for all.
    tag : scenarios with any of them; empty for all.
    exclude : patterns; a file goes whose path, or a part of whose path, matches one.
    last_failed : only what failed the last time, or all if nothing is known to have; `failed_first` puts that first.
    shard : `i/N`: the i-th of N parts that together are everything else that is selected; empty for all.

    """

    keyword: str = ""
    tag: Sequence[str] = ()
    exclude: Sequence[str] = ()
    last_failed: bool = False
    failed_first: bool = False
    shard: str = ""


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


def selected(names: Iterable[str], filters: Filters = Filters()) -> Selected:
    """Return what filters leave of the files that are meant by names, as in `chosen`.

    Files that cannot be read stay: which tags they have nobody knows, and the error must show.

    Raises
    ------
    UsageError
        If `keyword` is no expression, or `shard` no part.

    """
    words = parse(filters.keyword) if filters.keyword else None
    number, parts = _part(filters.shard)
    left = [file for file in chosen(names) if not any(_matches(file.path, pattern) for pattern in filters.exclude)]
    if words is not None or filters.tag:
        left = list(_kept([replace(file, words=words) for file in left], filters.tag))
    notes: tuple[str, ...] = ()
    if filters.last_failed or filters.failed_first:
        known = failed_before()
        left.sort(key=lambda file: identity(file.path) not in known)
        failed = [file for file in left if identity(file.path) in known]
        if not failed:
            notes = ("nothing here failed last time: all are checked",)
        elif filters.last_failed:
            left = failed
    return Selected(left[number - 1 :: parts], bool(left), notes)


def _kept(files: Iterable[Chosen], tags: Sequence[str]) -> Iterator[Chosen]:
    for file in files:
        try:
            scenario = file.load()
            meant = file.means(scenario) and (not tags or not set(tags).isdisjoint(scenario.tags))
        except Exception:  # a problem of the file, or a bug: checking it tells
            yield file
            continue
        if meant:
            yield replace(file, given=scenario) if file.path == STDIN else file


def _matches(path: str, pattern: str) -> bool:
    pure = PurePath(path)
    return fnmatch(path, pattern) or pure.match(pattern) or any(fnmatch(part, pattern) for part in pure.parts)


def _part(shard: str) -> tuple[int, int]:
    if not shard:
        return 1, 1
    found = _SHARD.match(shard)
    if found is None or not 1 <= int(found["number"]) <= int(found["of"]):
        raise UsageError(f"`shard` must be i/N with 1 <= i <= N, not {shard!r}", "such as 2/5 for the second of 5")
    return int(found["number"]), int(found["of"])


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
