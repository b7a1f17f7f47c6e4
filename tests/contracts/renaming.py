"""The same file under generated names: of every parameter, of the states and coefficients, and of the file itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from types import FunctionType, ModuleType
from typing import Any

from adamw_cli import registry
from adamw_cli.vocabulary import SCHEDULE, Landscape, Noise, Rule, Schedule

# What a name becomes; as a name of a file it sorts behind ours.
PREFIX = "zz_"


def renamed(package: str, name: str) -> ModuleType:
    """A module that declares the same under other names; the functions are the same code."""
    module = registry.load(package, name)
    names = _names(module.SPEC)
    found = ModuleType(f"elsewhere.{PREFIX}{name}", module.__doc__)
    for attribute, value in vars(module).items():
        if isinstance(value, FunctionType) and not attribute.startswith("_"):
            setattr(found, attribute, _elsewhere(value, found.__name__))
    found.SPEC = _spec(module.SPEC, names)  # type: ignore[attr-defined]
    if isinstance(module.SPEC, Landscape):
        back = _back(names)
        found.lower = lambda d, values: module.lower(d, back(values))  # type: ignore[attr-defined]
        found.value = lambda w, t, values: module.value(w, t, back(values))  # type: ignore[attr-defined]
        found.minimizer = lambda d, values: module.minimizer(d, back(values))  # type: ignore[attr-defined]
    found.__file__ = module.__file__
    return found


def given(package: str, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters, as the renamed file calls them."""
    names = _names(registry.load(package, name).SPEC)
    return {names.get(key, key): value for key, value in values.items()}


def _names(spec: Any) -> dict[str, str]:
    """Old -> new."""
    old = [p.name for p in spec.parameters]
    old += [part for p in spec.parameters for part in p.components or ()]
    if isinstance(spec, Rule):
        old += [*spec.state, *(name for name in spec.coefficients if name != SCHEDULE), *spec.norms]
    if isinstance(spec, Noise):
        old += spec.state
    return {name: f"{PREFIX}{k}" for k, name in enumerate(dict.fromkeys(old))}


def _spec(spec: Any, names: dict[str, str]) -> Any:
    """The facts, each name of a parameter replaced wherever it stands, and each function of parameters asked for the old ones."""
    changed: dict[str, Any] = {}
    for field in fields(spec):
        value = getattr(spec, field.name)
        changed[field.name] = _fact(value, names, field.name)
    return replace(spec, **changed)


def _fact(value: Any, names: dict[str, str], field: str) -> Any:
    if field in ("reference", "doc", "kind"):
        return value
    if field == "examples":
        return tuple((e[0], given_by(names, e[1])) if isinstance(e, tuple) else given_by(names, e) for e in value)
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(_fact(item, names, field) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return _spec(value, names)
    if isinstance(value, FunctionType) and field in ("constraint", "is_constant", "fits", "conservative", "after", "slope", "last", "curvature", "center"):  # fmt: skip
        back = _back(names)
        return lambda *arguments: value(*(back(a) if isinstance(a, Mapping) else a for a in arguments))
    return value


def given_by(names: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {names[key]: value for key, value in values.items()}


def _back(names: Mapping[str, str]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    old = {new: name for name, new in names.items()}
    return lambda values: {old.get(key, key): value for key, value in values.items()}


def _elsewhere(function: FunctionType, module: str) -> FunctionType:
    copy = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__)  # fmt: skip
    copy.__module__ = module
    return copy


__all__ = ["PREFIX", "Schedule", "given", "renamed"]
