"""The one check of calls from Python: values have the types that annotations name, and a plug-in's error is the plug-in's.

adamw_cli puts it around every public function. The command line has read its types by then, and reports plug-ins itself.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, wraps
from inspect import Signature, signature
from numbers import Real
from os import PathLike
from pathlib import Path
from reprlib import repr as short
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from adamw_cli.errors import AdamwError, UsageError

# A whole number, or any, with the least that there is.
Count = Annotated[int, 0]
Length = Annotated[int, 1]
Seconds = Annotated[float, 0]
Function = TypeVar("Function", bound=Callable[..., Any])
_NOUNS: dict[Any, str] = {float: "number", int: "whole number", bool: "bool", str: "text", Mapping: "dict"}
_NOUNS |= {PathLike: "path", Path: "path", Callable: "function", Sequence: "list", Iterable: "list"}


def guarded(function: Function) -> Function:
    """Return the function with its arguments checked, and numbers and arrays of others, such as numpy's, made Python's own.

    Raises
    ------
    UsageError
        If an argument has another type, is missing, or is not known.
    PluginError
        Where a plug-in raises something else.

    """

    @wraps(function)
    def call(*positional: Any, **named: Any) -> Any:
        try:
            bound = _signature(function).bind(*positional, **named)
        except TypeError as error:
            raise UsageError(f"{function.__name__}: {error}") from None
        for name, value in bound.arguments.items():
            parameter = bound.signature.parameters[name]
            if parameter.kind is parameter.VAR_KEYWORD:
                bound.arguments[name] = {n: _taken(n, each, parameter.annotation) for n, each in value.items()}
            else:
                bound.arguments[name] = _taken(name, value, parameter.annotation)
        try:
            return function(*bound.args, **bound.kwargs)
        except AdamwError:
            raise
        except Exception as error:
            from adamw_cli import registry

            plugin = registry.blamed(error)
            if plugin is None:
                raise
            raise plugin from error

    return cast(Function, call)


@cache
def _signature(function: Callable[..., Any]) -> Signature:
    """The signature, with annotations that are texts read: they may have public names that are not imported to run."""
    import adamw_cli

    found = signature(function)
    texts = [p for p in found.parameters.values() if isinstance(p.annotation, str)]
    names = {**function.__globals__, **({"Scenario": adamw_cli.Scenario} if texts else {})}
    read = {p.name: p.replace(annotation=eval(p.annotation, names)) for p in texts}
    return found.replace(parameters=[read.get(p.name, p) for p in found.parameters.values()])


def _taken(name: str, value: Any, wanted: Any) -> Any:
    for candidate in (value, _plain(value)):
        if _fits(candidate, wanted):
            return candidate
    raise UsageError(f"`{name}` must be {_described(wanted)}, not {short(value)}", f"give another `{name}`")


def _plain(value: Any) -> Any:
    """Python's own number or list for one of numpy or torch, for an iterator, and for what is in a list."""
    if isinstance(value, list | tuple) or hasattr(value, "__next__"):
        return [_plain(item) for item in value]
    if hasattr(type(value), "tolist"):
        return value.tolist()
    with suppress(OverflowError):
        return float(value) if isinstance(value, Real) and not isinstance(value, int) else value
    return value


def _fits(value: Any, wanted: Any) -> bool:
    kind, parts = get_origin(wanted) or wanted, get_args(wanted)
    if kind is Annotated:
        return _fits(value, parts[0]) and value >= parts[1]
    if kind in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if kind is Literal:  # the function says which there are
        return isinstance(value, str)
    if kind in (int, float):
        small = isinstance(value, int) and (kind is int or abs(value) <= sys.float_info.max)
        return (small or isinstance(value, kind)) and not isinstance(value, bool)
    if kind is Callable:
        return callable(value)
    if kind in (None, Any) or not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
        return kind is not None or value is None
    if not isinstance(value, kind) or hasattr(value, "__next__"):  # which a look inside would use up
        return False
    inside = value if parts and isinstance(value, Iterable) else ()
    return all(_fits(item, parts[0]) for item in inside)


def _described(wanted: Any, plural: str = "") -> str:
    kind, parts = get_origin(wanted) or wanted, get_args(wanted)
    if kind is Annotated:
        return f"{_described(parts[0])} of at least {parts[1]}"
    if kind in (Union, UnionType):
        return " or ".join(dict.fromkeys(_described(part, plural) for part in parts))
    if kind in (None, NoneType):
        return "None"
    noun = _NOUNS.get(str if kind is Literal else kind, getattr(kind, "__name__", str(kind))) + plural
    noun += f" of {_described(parts[0], 's')}" if noun.startswith("list") and parts else ""
    return noun if plural else f"a {noun}"
