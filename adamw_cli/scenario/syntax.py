"""What is wrong with the syntax of a text, in plain words; PyYAML's own are those of its grammar."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

Mark = tuple[int, int]  # line and column, from 0

# What YAML forbids, and the line ends that YAML 1.1 knows and neither YAML 1.2 nor an editor does.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_SPACE = re.compile(r"\s*(?:- )?[{\[]?[\w.-]+:[^\s:/]")
_WRONG_ESCAPE = re.compile(r"\\U([0-9a-fA-F]{8})")
_INDENTATION = "check the indentation: the keys of a section start in the same column"

_UNFIT = "this does not fit in with what stands before it"
_WORDS = (
    ("sequence entries are not allowed", "a list entry may not start here", "start each '- ' on a line of its own"),
    ("expected <block end>", _UNFIT, _INDENTATION),
    ("expected '<document start>'", _UNFIT, _INDENTATION),
    ("expected the node content", "a value is missing before this", "remove what is too much, or add the value"),
    ("YAML document", "this directive is not understood", "remove the line"),
    ("directive", "this directive is not understood", "remove the line"),
)


@dataclass(frozen=True)
class Advice:
    """A syntax error as it is shown; `mark` is None where the place is not known."""

    message: str
    hint: str
    mark: Mark | None


def forbidden(text: str) -> tuple[int, str, str] | None:
    """Offset, message and hint of the first character that may not stand in a scenario."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    code = ord(found.group())
    message = f"the character U+{code:04X} may not stand in a scenario"
    if code == 0:
        return found.start(), message, "is this a binary file, or UTF-16? scenarios are UTF-8 text"
    if code in (0x85, 0x2028, 0x2029):
        return found.start(), message, "it is an invisible line break; replace it by an ordinary one"
    return found.start(), message, "remove it"


def explain(problem: str, at: Mark, context: Mark | None, lines: Sequence[str]) -> Advice:
    """Words for a PyYAML error; `at` is where it was noticed, `context` where the part began."""
    line = lines[at[0]] if at[0] < len(lines) else ""
    if "'\\t'" in problem:
        return Advice("a tab may not stand here", "indent with spaces, not with tabs", at)
    if context is not None and problem.startswith("could not find expected ':'"):
        began = lines[context[0]] if context[0] < len(lines) else ""
        lacking = "a space after the colon" if _NO_SPACE.match(began) else "a colon and a space after the key"
        return Advice("this line is no 'key: value'", f"write {lacking}", context)
    if context is not None and (found := re.match(r"expected ',' or '([\]}])'", problem)):
        close = found.group(1)
        opened = "[" if close == "]" else "{"
        if at[0] != context[0]:
            hint = f"write '{close}' at its end; there may also be a comma missing"
            return Advice(f"this '{opened}' is not closed", hint, context)
        if at[1] >= len(line):
            return Advice(f"this '{opened}' is not closed", f"write '{close}' at its end", context)
        return Advice(f"expected ',' or '{close}' before this", "separate values by commas", at)
    if context is not None and "unexpected end of stream" in problem:
        return Advice("this quotation mark is not closed", "write it again at the end of the text", context)
    if "cannot start any token" in problem:
        return Advice(f"a value may not start with '{line[at[1] : at[1] + 1]}'", "put the text in quotes", at)
    if "unknown escape character" in problem:
        hint = "write \\\\ for a backslash, or use single quotes"
        return Advice("there is no such escape in double quotes", hint, (at[0], at[1] - 1))
    if "mapping values are not allowed" in problem:
        return _second_colon(at, lines)
    for part, message, hint in _WORDS:
        if part in problem:
            return Advice(message, hint, at)
    return Advice(f"not valid YAML: {problem}".replace("\n", " "), "put texts with special characters in quotes", at)


def _second_colon(at: Mark, lines: Sequence[str]) -> Advice:
    """Two colons in one value: a text with a colon, a line too far to the right, or 'key:value' in the line before."""
    for number in (at[0] - 1, at[0]):
        if 0 <= number < len(lines) and _NO_SPACE.match(lines[number]):
            start = len(lines[number]) - len(lines[number].lstrip())
            return Advice("this line is no 'key: value'", "write a space after the colon", (number, start))
    line = lines[at[0]] if at[0] < len(lines) else ""
    if line[: at[1]].count(":"):
        return Advice("a second ':' in the same value", "put a text that contains ': ' in quotes", at)
    return Advice("a key may not start here", _INDENTATION, at)


def wrong_escape(text: str) -> int | None:
    """Offset of the first escape that stands for no character."""
    found = (m.start() for m in _WRONG_ESCAPE.finditer(text) if int(m.group(1), 16) > 0x10FFFF)
    return next(found, None)
