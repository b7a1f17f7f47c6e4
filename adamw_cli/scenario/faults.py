"""Faults of plain data: where, which code, in which words; and how pydantic's errors become such."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from adamw_cli.errors import suggestion
from adamw_cli.scenario.values import describe, quoted

Path = tuple[str | int, ...]

_CODES = {
    "missing": "S102", "range": "S105", "greater_than": "S105", "greater_than_equal": "S105", "less_than_equal": "S105",
    "finite": "S106", "length": "S107", "too_short": "S107", "too_long": "S107", "string_too_short": "S107",
    "extra_forbidden": "S101", "order": "S108", "version": "S111",
}  # fmt: skip
_EXPECTED = {
    "dict_type": "a mapping", "tuple_type": "a list", "list_type": "a list", "bool_type": "true or false",
}  # fmt: skip
_LIMITS = {
    "greater_than": ("above", "gt"), "greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le"),
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One reason why the data is no scenario; `on_key` marks the key at `path` rather than its value."""

    path: Path
    code: str
    message: str
    hint: str = ""
    on_key: bool = False


def unknown_key(path: Path, key: str, known: Sequence[str]) -> Fault:
    """A key that nobody asked for."""
    name, colon, rest = key.partition(":")
    if colon and name in known:  # {lr:1e-3} has a key 'lr:1e-3'
        hint = f"a space is missing after the colon: {name}: {rest:.40}"
    elif not known:
        hint = "there is nothing to set here; remove it"
    else:
        hint = suggestion(key[:80], list(known))
    return Fault((*path, key), "S101", f"unknown key {quoted(key)}", hint, True)


def empty(path: Path, key: str) -> Fault:
    """A key without a value, which YAML reads as null."""
    return Fault((*path, key), "S104", f"'{key}' has no value", "give it one, or remove the key", True)


def blamed(path: Path, data: Mapping[str, Any], problem: str, code: str) -> Fault:
    """A fault of several keys together, marked at the first that its message names, else at the section's name."""
    for name in re.findall(r"'(\w+)'", problem):
        if name in data:
            return Fault((*path, name), code, problem)
    return Fault(path, code, problem, on_key=True)


def validated(
    model: type[BaseModel],
    data: Mapping[str, Any],
    path: Path,
    faults: list[Fault],
    *,
    known: Sequence[str] = (),
    hints: Callable[[str], str] = lambda key: "",
    nullable: bool = True,
) -> Any:
    """Validate, and turn pydantic's errors into faults; None if there were any.

    known : keys to list for an unknown one, if not the model's.
    hints : what to say about a key that is missing or of the wrong kind.
    nullable : whether null stands for the default of a field whose default is null.
    """
    before = len(faults)
    names = list(known or model.model_fields)
    blank = {key for key, value in data.items() if value is None and _needs_value(model, key, nullable)}
    faults += [empty(path, key) for key in data if key in blank]
    try:
        result = model.model_validate(dict(data))
    except ValidationError as error:
        seen: set[Path] = set()
        for details in error.errors(include_url=False):
            if details["loc"][0] in blank or (details["type"] == "too_short" and details["input"]):
                continue  # pydantic counts only the right ones of a list
            fault = _fault(details, path, names, hints)
            if fault.code == "S102" or fault.path not in seen:
                seen.add(fault.path)
                faults.append(fault)
        return None
    return result if len(faults) == before else None


def _needs_value(model: type[BaseModel], key: str, nullable: bool) -> bool:
    field = model.model_fields.get(key)
    return field is not None and not (nullable and not field.is_required() and field.default is None)


def _fault(details: ErrorDetails, path: Path, known: list[str], hints: Callable[[str], str]) -> Fault:
    location = tuple(details["loc"])
    kind, name = details["type"], str(location[0])
    code = _CODES.get(kind, "S104")
    if kind == "extra_forbidden":
        return unknown_key(path, name, known)
    if kind == "missing":
        return Fault(path, code, f"missing key '{name}'", hints(name))
    value, context = details["input"], details.get("ctx", {})
    where = (*path, *location, *context.get("within", ()))
    subject = f"each value of '{name}'" if len(where) > len(path) + 1 else f"'{name}'"
    if "message" in context:
        return Fault(where, code, f"{subject} {context['message']}", context["hint"])
    if kind in _LIMITS:
        words, limit = _LIMITS[kind]
        return Fault(where, code, f"{subject} must be {words} {context[limit]:g}, found {value!r:.60}")
    if kind in ("too_short", "string_too_short"):
        return Fault(where, code, f"{subject} must not be empty", hints(name))
    return Fault(
        where, code, f"{subject} must be {_EXPECTED.get(kind, 'something else')}, found {describe(value)}", hints(name)
    )
