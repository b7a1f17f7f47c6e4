"""Functions taken apart: what they reach by name, a text that says all of it, and copies that reach something else."""

import dis
import hashlib
import sys
from collections.abc import Callable
from enum import Enum
from functools import cache
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from adamw_cli.errors import UsageError

# What is theirs is known by its name: their versions are part of every kernel's key.
_LIBRARIES = frozenset({"builtins", "cmath", "math", "numba", "numpy", "operator", "_operator"})
_BUILTIN = "found in no module"
_PLAIN = frozenset({type(None), type(...), bool, int, float, complex, str, bytes, slice})


def _library(module: str | None) -> bool:
    return (module or "").partition(".")[0] in _LIBRARIES


def followed(value: Any) -> bool:
    """Whether a value is a function in Python that is compiled with the one that calls it."""
    return not _library(value.__module__) if isinstance(value, FunctionType) else hasattr(value, "py_func")


@cache
def _paths(code: CodeType) -> tuple[tuple[str, ...], ...]:
    """Every global name that code loads, with the attributes taken of it at once: `("np", "sqrt")`."""
    found: dict[tuple[str, ...], None] = {}
    path: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            path = (instruction.argval,)
        elif path and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            path = (*path, instruction.argval)
        elif instruction.opname != "EXTENDED_ARG":
            path = ()
        if path:
            found[path] = None
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found.update(dict.fromkeys(_paths(inner)))
    return tuple(found)


def rebound(function: Any, changed: Callable[[Any], Any], around: tuple[Any, ...] = ()) -> FunctionType:
    """Return a copy of a function with another value for each that it reaches by a name: of its module, or of a function around it.

    Of functions that are followed, `changed` gets such a copy.

    Raises
    ------
    UsageError
        If a function calls itself.

    """
    function = getattr(function, "py_func", function)  # of one that numba has compiled already
    if function in around:
        raise UsageError(
            f"the function '{function.__name__}' calls itself", "write it as a loop: it is compiled inline"
        )

    def value(old: Any) -> Any:
        return changed(rebound(old, changed, (*around, function)) if followed(old) else old)

    known = function.__globals__
    names = {path[0] for path in _paths(function.__code__)}
    scope = {**known, **{name: value(known[name]) for name in names if name in known}}
    cells = tuple(CellType(value(cell.cell_contents)) for cell in function.__closure__ or ())
    new = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
    new.__kwdefaults__ = function.__kwdefaults__
    return new


def reached(function: Any) -> list[FunctionType]:
    """A function and all that it reaches by a name and that are followed."""
    found: list[FunctionType] = []

    def seen(value: Any) -> Any:
        if followed(value):
            found.append(value)
        return value

    return [rebound(function, seen), *found]


def described(value: Any) -> str:
    """Return a text that differs wherever the machine code of a function differs that has this value, or is it.

    Of a function: its byte code, constants, defaults, and all that it reaches by name; not its own name, its docstring, comments and
    where its lines stand.

    Raises
    ------
    UsageError
        If a function reads what cannot be compiled into it: a list, a dict, an object.

    """
    parts: list[str] = []
    _describe(value, ("a value", "a function"), parts, {})
    return "\n".join(parts)


def _describe(value: Any, reader: tuple[str, str], parts: list[str], seen: dict[int, int]) -> None:
    """Add to the parts of `described`; `reader` : the value's name and who reads it, `seen` : the functions so far, numbered."""
    kind = type(value)
    if kind in _PLAIN:
        parts.append(f"{kind.__name__} {value!r}")
    elif isinstance(value, ModuleType):
        parts.append(f"module {value.__name__}")
    elif followed(value):
        _function(value, parts, seen)
    elif isinstance(value, CodeType):
        parts.append(_code(value, None))
    elif isinstance(value, tuple):
        parts.append(f"{kind.__name__} {getattr(kind, '_fields', '')} of {len(value)}")
        for part in value:
            _describe(part, reader, parts, seen)
    elif isinstance(value, frozenset):
        parts.append(f"set {sorted(described(part) for part in value)}")
    elif isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        order = (value.flags.c_contiguous, value.flags.f_contiguous)
        content = hashlib.sha256(value.tobytes()).hexdigest()
        parts.append(f"{kind.__name__} {value.dtype.descr} {value.shape} {order} {content}")
    elif isinstance(value, Enum):
        parts.append(f"{kind.__qualname__}.{value.name}")
        _describe(value.value, reader, parts, seen)
    else:
        parts.append(_named(value, reader))


def _named(value: Any, reader: tuple[str, str]) -> str:
    """The name of what a library has under it."""
    module = getattr(value, "__module__", None) or type(value).__module__
    name = getattr(value, "__name__", "")
    if _library(module) and getattr(sys.modules.get(module), name, None) is value:
        return f"{module}.{name}"
    raise UsageError(
        f"{reader[0]}, which {reader[1]} reads, cannot be compiled: it is of type {type(value).__name__}",
        "a compiled function may read numbers, text, tuples, numpy arrays, modules and functions",
    )


def _function(given: Any, parts: list[str], seen: dict[int, int]) -> None:
    if id(given) in seen:
        parts.append(f"function {seen[id(given)]}")
        return
    seen[id(given)] = len(seen)
    function = getattr(given, "py_func", given)
    code, known, name = function.__code__, function.__globals__, function.__name__
    parts.append(f"function {sorted(getattr(given, 'targetoptions', {}).items())} {_code(code, function.__doc__)}")
    if function.__defaults__ or function.__kwdefaults__:
        defaults = (function.__defaults__, *sorted((function.__kwdefaults__ or {}).items()))
        _describe(defaults, ("a default", name), parts, seen)
    for inner, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        _describe(cell.cell_contents, (inner, name), parts, seen)
    for path in _paths(code):
        value, place = known.get(path[0], _BUILTIN), 1
        while place < len(path) and isinstance(value, ModuleType) and not _library(value.__name__):
            value, place = getattr(value, path[place], None), place + 1
        _describe(value, (path[place - 1], name), parts, seen)


@cache
def _code(code: CodeType, docstring: str | None) -> str:
    constants = code.co_consts
    if docstring is not None and constants[:1] == (docstring,):
        constants = (None, *constants[1:])
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    text = f"code {code.co_code.hex()} {code.co_exceptiontable.hex()} {counts} {names}"
    return f"{text} {described(constants)}"
