"""What others add: files that are named, and modules that installed packages name; imported, looked through, and blamed.

A module declares one thing with `SPEC` and the functions that go with it, as a file of ours does. Every class in it that has a
`SPEC` declares another one, which goes by the name of the class. Whatever goes wrong is a PluginError that names the plug-in.
"""

import importlib
import importlib.metadata
import inspect
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from adamw_cli.errors import AdamwError, PluginError
from adamw_cli.vocabulary import Landscape, Metric, Noise, Rule, Schedule

Key = tuple[str, str]
_SPECIFICATIONS = (Rule, Landscape, Schedule, Noise, Metric)
_KINDS = ", ".join(kind.__name__ for kind in _SPECIFICATIONS)
_OURS = Path(__file__).resolve().parent
_COMPILES = (
    "the engine compiles arithmetic and functions of numpy, no lists and no objects; the engine 'python' runs anything"
)
# What is compiled beside `value` of a schedule.
_COMPILED = frozenset({"update", "SPEC.normed", "gradient", "height", "noisy", "SPEC.prepare"})
_PAGE = "docs/extending.md shows one of each kind"


def load_file(path: str | Path) -> dict[Key, ModuleType]:
    """Run a plug-in file, and return what it declares; while it runs, it can import what lies beside it.

    Raises
    ------
    PluginError

    """
    with _foreign(_origin(path)):
        file = Path(path).resolve()
        if not file.is_file():
            raise _error(path, "there is no such file", "a plug-in is a file of Python, or an installed package")
        module = ModuleType(f"adamw_plugins.{file.stem}")
        module.__file__ = str(file)
        sys.modules[module.__name__] = module  # dataclasses look themselves up
        with _beside(file.parent):
            # Not by an import: that one takes a file which was changed a moment ago for the one that it knows.
            exec(compile(file.read_bytes(), str(file), "exec", dont_inherit=True), vars(module))
        found = {file.stem: module} if hasattr(module, "SPEC") else {}
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "SPEC"):
                found[name] = _as_module(value, module)
        if not found:
            raise _error(path, "it declares nothing", f"it needs SPEC = ..., one of {_KINDS}; {_PAGE}")
        return {(_kind(path, name, each), name): each for name, each in found.items()}


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Let imports find what lies in a folder; afterwards it is nobody else's.

    Two files in two folders may each have a `helpers.py`, and a file that is loaded again has its own as it is then.
    """
    importlib.invalidate_caches()  # the folder may have changed a moment ago
    before, written = set(sys.modules), sys.dont_write_bytecode
    # By its time and size, byte code that is stored may be that of a file from before the last edit.
    sys.path, sys.dont_write_bytecode = [str(folder), *sys.path], True
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        with suppress(ValueError):
            sys.path.remove(str(folder))
        tops = {name.partition(".")[0] for name in set(sys.modules) - before} - before
        own = {name for name in tops if _lies(sys.modules.get(name), folder)}
        for name in [name for name in sys.modules if name.partition(".")[0] in own]:
            del sys.modules[name]


def _lies(module: ModuleType | None, folder: Path) -> bool:
    places = getattr(module, "__path__", None) or [getattr(module, "__file__", None)]
    return any(place is not None and Path(place).parent == folder for place in places)


def _as_module(made: type, within: ModuleType) -> ModuleType:
    module = ModuleType(f"{within.__name__}.{made.__name__}", inspect.getdoc(made))
    module.__file__ = within.__file__
    vars(module).update({name: getattr(made, name) for name in dir(made) if not name.startswith("__")})
    return module


def entry_points(package: str) -> dict[str, list[EntryPoint]]:
    """What installed packages name in the group `adamw.optimizers`, or another; nothing of it is imported."""
    found: dict[str, list[EntryPoint]] = {}
    for entry in importlib.metadata.entry_points(group=f"adamw.{package}"):
        found.setdefault(entry.name, []).append(entry)
    return found


def load_entry_point(package: str, entries: Sequence[EntryPoint]) -> ModuleType:
    """Import what goes by one name.

    Raises
    ------
    PluginError

    """
    entry, *others = entries
    if others:
        raise taken(package, entry.name, entry, others[0])
    with _foreign(_origin(entry)):
        found: Any = entry.load()
        module: ModuleType = _as_module(found, sys.modules[found.__module__]) if isinstance(found, type) else found
        if not hasattr(module, "SPEC"):
            raise _error(entry, f"{entry.value} declares nothing", f"it needs SPEC = ..., one of {_KINDS}; {_PAGE}")
        kind = _kind(entry, entry.name, module)
        if kind != package:
            raise _error(entry, f"it declares one of the {kind}", f"its group is adamw.{kind}, not adamw.{package}")
        return module


def taken(package: str, name: str, where: str | Path | EntryPoint, other: object) -> PluginError:
    """The error for a name that is there already."""
    there = _origin(other) if isinstance(other, EntryPoint) else other
    hint = "rename one, or leave one out"
    return _error(where, f"{package.removesuffix('s')} '{name}' exists already, in {there}", hint)


def raised_in(files: Collection[str], error: BaseException) -> PluginError:
    """What to say of an exception in a process that has plug-ins in these files: it went through one, or what one returned led to it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    if frames:
        return _error(f"{frames[-1].filename}:{frames[-1].lineno}", _text(error))
    text = f"what a function of it returns cannot be used, or this is a bug in adamw: {_text(error)}"
    return _error(" or ".join(sorted(files)), text, _PAGE)


def at_fault(functions: Iterable[Callable[..., Any]], message: str, hint: str | None) -> PluginError | None:
    """The error of a message about functions that are used together, of which one may be a plug-in's; None if all are ours."""
    code = _foreign_code(functions, message)
    return None if code is None else _of(code, message, hint or "")


def uncompilable(functions: Iterable[Callable[..., Any]], why: str) -> PluginError | None:
    """The error for functions that cannot be compiled together; None if all of them are ours."""
    code = _foreign_code(functions, why)
    return None if code is None else _of(code, f"{code.co_name} cannot be compiled: {why}", _COMPILES)


def _of(code: CodeType, message: str, hint: str) -> PluginError:
    return _error(f"{code.co_filename}:{code.co_firstlineno}", message, hint)


def _foreign_code(functions: Iterable[Callable[..., Any]], message: str) -> CodeType | None:
    """The code that a message is about, in the words of the compiler or of the engine, or any that is a plug-in's."""
    codes = [function.__code__ for function in functions]
    foreign = [c for c in codes if not c.co_filename.startswith("<") and _OURS not in Path(c.co_filename).parents]
    said = ("def {}(", "which {} reads", "function '{}'")
    foreign.sort(key=lambda code: not any(words.format(code.co_name) in message for words in said))
    return foreign[0] if foreign else None


def _origin(where: object) -> str:
    if not isinstance(where, EntryPoint):
        return f"plug-in {where}"
    dist = where.dist
    return f"plug-in '{where.name}'" + (f" of {dist.name} {dist.version}" if dist is not None else "")


def _error(where: object, message: str, hint: str = "") -> PluginError:
    return PluginError(f"{_origin(where)}: {message}", hint or None)


@contextmanager
def _foreign(origin: str) -> Iterator[None]:
    """Whatever a plug-in raises while it is imported, sys.exit included, becomes a PluginError; Ctrl-C stays what it is.

    What it prints goes to standard error, so that results stay parseable.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (PluginError, KeyboardInterrupt):
        raise
    except AdamwError as error:  # of what it declares, with what to write instead
        raise PluginError(f"{origin} cannot be imported: {error.message}{_line(error)}", error.hint) from error
    except BaseException as error:
        raise PluginError(f"{origin} cannot be imported: {_text(error)}{_line(error)}") from error


def _text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"


def _line(error: BaseException) -> str:
    """Where it was raised, as far as that is not in our own code or in the import system's."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({error.filename}:{error.lineno})"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith("<") and _OURS not in Path(frame.filename).parents:
            return f" ({frame.filename}:{frame.lineno})"
    return ""


def _kind(where: object, name: str, module: ModuleType) -> str:
    """The package that a module belongs to; an error if it belongs to none, or its functions do not go with what it declares."""
    spec: Any = module.SPEC
    if type(spec) not in _SPECIFICATIONS:
        raise _error(where, f"SPEC is of type {type(spec).__name__}", f"it must be one of {_KINDS}; {_PAGE}")
    if not name.isidentifier():
        raise _error(where, f"'{name}' cannot be a name", "letters, digits and _, the first no digit")
    problem = misfit(module)
    if problem:
        raise _error(where, f"{name}: {problem}", _PAGE)
    return str(spec.FOLDER)


def misfit(module: ModuleType) -> str:
    """What is wrong between SPEC and the functions beside it; nothing if they fit."""
    spec: Any = module.SPEC
    problem = _underivable(module) if isinstance(spec, Landscape) and not hasattr(module, "lower") else ""
    if problem:
        return f"there is no lower(dimension, values), and {problem}"
    facts = vars(spec.gradient) if isinstance(spec, Landscape) else {}
    for label, arguments in (_calls(module) | {name: ["values"] for name in facts if callable(facts[name])}).items():
        place, _, name = label.rpartition(".")
        function = facts.get(name) or getattr(spec if place else module, name, None)
        if not callable(function):
            return f"there is no {label}({', '.join(arguments)})"
        compiled = label in _COMPILED or (label == "value" and isinstance(spec, Schedule))
        if compiled and not isinstance(getattr(function, "py_func", function), FunctionType):
            kind = type(function).__name__
            return f"{label} is of type {kind}; it is compiled, so it must be a function: def or lambda"
        has = inspect.signature(function)
        # Names are how an order that is wrong shows; functions of SPEC and of all values may have others.
        named = label == "Measure" or (compiled and not place)
        if (named and list(has.parameters) != arguments) or not _takes(function, len(arguments)):
            return f"{label} takes {has}, and SPEC asks for ({', '.join(arguments)})"
    if isinstance(spec, Metric):
        missing = [name for name in ("observe", "result") if not callable(getattr(module.Measure, name, None))]
        return f"Measure has no {missing[0]}" if missing else ""
    if isinstance(spec, Landscape) and spec.part and not (hasattr(module, "lower") or hasattr(module, "height")):
        return "part=True is for a gradient and a height of one coordinate, and there is no height"
    if isinstance(spec, Rule) and not any(p.required and p.kind == "float" for p in spec.parameters[:1]):
        return "the first of the parameters must be the learning rate, LR"
    return ""


def _underivable(module: ModuleType) -> str:
    """Why a landscape's `lower` does not follow from its gradient and parameters; nothing if it does."""
    for p in module.SPEC.parameters:
        if p.kind not in ("float", "int") or p.default is None:
            return f"it does not follow from the gradient, as {p.name} is not always a number"
    row = ", ".join(["w", "t", *(p.name for p in module.SPEC.parameters)])
    if not hasattr(module, "gradient"):
        return f"no gradient({row}) that it could follow from"
    return "" if hasattr(module, "height") or hasattr(module, "value") else f"no height({row}) to go with the gradient"


def _calls(module: ModuleType) -> dict[str, list[str]]:
    """What is called, with which arguments."""
    spec: Any = module.SPEC
    names, values, there = [p.name for p in spec.parameters], ["values"], ["dimension", "values"]
    if isinstance(spec, Schedule):
        of_spec = {"SPEC.constraint": ["values", "steps"], "SPEC.is_constant": values}
        return {"value": ["t", "steps", *names], **of_spec}
    if isinstance(spec, Metric):
        return {"Measure": ["facts", *names]}
    if isinstance(spec, Noise):
        x, then = ["x"] * (spec.prepare is not None), ["then"] * (spec.back is not None)
        prepare = {"SPEC.prepare": ["u"]} if spec.prepare is not None else {}
        return {"noisy": ["g", "u", *x, *names, *spec.state, *then], **prepare}
    if isinstance(spec, Landscape):
        row, scalar = ["w", "t", *names], hasattr(module, "height")
        gradient = {"gradient": row, "height": row} if scalar else {"gradient": ["w", "g", "d", "lanes", "t", "p"]}
        follow = {"lower", "minimizer", *(["value"] if scalar else [])}
        functions = {"lower": there, "value": ["w", "t", "values"], "minimizer": there}
        return {
            **({} if hasattr(module, "lower") else gradient),
            **{name: functions[name] for name in functions if hasattr(module, name) or name not in follow},
            **{"SPEC.constraint": values, "SPEC.conservative": values, "SPEC.fits": there},
        }
    first, switches = ["w", "g", *spec.state, *spec.scalars, *spec.coefficients], list(spec.switches)
    calls = {"update": [*first, *spec.norms, *switches], "SPEC.constraint": values}
    if spec.norms:
        calls["SPEC.normed"] = [*first, *switches]
    if spec.coefficients:
        calls["SPEC.coefficient_values"] = ["t", *spec.coefficient_arguments, *spec.coefficient_inputs]
    return calls


def _takes(function: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    return True
