"""What a function's text tells apart, and what it does not."""

from __future__ import annotations

import math
from collections import namedtuple
from enum import IntEnum
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine.functions import described, rebound
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import run
from adamw_cli.errors import UsageError
from adamw_cli.vocabulary import LR, NoDecay, Rule

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


LOOSE = {
    "given a name": "def update(w, g, lr):\n    h = lib\n    return (w - h.FACTOR * lr * g,)",
    "handed on": "def f(m, x):\n    return m.FACTOR * x\ndef update(w, g, lr):\n    return (w - f(lib, lr * g),)",
    "handed on from around it": (
        "def f(m, x):\n    return m.FACTOR * x\n"
        "def outer(inner):\n    def update(w, g, lr):\n        return (w - f(inner, lr * g),)\n    return update\n"
        "update = outer(lib)"
    ),
}
CLOSED = "def outer(inner):\n    def update(w, g, lr):\n        return (w - inner.times(lr) * g,)\n    return update\nupdate = outer(lib)"
DIRECT = "def update(w, g, lr):\n    return (w - lib.times(lr) * g,)"


def with_library(text: str, factor: float) -> Any:
    """The function `update` of a text that can read a module `lib`."""
    library = ModuleType("lib")
    exec("def times(x):\n    return FACTOR * x", vars(library))
    library.FACTOR = factor  # type: ignore[attr-defined]
    scope = {"lib": library, "__name__": "rule"}
    exec(text, scope)
    return scope["update"]


@pytest.mark.parametrize("text", LOOSE.values(), ids=LOOSE)
def test_a_module_of_which_anything_might_be_read_is_refused(text: str) -> None:
    """Machine code of an edited module would otherwise be the old one."""
    with pytest.raises(UsageError, match="is a module and goes elsewhere as a whole"):
        described(with_library(text, 1.0))


@pytest.mark.parametrize("text", [CLOSED, DIRECT], ids=["around", "global"])
def test_what_is_taken_of_a_module_is_looked_at(text: str) -> None:
    one, three = (with_library(text, factor) for factor in (1.0, 3.0))
    assert described(one) != described(three)
    assert described(one) == described(with_library(text, 1.0))
    copy = rebound(one, lambda value: 5.0 if value == 1.0 else value)
    assert (copy(0.0, 1.0, 1.0), one(0.0, 1.0, 1.0)) == ((-5.0,), (-1.0,))


@pytest.mark.parametrize("text", [CLOSED, DIRECT], ids=["around", "global"])
def test_a_function_of_a_helper_module_is_compiled_with_the_one_that_calls_it(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    rule = SimpleNamespace(SPEC=Rule(parameters=(LR,), state=(), decay=NoDecay()), update=with_library(text, 3.0))
    constant, slope = registry.load("schedules", "constant"), registry.load("landscapes", "slope")
    for engine in ("llvm", "python"):
        monkeypatch.setenv("ADAMW_ENGINE", engine)
        start, scalars = np.array([[2.0]]), {"lr": np.array([[1.0]])}
        batch = Batch(rule, slope, {"gradient": 0.5}, start, scalars, {}, [(constant, {"warmup_steps": 0})])
        assert run(batch, 1).final_w[0, 0] == 0.5
