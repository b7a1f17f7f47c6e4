"""From text to a Scenario; the only importer of yaml.

PyYAML reads YAML 1.1: 1e-3 is a string there, `no` a boolean, 1:30 ninety, 010 eight, and the last of two equal
keys wins in silence. So scalars are resolved here by the core schema of YAML 1.2, and nodes become plain data
here too, with the place of each remembered. Limits are kept while parsing, before anything is built. The pure
Python loader: the C one crashes the process on deep nesting.
"""

import math
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

from adamw_cli.errors import PluginError, Position, Problem, ScenarioError
from adamw_cli.scenario import override, syntax
from adamw_cli.scenario.check import build
from adamw_cli.scenario.faults import Fault, Path
from adamw_cli.scenario.model import Origin, Scenario
from adamw_cli.scenario.values import printable, quoted

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 10_000

_KEY = override.KEY
_LINE_BREAK = re.compile("\r\n|[\r\n]")
_PLAIN = (
    (re.compile(r"(?:null|Null|NULL|~|)\Z"), lambda text: None),
    (re.compile(r"(?:true|True|TRUE)\Z"), lambda text: True),
    (re.compile(r"(?:false|False|FALSE)\Z"), lambda text: False),
    (re.compile(r"[-+]?[0-9]+\Z"), lambda text: _whole(text, 10)),
    (re.compile(r"0o[0-7]+\Z"), lambda text: _whole(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+\Z"), lambda text: _whole(text[2:], 16)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"), float),
    (re.compile(r"[-+]?(?:\.inf|\.Inf|\.INF)\Z"), lambda text: float(text.lower().replace(".", ""))),
    (re.compile(r"(?:\.nan|\.NaN|\.NAN)\Z"), lambda text: math.nan),
)


def _whole(text: str, base: int) -> int | float:
    """An integer; infinity instead of one that no float can hold, which Python might refuse to read or to show."""
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) * math.log10(base) > 400:
        return math.inf
    return -int(digits, base) if text.startswith("-") else int(digits, base)


class _Composer(Composer, Resolver):
    """Nodes from events that are there already: to parse is what takes long, 1 s for 1 MiB, and it is done once."""

    def __init__(self, events: Sequence[yaml.Event]) -> None:
        Composer.__init__(self)
        Resolver.__init__(self)
        self._events = deque(events)

    def check_event(self, *choices: type[yaml.Event]) -> bool:
        return bool(self._events) and (not choices or isinstance(self._events[0], choices))

    def peek_event(self) -> yaml.Event | None:
        return self._events[0] if self._events else None

    def get_event(self) -> yaml.Event:
        return self._events.popleft()


@dataclass
class _Reader:
    """One text on its way to plain data."""

    source: str
    text: str
    problems: list[Problem] = field(default_factory=list)
    positions: dict[Path, override.Place] = field(default_factory=dict)
    events: list[yaml.Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = [printable(line) for line in _LINE_BREAK.split(self.text)]

    def line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def place(self, start: Any, end: Any = None) -> Position:
        """Position of a PyYAML mark; what runs over several lines is marked to the end of the first."""
        length = 1
        if end is not None:
            stop = end.column if end.line == start.line else len(self.line(start.line + 1))
            length = max(1, stop - start.column)
        return Position(start.line + 1, start.column + 1, length)

    def complain(self, code: str, message: str, hint: str, position: Position | None) -> None:
        line = "" if position is None else self.line(position.line)
        self.problems.append(Problem(code, message, hint, self.source, position, line))

    def at(self, offset: int) -> Position:
        """Position of the character at an offset."""
        before = _LINE_BREAK.split(self.text[:offset])
        return Position(len(before), len(before[-1]) + 1)

    def remember(self, path: Path, start: Any, end: Any) -> None:
        position = self.place(start, end)
        self.positions[path] = (self.source, position, self.line(position.line))

    def read(self) -> Any:
        """Plain data; None if there is nothing, or if `problems` says why not."""
        found = syntax.forbidden(self.text)
        if found is not None:
            self.complain("S004", found[1], found[2], self.at(found[0]))
            return None
        try:
            if not self._within_limits():
                return None
            node = _Composer(self.events).get_single_node()
        except yaml.MarkedYAMLError as error:
            noticed, began = error.problem_mark or error.context_mark, error.context_mark
            assert noticed is not None
            context = None if began is None else (began.line, began.column)
            advice = syntax.explain(str(error.problem), (noticed.line, noticed.column), context, self.lines)
            position = None if advice.mark is None else Position(advice.mark[0] + 1, advice.mark[1] + 1)
            self.complain("S004", advice.message, advice.hint, position)
            return None
        except (ValueError, OverflowError):
            # An escape for no character, such as "\UFFFFFFFF", or a version of 5000 digits.
            offset = syntax.wrong_escape(self.text)
            position = None if offset is None else self.at(offset)
            self.complain("S004", "this escape stands for no character", "the last one is \\U0010FFFF", position)
            return None
        return None if node is None else self._plain(node, ())

    def _within_limits(self) -> bool:
        depth = nodes = documents = 0
        for event in yaml.parse(self.text, Loader=yaml.SafeLoader):
            self.events.append(event)
            position = self.place(event.start_mark)
            nodes += isinstance(event, yaml.NodeEvent)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
            if anchor:
                sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
                position = Position(position.line, position.column, len(anchor) + 1)
                message = f"anchors and aliases are not allowed: {quoted(sign + anchor)}"
                hint = "write the value out" if sign == "*" else "remove it, and write the value out where it is used"
                self.complain("S006", message, hint, position)
            if tag is not None:
                tag = tag.replace("tag:yaml.org,2002:", "!!")
                position = Position(position.line, position.column, len(tag))
                self.complain("S007", f"tags are not allowed: {quoted(tag)}", "remove the tag", position)
            if documents > 1:
                self.complain("S008", "a second document starts here", "put each scenario in its own file", position)
            elif depth > MAX_DEPTH:
                self.complain("S009", f"nested more than {MAX_DEPTH} deep", "a scenario needs five levels", position)
            elif nodes > MAX_NODES:
                self.complain("S009", f"more than {MAX_NODES} values", "a scenario is a page of text", position)
            else:
                continue
            return False
        return not self.problems

    def _plain(self, node: yaml.Node, path: Path) -> Any:
        """Plain data; the places of everything in it are remembered."""
        self.remember(path, node.start_mark, node.end_mark)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*path, i)) for i, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, path))
        assert isinstance(node, yaml.ScalarNode)
        if node.style is None:  # not quoted and not a block, which are text, whatever they look like
            for pattern, convert in _PLAIN:
                if pattern.match(node.value):
                    return convert(node.value)
        return self._text(node)

    def _items(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            position = self.place(key.start_mark, key.end_mark)
            if not isinstance(key, yaml.ScalarNode):
                self.complain("S004", "a key must be text", "quote it if it starts with a bracket", position)
                continue
            name = self._text(key)
            if name == "<<" and key.style is None:
                self.complain("S006", "merge keys ('<<') are not allowed", "write the keys out", position)
                continue
            if name in seen:
                hint = f"it stands in line {seen[name]} already"
                self.complain("S005", f"the key {quoted(name)} is there twice", hint, position)
                continue
            seen[name] = key.start_mark.line + 1
            self.remember((*path, name, _KEY), key.start_mark, key.end_mark)
            yield name, self._plain(value, (*path, name))
            if value.start_mark.index == value.end_mark.index:  # nothing to mark but the key
                self.remember((*path, name), key.start_mark, key.end_mark)

    def _text(self, node: yaml.ScalarNode) -> str:
        """Text, in which two escapes may be the halves of one character, as in JSON."""
        text: str = node.value
        if text.isascii():
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            position = self.place(node.start_mark, node.end_mark)
            self.complain("S004", "an escape in this text is half a character", "remove it", position)
            return "?"


def load_text(
    text: str, source: str = "<text>", *, name: str = "scenario", overrides: Mapping[str, Any] | Sequence[str] = ()
) -> Scenario:
    """Read a scenario from text.

    Parameters
    ----------
    text : YAML.
    source : what messages call the text, usually a path.
    name : the scenario's name if the text gives none.
    overrides : values to put in place of the text's, as `{"optimizers.adamw.lr": 3e-4}` or
        `["optimizers.adamw.lr=3e-4"]`.

    Raises
    ------
    ScenarioError
        With every problem found.

    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _too_large(source)
    reader = _Reader(source, text.removeprefix("\ufeff"))
    data = reader.read()
    if not reader.positions and reader.problems:
        raise ScenarioError(reader.problems)
    if data is None and not reader.problems:
        raise ScenarioError(
            [Problem("S010", "the file is empty", "`adamw init` writes a starter scenario", source, None)]
        )
    problems = reader.problems + _override(data, overrides, reader.positions)
    origin = Origin(source, reader.positions)
    try:
        scenario, faults = build(data, name, origin)
    except PluginError as error:
        raise ScenarioError([Problem("S113", error.message, error.hint or "", source, None)]) from error
    problems += [_problem(fault, origin) for fault in faults]
    if problems or scenario is None:
        raise ScenarioError(_in_order(problems))
    return scenario


def _override(
    data: Any, overrides: Mapping[str, Any] | Sequence[str], positions: dict[Path, override.Place]
) -> list[Problem]:
    """Put overrides into the data; return what is wrong with them."""
    assignments, problems = override.assignments(overrides)
    for assignment in assignments:
        reader = _Reader(override.SOURCE, assignment.text)
        value = reader.read()
        for problem in reader.problems:
            where = assignment.moved(problem.position or Position(1, 1))
            problems.append(assignment.problem(problem.message, problem.hint, where.column - 1, where.length))
        if not reader.problems:
            wrong = override.place(data, assignment, value, reader.positions, positions)
            problems += [] if wrong is None else [wrong]
    return problems


def _problem(fault: Fault, origin: Origin) -> Problem:
    path = (*fault.path, _KEY) if fault.on_key else fault.path
    if fault.code == "S102" and fault.path:  # what lacks a key is better marked at its name than as a whole
        path = (*fault.path, _KEY)
    source, position, line = origin.find(path)
    if not fault.path and position is not None:
        position = Position(position.line, position.column)
    return Problem(fault.code, fault.message, fault.hint, source, position, line)


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Those of overrides first, one override after the other; then those of the file, line by line."""
    arguments: dict[str, int] = {}
    for problem in problems:
        if problem.source == override.SOURCE:
            arguments.setdefault(problem.line_text, len(arguments) - 10**9)

    def key(problem: Problem) -> tuple[int, int]:
        place = problem.position or Position(0, 0)
        return (arguments[problem.line_text] if problem.source == override.SOURCE else place.line), place.column

    return sorted(problems, key=key)


def _too_large(source: str) -> ScenarioError:
    return ScenarioError([Problem("S003", "larger than 1 MiB", "a scenario is a page of text", source, None)])


def decode(raw: bytes, source: str) -> str:
    """Return the text of a scenario file.

    Raises
    ------
    ScenarioError
        If it is too large or not UTF-8 text.

    """
    if len(raw) > MAX_BYTES:
        raise _too_large(source)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            hint, position = "it looks like UTF-16; save it as UTF-8", None
        elif b"\0" in raw:
            hint, position = "it looks like a binary file; scenarios are YAML text in UTF-8", None
        else:
            hint = "save it as UTF-8"
            before = _LINE_BREAK.split(raw[: error.start].decode("utf-8-sig", "replace"))
            position = Position(len(before), len(before[-1]) + 1)
        lines = _LINE_BREAK.split(raw.decode("utf-8-sig", "replace"))
        line = "" if position is None else printable(lines[position.line - 1])
        message = f"this is not UTF-8 text (byte {error.start})"
        raise ScenarioError([Problem("S002", message, hint, source, position, line)]) from None
