"""Faults of plain data: where, which code, in which words; and the check of a section against its keys."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adamw_cli.errors import suggestion
from adamw_cli.scenario.keys import Key, keys
from adamw_cli.scenario.values import WrongValueError, quoted
from adamw_cli.vocabulary import REQUIRED

Path = tuple[str | int, ...]


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


def right(
    declared: Mapping[str, Key], data: Mapping[str, Any], path: Path, faults: list[Fault], known: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the values that are right, defaults included; the others become faults.

    known : keys to list for an unknown one, if not those declared.
    """
    blank = [name for name in data if data[name] is None and name in declared and not declared[name].form.null]
    faults += [empty(path, name) for name in blank]
    found = {}
    for name, key in declared.items():
        if name in blank:
            continue
        value = data.get(name, key.default)
        if value is REQUIRED:
            faults.append(Fault(path, "S102", f"missing key '{name}'", key.advice(None)))
        elif value is None or name not in data:
            found[name] = value
        else:
            try:
                found[name] = key.form.check(value)
            except* WrongValueError as group:
                faults += [_fault((*path, name), key, value, e) for e in group.exceptions]
    faults += [unknown_key(path, str(name), known or list(declared)) for name in data if name not in declared]
    return found


def section(model: type, data: Mapping[str, Any], path: Path, faults: list[Fault]) -> Any:
    """Return a section as the dataclass that declares its keys; None if something is wrong with it."""
    before = len(faults)
    values = right(keys(model), data, path, faults)
    return model(**values) if len(faults) == before else None


def _fault(path: Path, key: Key, value: object, error: Exception) -> Fault:
    assert isinstance(error, WrongValueError)
    subject = f"each value of '{path[-1]}'" if error.within else f"'{path[-1]}'"
    hint = key.advice(value) if error.hint is None else error.hint
    return Fault((*path, *error.within), error.code, f"{subject} {error.message}", hint)
