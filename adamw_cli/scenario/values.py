"""Single values of a scenario: numbers, texts and parameters, strict about everything but what YAML leaves open.

Messages here start with what a value must be; faults.py puts the key's name in front.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from adamw_cli.vocabulary import Parameter

# A year of the fastest loop; and a number of steps must stay exact as a float64.
MAX_STEPS = 10**15

_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+")


def printable(text: str, keep: str = "\t") -> str:
    """Replace, one for one, each character that a terminal would obey rather than show; spaces of any width stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep or unicodedata.category(c) == "Zs" else "\ufffd" for c in text)


def quoted(text: str, longest: int = 40) -> str:
    """A text as messages show it: in quotes, not too long, without anything invisible."""
    shown = text if len(text) <= longest else text[: longest - 3] + "..."
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)
    return f"'{escaped}'"


def describe(value: object) -> str:
    """A value as an error message shows it, with its YAML type."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"{value!r:.60}" if isinstance(value, int | float) else f"a value of type {type(value).__name__}"


class WrongValueError(Exception):
    """A value that is refused; `within` is its place inside a list. Where `hint` is None, that of the key is shown."""

    def __init__(self, code: str, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.within: tuple[int, ...] = ()


def wrong(code: str, message: str, hint: str | None = "") -> NoReturn:
    """Refuse a value."""
    raise WrongValueError(code, message, hint)


def each(check: Callable[[Any], Any], values: Iterable[Any]) -> tuple[Any, ...]:
    """Check the values of a list up to the first that is wrong."""
    found = []
    for i, item in enumerate(values):
        try:
            found.append(check(item))
        except WrongValueError as error:
            error.within = (i, *error.within)
            raise
    return tuple(found)


def number_hint(value: object) -> str:
    """What to write instead of something that is no number."""
    if isinstance(value, list | tuple):
        return "give one number, not a list"
    if not isinstance(value, str):
        return ""
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return "write it without quotes"
    if _THOUSANDS.fullmatch(text) or ("_" in text and _NUMBER.fullmatch(text.replace("_", ""))):
        return f"write {text.replace('_', '').replace(',', ''):.40}"
    if _NUMBER.fullmatch(text.replace(",", ".", 1)):
        return f"write {text.replace(',', '.'):.40}, with a decimal point"
    if text.endswith("%") and _NUMBER.fullmatch(text[:-1]):
        return f"write {float(text[:-1]) / 100:g}"
    return "a number looks like 1000, 0.1 or 1e-3"


def number(value: object, what: str = "a number") -> float:
    """Any finite number, also one that YAML calls an integer."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        wrong("S104", f"must be {what}, found {describe(value)}", number_hint(value))
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        wrong("S106", "must be finite: there is no nan, no inf and nothing above 1.8e308")
    return found


def integer(value: object) -> int:
    """1e3 is an integer: YAML has no other way to write one with an exponent."""
    found = number(value, "a whole number")
    if found != math.floor(found):
        wrong("S104", f"must be a whole number, found {value!r:.60}")
    if abs(found) > MAX_STEPS:
        wrong("S105", f"must be at {'most ' if found > 0 else 'least -'}1e15, found {value!r:.60}")
    return int(found)


def text(value: object) -> str:
    """Any text."""
    if not isinstance(value, str):
        shown = str(value).lower() if isinstance(value, bool) else f"{value!r:.60}"
        hint = f'put it in quotes: "{shown}"' if isinstance(value, int | float) else ""
        wrong("S104", f"must be text, found {describe(value)}", hint)
    return value


def unprintable(text: str) -> str:
    """Why a text is no name, or the empty string."""
    if not text.strip():
        return "must not be empty"
    return "" if printable(text, keep="") == text else f"has a character that cannot be printed: {quoted(text)}"


def prose(value: object) -> str:
    """A text that can be printed, on several lines perhaps."""
    found = text(value)
    if printable(found, keep="\n\t") != found:
        wrong("S104", f"has a character that cannot be printed: {quoted(found)}")
    return found


def name(value: object) -> str:
    """A text that can be printed on one line, and is not empty."""
    found = text(value)
    problem = unprintable(found)
    if problem:
        wrong("S107" if not found.strip() else "S104", problem)
    return found


def switch(value: object, hint: str | None = None) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        wrong("S104", f"must be true or false, found {describe(value)}", hint)
    return value


def _scalar(parameter: Parameter, value: object) -> float | int | bool:
    if parameter.kind == "bool":
        return switch(value, hint="")
    found = integer(value) if parameter.kind == "int" else number(value)
    if not parameter.allows(found):
        wrong("S105", f"must be {parameter.range_text}, found {value!r:.60}")
    return found


def _list(parameter: Parameter, value: list[Any] | tuple[Any, ...], depth: int, row: str = "a row") -> tuple[Any, ...]:
    if not value:
        wrong("S107", "must not be an empty list")

    def entry(item: object) -> Any:
        if depth == 1:
            return _scalar(parameter, item)
        if not isinstance(item, list | tuple):
            wrong("S104", f"must be {row} of numbers, found {describe(item)}")
        return _list(parameter, item, depth - 1)

    return each(entry, value)


def _pair(parameter: Parameter, value: object) -> tuple[Any, ...]:
    """Two numbers, or one pair per coordinate."""
    example = "for example [{}, {}]".format(*parameter.default) if isinstance(parameter.default, tuple) else ""
    if not isinstance(value, list | tuple):
        wrong("S104", f"must be a pair of numbers, found {describe(value)}", example)

    def two(pair: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(pair) != 2:
            wrong("S107", f"must be a pair of numbers, found a list of {len(pair)}", example)
        return pair

    nested = parameter.per_coordinate and any(isinstance(item, list | tuple) for item in value)
    return each(two, _list(parameter, value, 2, "a pair")) if nested else two(_list(parameter, value, 1))


def _sections(value: object) -> tuple[Mapping[str, Any], ...]:
    """A list of mappings; check.py looks into them."""
    example = "for example [{kind: abs, center: 1.0}, {kind: slope, gradient: -0.5}]"
    if not isinstance(value, list | tuple):
        wrong("S104", f"must be a list of parts, found {describe(value)}", example)
    if not value:
        wrong("S107", "must not be an empty list", example)

    def part(item: object) -> Mapping[str, Any]:
        if not isinstance(item, Mapping):
            wrong("S104", f"must be a mapping with a kind, found {describe(item)}", example)
        return item

    return each(part, value)


def parameter_value(parameter: Parameter, value: object) -> Any:
    """Check one parameter's value and bring it into its final form: numbers, bools and tuples of them.

    Raises
    ------
    WrongValueError
        Whose `within` is the place inside a list.

    """
    if value is None and parameter.default is None:
        return None
    if parameter.kind == "run":
        return name(value)
    if parameter.kind == "pair":
        return _pair(parameter, value)
    if parameter.kind == "parts":
        return _sections(value)
    if parameter.kind == "matrix":
        if not isinstance(value, list | tuple):
            wrong("S104", f"must be a list of rows, found {describe(value)}", "for example [[2.0, 0.5], [0.5, 1.0]]")
        return _list(parameter, value, 2)
    if isinstance(value, list | tuple) and parameter.per_coordinate:
        return _list(parameter, value, 1)
    return _scalar(parameter, value)


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """JSON Schema of a parameter."""
    bounds = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
    limits = {bounds[name]: bound for name, bound in parameter.bounds.items()}
    if parameter.kind == "parts":
        kinds: dict[str, Any] = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/part"}}
        given = kinds if parameter.required else {"default": None, "anyOf": [kinds, {"type": "null"}]}
        return {"description": parameter.doc, **given}
    names = {"int": "integer", "bool": "boolean", "run": "string"}
    one = {"type": names.get(parameter.kind, "number"), **limits}
    pair = {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
    forms = {
        "pair": [pair, {"type": "array", "items": pair, "minItems": 1}],
        "matrix": [{"type": "array", "minItems": 1, "items": {"type": "array", "items": one, "minItems": 1}}],
    }.get(parameter.kind, [one, {"type": "array", "items": one, "minItems": 1}])
    if not parameter.per_coordinate:
        forms = forms[:1]
    forms += [{"type": "null"}] if parameter.default is None else []
    default = {} if parameter.required else {"default": parameter.default}
    return {"description": parameter.doc, **default, **(forms[0] if len(forms) == 1 else {"anyOf": forms})}
