"""Every figure of the catalogue, computed again."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path

import pytest

from tests.catalogue.figure import Figure

FILES = sorted(path.stem for path in Path(__file__).parent.glob("section_*.py"))
FIGURES: list[Figure] = [f for name in FILES for f in importlib.import_module(f"tests.catalogue.{name}").FIGURES]


@pytest.mark.slow
@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f"{f.section} {f.what}")
def test_it_is_reproduced(figure: Figure) -> None:
    values = figure.values()
    assert values, "a figure is computed somehow"
    near = [abs(value - figure.printed) <= figure.within for value in values]
    assert all(near) is not bool(figure.differs), (values, figure.printed)
    if figure.agree is not None:
        theory, measured = values
        assert abs(measured - theory) <= figure.agree * abs(theory), (theory, measured)


def test_each_is_there_once() -> None:
    assert max(Counter((f.section, f.what) for f in FIGURES).values()) == 1
