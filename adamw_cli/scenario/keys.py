"""Keys of a section, each declared once: what its value may be, its default, and what is said about it.

The checks of a scenario follow from these declarations, and so does its JSON Schema.
"""

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from typing import Any, get_type_hints

from adamw_cli.errors import suggestion
from adamw_cli.scenario.values import WrongValueError, describe, integer, name, number, prose, switch, text, wrong
from adamw_cli.vocabulary import REQUIRED


@dataclass(frozen=True)
class ValueForm:
    """What a value may be: `check` brings it into its final form or refuses it, and `schema` says the same for editors."""

    check: Callable[[Any], Any]
    schema: Mapping[str, Any]
    null: bool = False  # whether null stands for the default


@dataclass(frozen=True)
class Key:
    """What is declared of a key; `hint` says what to write where it is missing or of the wrong kind."""

    form: ValueForm
    doc: str = ""
    hint: str | Callable[[Any], str] = ""
    default: Any = REQUIRED

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of its value."""
        return {**self.form.schema, **({"description": self.doc} if self.doc else {})}

    def advice(self, value: object) -> str:
        """What to write instead of a value, which is None if there is none."""
        return self.hint if isinstance(self.hint, str) else self.hint(value)


@cache
def keys(section: type) -> dict[str, Key]:
    """The keys of a dataclass: its fields that are annotated with one, and their defaults."""
    hints = get_type_hints(section, include_extras=True)
    return {
        field.name: replace(key, default=REQUIRED if field.default is MISSING else field.default)
        for field in fields(section)
        for key in getattr(hints[field.name], "__metadata__", ())
    }


def section_schema(declared: Mapping[str, Key], description: str = "", other: Mapping[str, Any] = {}) -> dict[str, Any]:
    """JSON Schema of a section with these keys and no others; `other` replaces what some say by themselves."""
    return {
        **({"description": description} if description else {}),
        "type": "object",
        "properties": {name: other.get(name, key.schema) for name, key in declared.items()},
        "required": [name for name, key in declared.items() if key.default is REQUIRED],
        "additionalProperties": False,
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else wrong("S104", f"must be a mapping, found {describe(value)}", None)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list | tuple):
        wrong("S104", f"must be a list, found {describe(value)}", None)
    return list(value)


NUMBER = ValueForm(number, {"type": "number"})
INTEGER = ValueForm(integer, {"type": "integer"})
TEXT = ValueForm(text, {"type": "string"})
PROSE = ValueForm(prose, {"type": "string"})
NAME = ValueForm(name, {"type": "string", "minLength": 1})
SWITCH = ValueForm(switch, {"type": "boolean"})
SECTION = ValueForm(_mapping, {"type": "object"})
ENTRIES = ValueForm(_list, {"type": "array"})

_LIMITS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "minimum": ("at least", operator.ge),
    "exclusiveMinimum": ("above", operator.gt),
    "maximum": ("at most", operator.le),
}


def limited(form: ValueForm, **limits: int) -> ValueForm:
    """The same within limits, which have their names in JSON Schema; a limit of the size only says that it is not empty."""

    def check(value: object) -> Any:
        found = form.check(value)
        for limit, bound in limits.items():
            if limit not in _LIMITS:
                found or wrong("S107", "must not be empty", None)
                continue
            words, holds = _LIMITS[limit]
            if not holds(found, bound):
                wrong("S105", f"must be {words} {bound:g}, found {value!r:.60}")
        return found

    return ValueForm(check, {**form.schema, **limits})


def optional(form: ValueForm) -> ValueForm:
    """The same, or null for the default."""
    return ValueForm(form.check, {"anyOf": [form.schema, {"type": "null"}]}, null=True)


def one_of(known: Collection[str]) -> ValueForm:
    """A word of these."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            hint = suggestion(value[:80], list(known)).partition(" known")[0] if isinstance(value, str) else ""
            wrong("S104", f"must be one of {', '.join(known)}, found {describe(value)}", hint)
        return value

    return ValueForm(check, {"enum": list(known)})


def many(form: ValueForm) -> ValueForm:
    """A list; everything that is wrong in it is reported."""

    def check(value: object) -> tuple[Any, ...]:
        found, errors = [], []
        for i, item in enumerate(_list(value)):
            try:
                found.append(form.check(item))
            except WrongValueError as error:
                error.within = (i,)
                errors.append(error)
        if errors:
            raise ExceptionGroup("several values of a list", errors)
        return tuple(found)

    return ValueForm(check, {"type": "array", "items": form.schema})
