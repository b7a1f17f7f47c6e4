"""Files to feed the command with, in classes; the same seed draws the same files.

Hypothesis draws them, and nothing else of it is used: no database, no shrinking, no replay of failures. A drawn value is a
recipe, which `build` makes the file of, so that a list of recipes for files of 1 MiB stays small.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import adamw_cli
from adamw_cli import registry
from tests.robustness import pathological
from tests.scenario.documents import mistaken, right
from tests.scenario.pieces import FULL, PIECES, mutated

STEPS = (1, 100, 7e2, 2000)  # a document may ask for a million; what is tested here is not how long those take


@dataclass(frozen=True)
class Class:
    """A class of inputs: its name, its share of all inputs in percent, what draws recipes and what builds them."""

    name: str
    share: int
    recipes: st.SearchStrategy[Any]
    build: Callable[[Any], bytes]


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def block(data: Any, indent: int = 0) -> str:
    """YAML in block style; scalars and what is empty are written as JSON, which is YAML too."""
    if not isinstance(data, dict | list) or not data:
        return f" {json.dumps(data)}\n"
    heads = [f"{json.dumps(key)}:" for key in data] if isinstance(data, dict) else ["-"] * len(data)
    values = data.values() if isinstance(data, dict) else data
    lines = [" " * indent + head + block(value, indent + 2) for head, value in zip(heads, values, strict=True)]
    return ("\n" if indent else "") + "".join(lines)


def _written(documents: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[bytes]:
    """Documents as JSON on one line or several, or in block style."""
    styles: list[Callable[[Any], str]] = [json.dumps, lambda d: json.dumps(d, ensure_ascii=False, indent=2), block]
    return st.tuples(documents, st.sampled_from(styles)).map(lambda drawn: _utf8(drawn[1](drawn[0])))


def _inserted(drawn: tuple[int, bytes]) -> bytes:
    place, raw = drawn
    text = FULL.encode()
    return text[:place] + raw + text[place:]


_TEXT = st.text(max_size=300)
_BYTES = st.one_of(
    st.binary(max_size=300),
    _TEXT.map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.tuples(st.integers(0, len(FULL)), st.binary(min_size=1, max_size=8)).map(_inserted),
)
CLASSES = {
    one.name: one
    for one in [
        Class("bytes", 10, _BYTES, bytes),
        Class("text", 10, _TEXT, _utf8),
        Class("pieces of YAML", 15, st.lists(PIECES, max_size=40).map("".join), _utf8),
        Class("mutated scenario", 20, mutated(), _utf8),
        Class("documents with mistakes", 20, _written(mistaken(STEPS)), bytes),
        Class("documents without, run", 20, _written(right(STEPS)), bytes),
        Class("pathological YAML", 5, pathological.recipes(), pathological.build),
    ]
}


def _import_everything() -> None:
    """Import all modules of the package but the compiler's.

    Hypothesis tries constants that it finds in the source of modules that happen to be loaded; if the metrics were
    loaded while documents are drawn, what is drawn would depend on which class was drawn before.
    """
    for module in pkgutil.walk_packages(adamw_cli.__path__, "adamw_cli."):
        if not module.name.startswith(("adamw_cli.engine", "adamw_cli.__main__")):
            importlib.import_module(module.name)
    for package in ("optimizers", "landscapes", "schedules", "metrics"):
        for name in registry.names(package):
            registry.load(package, name)


def recipes(name: str, number: int, count: int) -> list[Any]:
    """Draw the recipes of a class for a seed; `count` of them, or fewer if there are not so many."""
    _import_everything()
    drawn: list[Any] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(CLASSES[name].recipes)
    def collect(recipe: Any) -> None:
        drawn.append(recipe)

    collect()
    return drawn


def inputs(name: str, number: int, count: int) -> Iterator[bytes]:
    """The files of a class for a seed."""
    for recipe in recipes(name, number, count):
        yield CLASSES[name].build(recipe)
