"""What a function's text tells apart, and what it does not."""

from __future__ import annotations

import math
from collections import namedtuple
from enum import IntEnum
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from adamw_cli.engine.functions import described, rebound
from adamw_cli.errors import UsageError

TEXT = """
def helper(x, by=2.0):
    return x * by


def outer():
    inside = 3.0

    def update(w, g, lr):
        '''The first text.'''
        return w - helper(g) * RATE * inside * TABLE[0] * lib.FACTOR * np.sqrt(g)

    return update


update = outer()
"""


class Color(IntEnum):
    red = 1
    blue = 2


Pair = namedtuple("Pair", "a b")


def made(old: str = "", new: str = "", **given: Any) -> Any:
    """The function of TEXT with some words replaced, in a module of its own."""
    library = ModuleType("lib")
    library.FACTOR = given.pop("factor", 2.0)  # type: ignore[attr-defined]
    scope = {"RATE": 0.5, "TABLE": (1.0, 2.0), "lib": library, "np": np, **given}
    assert old in TEXT
    exec(TEXT.replace(old, new) if old else TEXT, scope)
    return scope["update"]


DIFFERENT = {
    "a constant": made("return w -", "return 2.0 * w -"),
    "a function that it calls": made("x * by", "x + by"),
    "a default of that": made("by=2.0", "by=3.0"),
    "what is around it": made("inside = 3.0", "inside = 4.0"),
    "a number of its module": made(RATE=0.25),
    "the type of a number": made(RATE=np.float64(0.5)),
    "the sign of zero": made(RATE=-0.0),
    "zero": made(RATE=0.0),
    "a tuple": made(TABLE=(1.0, 3.0)),
    "an array": made(TABLE=np.array([1.0, 2.0])),
    "another array": made(TABLE=np.array([1.0, 3.0])),
    "an array of another type": made(TABLE=np.array([1.0, 2.0], dtype=np.float32)),
    "an array in another order": made(TABLE=np.array([[1.0, 2.0], [1.0, 2.0]])),
    "and of another shape": made(TABLE=np.array([[1.0, 2.0], [1.0, 2.0]]).T),
    "a member": made(RATE=Color.red),
    "another member": made(RATE=Color.blue),
    "a named tuple": made(TABLE=Pair(1.0, 2.0)),
    "a module's number": made(factor=3.0),
    "a function of a library": made("np.sqrt", "np.cbrt"),
    "names in another order": made("update(w, g, lr)", "update(g, w, lr)"),
    "a library": made(np=math),
}


def test_what_changes_machine_code_changes_the_text() -> None:
    texts = {name: described(function) for name, function in {"as it is": made(), **DIFFERENT}.items()}
    assert len(set(texts.values())) == len(texts)


@pytest.mark.parametrize(
    ("old", "new"),
    [("The first text.", "Another."), ("def helper", "# a comment\n\n\ndef helper"), ("helper(x", "helper(  x")],
)
def test_what_changes_nothing_does_not(old: str, new: str) -> None:
    assert described(made(old, new)) == described(made())


def test_what_is_not_read_is_not_in_it() -> None:
    assert described(made(OTHER={}, sqrt=object(), FACTOR=object())) == described(made())


@pytest.mark.parametrize(
    "value", [{}, [1.0], object(), np.array([object()]), np.random.default_rng().normal, np.poly1d([1])]
)
def test_what_cannot_be_compiled_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match=r"RATE, which update reads, cannot be compiled: it is of type"):
        described(made(RATE=value))


def test_a_copy_reaches_other_values() -> None:
    copy = rebound(made(), lambda value: 1.0 if value == 0.5 else value)
    assert copy(0.0, 4.0, 1.0) == 2.0 * made()(0.0, 4.0, 1.0) == -(4.0 * 2.0) * 3.0 * 2.0 * 2.0
