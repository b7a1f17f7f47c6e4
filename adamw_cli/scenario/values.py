"""Single values of a scenario: numbers, texts and parameters, strict about everything but what YAML leaves open.

Messages here start with what a value must be; faults.py puts the key's name in front.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

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


def wrong(code: str, message: str, hint: str = "", **context: Any) -> NoReturn:
    """Refuse a value; `code` is one of type, range, finite, length, order and version."""
    raise PydanticCustomError(code, "{message}", {"message": message, "hint": hint, **context})


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


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        wrong("type", f"must be {what}, found {describe(value)}", number_hint(value))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        wrong("finite", "must be finite: there is no nan, no inf and nothing above 1.8e308")
    return number


def integer(value: object) -> int:
    """1e3 is an integer: YAML has no other way to write one with an exponent."""
    number = _number(value, "a whole number")
    if number != math.floor(number):
        wrong("type", f"must be a whole number, found {value!r:.60}")
    if abs(number) > MAX_STEPS:
        wrong("range", f"must be at {'most ' if number > 0 else 'least -'}1e15, found {value!r:.60}")
    return int(number)


def real(value: object) -> float:
    """Any finite number, also one that YAML calls an integer."""
    return _number(value, "a number")


def _text(value: object) -> str:
    if not isinstance(value, str):
        hint = f'put it in quotes: "{value!r:.60}"' if isinstance(value, int | float) else ""
        if isinstance(value, bool):
            hint = f'put it in quotes: "{str(value).lower()}"'
        wrong("type", f"must be text, found {describe(value)}", hint)
    return value


def unprintable(text: str) -> str:
    """Why a text is no name, or the empty string."""
    if not text.strip():
        return "must not be empty"
    return "" if printable(text, keep="") == text else f"has a character that cannot be printed: {quoted(text)}"


def _name(value: object) -> str:
    text = _text(value)
    problem = unprintable(text)
    if problem:
        wrong("length" if not text.strip() else "type", problem)
    return text


Real = Annotated[float, BeforeValidator(real)]
Integer = Annotated[int, BeforeValidator(integer)]
Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[str, BeforeValidator(_name)]
NumberList = Annotated[tuple[Real, ...], Field(strict=False, min_length=1)]


def _scalar(parameter: Parameter, value: object) -> float | int | bool:
    if parameter.kind == "bool":
        if not isinstance(value, bool):
            wrong("type", f"must be true or false, found {describe(value)}")
        return value
    number = integer(value) if parameter.kind == "int" else real(value)
    if not parameter.allows(number):
        wrong("range", f"must be {parameter.range_text}, found {value!r:.60}")
    return number


def _list(parameter: Parameter, value: list[Any] | tuple[Any, ...], depth: int, row: str = "a row") -> tuple[Any, ...]:
    if not value:
        wrong("length", "must not be an empty list")
    found: list[Any] = []
    for i, item in enumerate(value):
        try:
            if depth == 1:
                found.append(_scalar(parameter, item))
            elif isinstance(item, list | tuple):
                found.append(_list(parameter, item, depth - 1))
            else:
                wrong("type", f"must be {row} of numbers, found {describe(item)}")
        except PydanticCustomError as error:
            context = dict(error.context or {})
            within = (i, *context.pop("within", ()))
            wrong(error.type, context.pop("message"), within=within, **context)
    return tuple(found)


def _pair(parameter: Parameter, value: object) -> tuple[Any, ...]:
    """Two numbers, or one pair per coordinate."""
    example = "for example [{}, {}]".format(*parameter.default) if isinstance(parameter.default, tuple) else ""
    if not isinstance(value, list | tuple):
        wrong("type", f"must be a pair of numbers, found {describe(value)}", example)
    nested = parameter.per_coordinate and any(isinstance(item, list | tuple) for item in value)
    pairs = _list(parameter, value, 2, "a pair") if nested else (_list(parameter, value, 1),)
    for i, pair in enumerate(pairs):
        if len(pair) != 2:
            within = {"within": (i,)} if nested else {}
            wrong("length", f"must be a pair of numbers, found a list of {len(pair)}", example, **within)
    return pairs if nested else pairs[0]


def _sections(value: object) -> tuple[Mapping[str, Any], ...]:
    """A list of mappings; check.py looks into them."""
    example = "for example [{kind: abs, center: 1.0}, {kind: slope, gradient: -0.5}]"
    if not isinstance(value, list | tuple):
        wrong("type", f"must be a list of parts, found {describe(value)}", example)
    if not value:
        wrong("length", "must not be an empty list", example)
    for i, item in enumerate(value):
        if not isinstance(item, Mapping):
            wrong("type", f"must be a mapping with a kind, found {describe(item)}", example, within=(i,))
    return tuple(value)


def parameter_value(parameter: Parameter, value: object) -> Any:
    """Check one parameter's value and bring it into its final form: numbers, bools and tuples of them.

    Raises
    ------
    PydanticCustomError
        With type `type`, `range`, `finite` or `length`; context `within` is the place inside a list.

    """
    if value is None and parameter.default is None:
        return None
    if parameter.kind == "run":
        return _name(value)
    if parameter.kind == "pair":
        return _pair(parameter, value)
    if parameter.kind == "parts":
        return _sections(value)
    if parameter.kind == "matrix":
        if not isinstance(value, list | tuple):
            wrong("type", f"must be a list of rows, found {describe(value)}", "for example [[2.0, 0.5], [0.5, 1.0]]")
        return _list(parameter, value, 2)
    if isinstance(value, list | tuple) and parameter.per_coordinate:
        return _list(parameter, value, 1)
    return _scalar(parameter, value)
