"""What a declared field may be: its annotation is taken at its word.

Other layers act on the words of a fact, so that a misspelt one would silently be another fact, and text where a fact belongs would
fail far from the file that has it.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

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


class Declared:
    """A dataclass whose fields are checked against their annotations."""

    def __post_init__(self) -> None:
        """Refuse a value that its field cannot have, with the words that there are, or with what belongs there."""
        kind: Any = type(self)
        for field in fields(kind):
            value, form = getattr(self, field.name), _forms(kind)[field.name]
            if value is field.default or form.fits(value):
                continue
            if isinstance(value, str) and form.words:
                hint = suggestion(value, list(form.words))
                raise DeclarationError(f"{field.name} of {kind.__name__} cannot be {value!r:.60}", hint)
            meant = form.meant
            if field.name in (*getattr(kind, "NAMES", ()), *getattr(kind, "SWITCHES", ())):
                meant = meant.replace("text", "the name of a parameter")
            raise DeclarationError(f"{field.name} of {kind.__name__} must be {meant}, and is {_shown(value)}")


class _Form(NamedTuple):
    """Whether a value is what an annotation says, what that is, and the words that it may be, wherever in a union they stand."""

    fits: Callable[[Any], bool]
    meant: str
    words: tuple[str, ...] = ()


@cache
def _forms(declared: type) -> dict[str, _Form]:
    hints = get_type_hints(declared)
    return {field.name: _form(hints[field.name]) for field in fields(declared)}


def _form(hint: Any) -> _Form:
    origin, inner = get_origin(hint) or hint, get_args(hint)
    if hint is Any:
        return _Form(lambda value: True, "anything")
    if origin is Literal:
        one = f"one of {', '.join(map(repr, inner))}"
        return _Form(lambda value: isinstance(value, str) and value in inner, one, inner)
    if origin is Callable:
        return _Form(callable, "a function")
    parts = [_form(part) for part in inner if part is not ...]
    meant, words = [part.meant for part in parts], tuple(word for part in parts for word in part.words)
    if origin in (Union, UnionType):
        return _Form(lambda value: any(part.fits(value) for part in parts), " or ".join(meant), words)
    if origin is tuple and inner[-1] is ...:
        each = f"a tuple, such as (x,), of {meant[0]}"
        return _Form(lambda value: isinstance(value, tuple) and all(map(parts[0].fits, value)), each)
    if origin is tuple:

        def fits(value: Any) -> bool:
            whole = isinstance(value, tuple) and len(value) == len(parts)
            return whole and all(part.fits(each) for part, each in zip(parts, value, strict=True))

        return _Form(fits, f"({', '.join(meant)})")
    kind, text = _KINDS.get(origin, (origin, ""))
    text = text or " or ".join(f"{each.__name__}(...)" for each in origin.__subclasses__() or (origin,))
    # A truth value is an int to Python; where a number is asked for it is a slip.
    return _Form(lambda value: isinstance(value, kind) and isinstance(value, bool) <= (kind is bool), text)


def _shown(value: Any) -> str:
    """What is there instead: a class is a fact whose parentheses are missing."""
    if isinstance(value, type):
        return f"the class {value.__name__}, without parentheses"
    return f"{value!r:.60}" if isinstance(value, str | Real | tuple | NoneType) else f"of type {type(value).__name__}"
