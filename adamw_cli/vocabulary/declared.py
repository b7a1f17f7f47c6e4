"""What a declared field may be: its annotation is taken at its word.

Other layers act on the words of a fact, so that a misspelt one would silently be another fact, and text where a fact belongs would
fail far from the file that has it.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from adamw_cli.errors import DeclarationError, suggestion

# What stands for numbers counts for Python's and for numpy's.
_KINDS: dict[Any, tuple[type, str]] = {
    float: (Real, "a number"),
    int: (Integral, "a whole number"),
    bool: (bool, "True or False"),
    str: (str, "text"),
    NoneType: (NoneType, "None"),
    Mapping: (Mapping, "a mapping, such as {'a': 1.0}"),
}


def check_fields(declared: Any) -> None:
    """Refuse a value that its field cannot have, in a dataclass whose annotations say what that is.

    Raises
    ------
    DeclarationError
        With the words that there are, or with what belongs there.

    """
    kind: Any = type(declared)
    for field in fields(declared):
        value, hint = getattr(declared, field.name), _hints(kind)[field.name]
        if value is field.default or _fits(value, hint):
            continue
        known = _words(hint)
        if isinstance(value, str) and known:
            raise DeclarationError(f"{field.name} of {kind.__name__} cannot be {value!r:.60}", suggestion(value, known))
        meant = _meant(hint)
        if field.name in (*getattr(kind, "NAMES", ()), *getattr(kind, "SWITCHES", ())):
            meant = meant.replace("text", "the name of a parameter")
        raise DeclarationError(f"{field.name} of {kind.__name__} must be {meant}, and is {_shown(value)}")


@cache
def _hints(declared: type) -> dict[str, Any]:
    return get_type_hints(declared)


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin is Callable:
        return callable(value)
    if origin is tuple:
        each = inner if inner[-1] is not ... else inner[:1] * len(value) if isinstance(value, tuple) else ()
        return isinstance(value, tuple) and len(value) == len(each) and all(map(_fits, value, each))
    kind, _ = _KINDS.get(origin or hint, (hint, ""))
    # A truth value is an int to Python; where a number is asked for it is a slip.
    return isinstance(value, kind) and (hint is bool or not isinstance(value, bool) or kind is object)


def _words(hint: Any) -> list[str]:
    """The words that a field may be, however far down they stand."""
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    return [word for inner in get_args(hint) if get_origin(hint) in (Union, UnionType) for word in _words(inner)]


def _meant(hint: Any) -> str:
    """What belongs there, in words."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(_meant(each) for each in inner)
    if origin is Literal:
        return f"one of {', '.join(map(repr, inner))}"
    if origin is Callable:
        return "a function"
    if origin is tuple:
        each = [_meant(part) for part in inner if part is not ...]
        return f"a tuple, such as (x,), of {each[0]}" if inner[-1] is ... else f"({', '.join(each)})"
    if (origin or hint) in _KINDS:
        return _KINDS[origin or hint][1]
    return " or ".join(f"{kind.__name__}(...)" for kind in hint.__subclasses__() or (hint,))


def _shown(value: Any) -> str:
    """What is there instead: a class is a fact whose parentheses are missing."""
    if isinstance(value, type):
        return f"the class {value.__name__}, without parentheses"
    return f"{value!r:.60}" if isinstance(value, str | Real | tuple | NoneType) else f"of type {type(value).__name__}"
