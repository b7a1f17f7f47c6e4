"""What the functions of a plug-in return, so that what is wrong with it is said of the plug-in, and not of what we then do with it.

A function that is compiled can be looked at only once: `tried` calls it with the numbers that its file declares. One that Python calls
is looked at in every call: `watched` puts a function around it. Standard library only, but for numpy where there are arrays anyway.
"""

import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from functools import wraps
from inspect import signature
from numbers import Real
from types import ModuleType
from typing import Any

from adamw_cli.errors import AdamwError
from adamw_cli.vocabulary import REQUIRED, Form, Landscape, Metric, Noise, Parameter, Rule, Schedule
from adamw_cli.vocabulary.landscapes import Gradient

# Makes the error of a plug-in out of what is wrong.
Refusal = Callable[[str], AdamwError]
# What is wrong with what a function returned, given that and its arguments; nothing if all is right.
Check = Callable[[Any, Sequence[Any]], str]


def tried(module: ModuleType) -> str:
    """What is wrong with what the compiled functions of a plug-in return, called once in plain Python; nothing if all is right.

    What they raise is none of this: it may be due to the numbers, and is blamed on the file wherever it happens.
    """
    for label, function, arguments, names in _compiled(module):
        try:
            found = _called(getattr(function, "py_func", function), arguments)
        except Exception:
            continue
        if names is None and not number(found):
            return f"{label} must return one number, and returned {_shown(found)}"
        if names is not None and not (
            isinstance(found, tuple | list) and len(found) == len(names) and all(map(number, found))
        ):
            return f"{label} must return {_tuple(names)}, numbers in a tuple, and returned {_shown(found)}"
    return ""


def watched(module: ModuleType, refusal: Refusal) -> None:
    """Let a plug-in's functions that Python calls refuse to return what nobody can use."""
    spec: Any = module.SPEC
    asked: dict[str, Check] = {}
    if isinstance(spec, Rule | Landscape | Schedule):
        asked["constraint"] = _text
    if isinstance(spec, Rule) and spec.coefficient_values is not None:
        asked["coefficient_values"] = _coefficients(spec.coefficients)
    if isinstance(spec, Landscape):
        asked["fits"] = _text
    changed = {name: _around(getattr(spec, name), f"SPEC.{name}", check, refusal) for name, check in asked.items()}
    if isinstance(spec, Landscape):
        changed["gradient"] = _fact(spec.gradient, refusal)
        for name, check in (("lower", _form(spec)), ("value", _losses), ("minimizer", _minimizer)):
            if hasattr(module, name):
                setattr(module, name, _around(getattr(module, name), name, check, refusal))
    vars(module)["SPEC"] = replace(spec, **changed)


def of_metric(found: Any, spec: Metric, shape: tuple[int, ...]) -> str:
    """What is wrong with a metric's result for weights of a shape, (d, lanes); nothing if all is right."""
    wanted = shape if spec.per_coordinate else shape[1:]
    if spec.text:
        right = _length(found) == shape[1] and all(isinstance(each, str) for each in found)
    elif isinstance(found, list | tuple) and not spec.per_coordinate:
        right = len(found) == shape[1] and all(map(number, found))
    else:
        right = getattr(found, "shape", None) == wanted and _numeric(found)
    what = "words" if spec.text else "numbers"
    return "" if right else f"result must return {what} of shape {wanted}, and returned {_shown(found)}"


def number(value: Any) -> bool:
    """Whether it is one real number, of Python or of numpy."""
    return isinstance(value, Real) or (getattr(value, "shape", None) == () and value.dtype.kind in "biuf")


def functions_of(gradient: Gradient) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions by which a fact follows from the parameters, each with the name of its field."""
    found = ((field.name, getattr(gradient, field.name)) for field in fields(gradient))  # type: ignore[arg-type]
    return ((name, value) for name, value in found if callable(value))


def _around(function: Any, label: str, check: Check, refusal: Refusal) -> Any:
    if hasattr(function, "watched"):  # the module of a package is imported once, and may be looked at twice
        return function

    @wraps(function)
    def asked(*given: Any, **named: Any) -> Any:
        found = function(*given, **named)
        problem = check(found, signature(function).bind(*given, **named).args)
        if problem:
            raise refusal(f"{label} must return {problem}, and returned {_shown(found)}")
        return found

    vars(asked)["watched"] = True
    return asked


def _fact(gradient: Any, refusal: Refusal) -> Any:
    checks: dict[str, Check] = {"last": _step, "after": _word(gradient), "curvature": _curvature}
    changed = {
        name: _around(function, f"{name} of {type(gradient).__name__}", checks.get(name, _numbers), refusal)
        for name, function in functions_of(gradient)
    }
    return replace(gradient, **changed) if changed else gradient


def _compiled(module: ModuleType) -> Iterator[tuple[str, Any, list[Any], Sequence[str] | None]]:
    """(what it is called, the function, arguments, names of what it returns in a tuple; None if that is one number)."""
    spec: Any = module.SPEC
    given = [value for p in getattr(spec, "parameters", ()) for value in _sample(p)]
    if None in given:  # of a kind that no number can stand for
        return
    if isinstance(spec, Schedule):
        yield "value", vars(module)["value"], [1.0, 2.0, *given], None
    elif isinstance(spec, Noise):
        x, then = [0.5] * (spec.prepare is not None), [0.5] * (spec.back is not None)
        if spec.prepare is not None:
            yield "SPEC.prepare", spec.prepare, _float64([0.5]), None
        arguments = [1.0, 0.5, *x, *given, *(0.0 for _ in spec.state), *then]
        yield "noisy", vars(module)["noisy"], _float64(arguments), ("g", *spec.state) if spec.state else None
    elif isinstance(spec, Rule):
        given = [value for p in spec.parameters if p.kind != "bool" for value in _sample(p)]
        first = [1.0, 0.5, *(0.0 for _ in spec.state), *given, *(0.5 for _ in spec.coefficients)]
        switches = [bool(p.default) for p in spec.parameters if p.kind == "bool" and p.default is not REQUIRED]
        if len(switches) == len(spec.switches):
            arguments = [*_float64([*first, *(1.0 for _ in spec.norms)]), *switches]
            yield "update", vars(module)["update"], arguments, ("w", *spec.state)
            if spec.norms:
                yield "SPEC.normed", spec.normed, [*_float64(first), *switches], spec.norms
    elif isinstance(spec, Landscape) and hasattr(module, "height"):
        for name in ("gradient", "height"):
            yield name, vars(module)[name], _float64([1.5, 1.0, *given]), None


def _sample(parameter: Parameter) -> list[Any]:
    """A value for each argument that a parameter is; None where no number can stand for it."""
    count = len(parameter.components or (parameter.name,))
    default: Any = parameter.default
    if parameter.kind not in ("float", "int", "bool", "pair"):
        return [None]
    if default is REQUIRED or default is None:
        bounds = [bound + shift for bound in parameter.bounds.values() for shift in (1.0, -1.0, 0.0)]
        default = next((x for x in (0.5, 1.0, 2.0, *bounds) if parameter.allows(x)), 1.0)
    found = default if isinstance(default, tuple) else (default,) * count
    while isinstance(found[0], tuple):  # one for each coordinate
        found = found[0]
    return list(found[:count])


def _float64(values: Sequence[float]) -> list[Any]:
    """As the engine has them: numpy's divide by zero."""
    return list(importlib.import_module("numpy").array(values, dtype=float))


def _called(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments)


def _shown(value: Any) -> str:
    if getattr(value, "shape", ()):
        return f"an array of shape {value.shape} of {value.dtype}"
    return " ".join(f"{value!r:.60}".split())


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)}{',' * (len(names) == 1)})"


def _length(value: Any) -> int | None:
    return len(value) if hasattr(value, "__len__") and getattr(value, "shape", None) != () else None


def _numeric(value: Any) -> bool:
    """Whether it is a number, or an array of them."""
    return number(value) or (hasattr(value, "shape") and value.dtype.kind in "biuf")


def _text(found: Any, given: Sequence[Any]) -> str:
    return "" if found is None or isinstance(found, str) else "what is wrong, as text, or None"


def _numbers(found: Any, given: Sequence[Any]) -> str:
    several = isinstance(found, tuple) and all(map(number, found))
    return "" if number(found) or several else "a number, or a tuple with one for each coordinate"


def _curvature(found: Any, given: Sequence[Any]) -> str:
    problem = "" if found is None else _numbers(found, given)
    return f"{problem}, or None" if problem else ""


def _step(found: Any, given: Sequence[Any]) -> str:
    return "" if number(found) and abs(found) < float("inf") else "a step, a finite number"


def _word(gradient: Any) -> Check:
    def check(found: Any, given: Sequence[Any]) -> str:
        try:
            replace(gradient, after=found)
        except AdamwError:
            return "a word that may stand in its place"
        return "" if isinstance(found, str) else "a word"

    return check


def _coefficients(names: Sequence[str]) -> Check:
    def check(found: Any, given: Sequence[Any]) -> str:
        shape = _broadcast(*given)
        right = isinstance(found, tuple | list) and len(found) == len(names) and all(map(_numeric, found))
        fits = right and all(_broadcast(each, *given) == shape for each in found)
        return "" if fits else f"{_tuple(names)}, in a tuple, numbers for numbers and arrays for arrays"

    return check


def _form(spec: Landscape) -> Check:
    def check(found: Any, given: Sequence[Any]) -> str:
        if not isinstance(found, Form):
            return "a Form(...)"
        if found.separable and any(len(row) != given[0] for row in found.rows):
            return f"a Form(...) with {given[0]} numbers in each of its rows"
        alone = found.separable and found.height is not None and found.box is None
        return "" if alone or not spec.part or given[0] != 1 else "for a part a separable Form(...) with height, no box"

    return check


def _losses(found: Any, given: Sequence[Any]) -> str:
    w, t, _ = given
    shape = _broadcast(w[..., 0], t)
    return "" if _numeric(found) and getattr(found, "shape", ()) == shape else f"losses, of shape {shape}"


def _minimizer(found: Any, given: Sequence[Any]) -> str:
    right = found is None or (_length(found) == given[0] and all(map(number, found)))
    return "" if right else f"{given[0]} numbers, or None"


def _broadcast(*values: Any) -> Any:
    """The shape of values side by side; None if they do not go together."""
    shapes = {getattr(value, "shape", ()) for value in values}
    try:
        return importlib.import_module("numpy").broadcast_shapes(*shapes) if shapes != {()} else ()
    except ValueError:
        return None
