"""Functions taken apart: what they reach by name, a text that says all of it, and copies that reach something else."""

import dis
import hashlib
import sys
from collections.abc import Callable, Iterable
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


def _foreign(value: Any) -> bool:
    """Whether a value is a module of which what is read has to be looked at."""
    return isinstance(value, ModuleType) and not _library(value.__name__)


@cache
def _paths(code: CodeType, free: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """Every name that code loads from its module or, if it is `free`, from a function around it, with what is taken of it at once.

    That is `("np", "sqrt")`, and `("np",)` where the module goes elsewhere.
    """
    found: dict[tuple[str, ...], None] = {}
    path: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        if path and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            path = (*path, instruction.argval)
        elif instruction.opname != "EXTENDED_ARG":
            found[path] = None
            loads = instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME") or (
                instruction.opname == "LOAD_DEREF" and instruction.argval in free
            )
            path = (instruction.argval,) if loads else ()
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found.update(dict.fromkeys(_paths(inner, free)))
    return tuple(path for path in found if path)


def _reads(function: FunctionType) -> list[tuple[Any, tuple[str, ...]]]:
    """What a function reads by a name: the value that the name's first part has, and the name in parts."""
    code = function.__code__
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    known = {**function.__globals__, **{name: cell.cell_contents for name, cell in cells}}
    return [(known.get(path[0], _BUILTIN), path) for path in _paths(code, frozenset(code.co_freevars))]


def rebound(function: Any, changed: Callable[[Any], Any], around: tuple[Any, ...] = ()) -> FunctionType:
    """Return a copy of a function with another value for each that it reaches by a name: of its module, or of a function around it.

    Of functions that are followed, `changed` gets such a copy; a module that is not a library's is one, in which the same is done.

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

    def value(old: Any, paths: Iterable[tuple[str, ...]] = ()) -> Any:
        if not _foreign(old):
            return changed(rebound(old, changed, (*around, function)) if followed(old) else old)
        copy = ModuleType(old.__name__)
        vars(copy).update(vars(old))
        for name in {path[0] for path in paths if path}.intersection(vars(old)):
            setattr(copy, name, value(getattr(old, name), [path[1:] for path in paths if path[:1] == (name,)]))
        return copy

    roots: dict[str, tuple[Any, list[tuple[str, ...]]]] = {}
    for root, path in _reads(function):
        roots.setdefault(path[0], (root, []))[1].append(path[1:])
    new_values = {name: value(*root) for name, root in roots.items() if root[0] is not _BUILTIN}
    free = function.__code__.co_freevars
    cells = [
        CellType(new_values.get(name, cell.cell_contents))
        for name, cell in zip(free, function.__closure__ or (), strict=True)
    ]
    scope = {**function.__globals__, **{name: new for name, new in new_values.items() if name not in free}}
    new = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, tuple(cells))
    new.__kwdefaults__ = function.__kwdefaults__
    return new


def _taken(value: Any, path: tuple[str, ...]) -> tuple[Any, str]:
    """What a name in parts leads to, given what its first part is, and the part that is its own name."""
    place = 1
    while place < len(path) and _foreign(value):
        value, place = getattr(value, path[place], None), place + 1
    return value, path[place - 1]


def reached(function: Any) -> list[FunctionType]:
    """A function and all that it reaches by a name and that are followed, also if it cannot be compiled."""
    found: list[FunctionType] = []
    waiting = [function]
    while waiting:
        each = waiting.pop()
        each = getattr(each, "py_func", each)
        if each not in found:
            found.append(each)
            waiting += [value for value, _ in (_taken(*read) for read in _reads(each)) if followed(value)]
    return found


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
    elif _foreign(value):
        raise UsageError(
            f"{reader[0]}, which {reader[1]} reads, is a module and goes elsewhere as a whole",
            f"take what is needed at once, as in `{reader[0]}.name`: a change of anything else would go unseen",
        )
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
    code, name = function.__code__, function.__name__
    parts.append(f"function {sorted(getattr(given, 'targetoptions', {}).items())} {_code(code, function.__doc__)}")
    if function.__defaults__ or function.__kwdefaults__:
        defaults = (function.__defaults__, *sorted((function.__kwdefaults__ or {}).items()))
        _describe(defaults, ("a default", name), parts, seen)
    for root, path in _reads(function):
        value, own = _taken(root, path)
        _describe(value, (own, name), parts, seen)


@cache
def _code(code: CodeType, docstring: str | None) -> str:
    constants = code.co_consts
    if docstring is not None and constants[:1] == (docstring,):
        constants = (None, *constants[1:])
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    text = f"code {code.co_code.hex()} {code.co_exceptiontable.hex()} {counts} {names}"
    return f"{text} {described(constants)}"
