"""A path in one line of text: what is high is drawn high, and what is short is not lost."""

from __future__ import annotations

import io
import math
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.report.sparkline import sparkline
from adamw_cli.report.table import takes_unicode

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = ".:-=+*#@"
ANYTHING = st.lists(st.floats(), max_size=200)


@pytest.mark.parametrize(
    ("values", "width", "shown"),
    [
        ([], 24, ""),
        ([0, 1, 2, 3, 4, 5, 6, 7], 24, "▁▂▃▄▅▆▇█"),
        ([7, 0], 24, "█▁"),
        ([3.0], 24, "▅"),
        ([3.0] * 50, 5, "▅▅▅▅▅"),
        ([0.0] * 3, 5, "▅▅▅"),
        ([1.0, 1.0 + 1e-15, 1.0], 5, "▅▅▅"),
        ([0.0, math.nan, 1.0], 5, "▁ █"),
        ([0.0, math.inf, 1.0, -math.inf], 5, "▁ █ "),
        ([math.nan] * 9, 4, "    "),
        ([0, 0, math.nan, 7, math.nan, math.nan], 3, "▁█ "),
        ([-1e308, 1e308], 2, "▁█"),
        ([5e-324, 0.0], 2, "█▁"),
        (list(range(1000)), 8, "▁▂▃▄▅▆▇█"),
    ],
)
def test_what_is_drawn(values: list[float], width: int, shown: str) -> None:
    assert sparkline(values, width) == shown
    assert sparkline(values, width, unicode=False) == shown.translate(str.maketrans(BLOCKS, ASCII))


@pytest.mark.parametrize("where", [0, 1, 499, 500, 777, 999])
@pytest.mark.parametrize("height", [-3.0, 4.0])
def test_one_step_is_not_averaged_away(where: int, height: float) -> None:
    values = [1.0] * 1000
    values[where] = height
    drawn = sparkline(values, 20)
    assert drawn[where // 50] == ("▁" if height < 1.0 else "█")
    assert len(set(drawn.replace(drawn[where // 50], "", 1))) == 1


def test_a_dip_towards_the_mean_of_the_whole_is_seen_too() -> None:
    values = [5.0] * 40 + [3.0] + [5.0] * 39 + [0.0] * 80
    assert sparkline(values, 4) == "█▅▁▁"


@settings(max_examples=200, deadline=None)
@given(values=st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=30))
def test_heights_are_eighths_of_the_range(values: list[int]) -> None:
    low, high = min(values), max(values)
    drawn = sparkline(values, 30)
    if low == high:
        assert set(drawn) == {"▅"}
        return
    for value, glyph in zip(values, drawn, strict=True):
        exact = Fraction(8 * (value - low), high - low)
        near = abs(exact - round(exact)) < Fraction(1, 10**9)  # rounding decides on which side of a border it is
        allowed = {min(7, int(exact))} | ({min(7, round(exact)), max(0, round(exact) - 1)} if near else set())
        assert BLOCKS.index(glyph) in allowed


@settings(max_examples=300, deadline=None)
@given(values=ANYTHING, width=st.integers(1, 40))
def test_anything_can_be_drawn(values: list[float], width: int) -> None:
    drawn = sparkline(values, width)
    assert len(drawn) == min(width, len(values))
    assert set(drawn) <= {*BLOCKS, " "}
    gap = not any(math.isfinite(value) for value in values)
    assert (drawn.strip() == "") is gap
    ascii_drawn = sparkline(values, width, unicode=False)
    assert ascii_drawn == drawn.translate(str.maketrans(BLOCKS, ASCII))


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=100), power=st.integers(-30, 30))
def test_the_unit_does_not_matter(values: list[float], power: int) -> None:
    large = [value for value in values if abs(value) > 1e-200]  # what is rounded on scaling is another path
    assert sparkline(large, 10) == sparkline([value * 2.0**power for value in large], 10)


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=100), width=st.integers(1, 12))
def test_what_rises_is_drawn_rising(values: list[float], width: int) -> None:
    heights = [BLOCKS.index(glyph) for glyph in sparkline(sorted(values), width)]
    assert heights == sorted(heights)


@pytest.mark.parametrize("width", [0, -3])
def test_no_columns_are_refused(width: int) -> None:
    with pytest.raises(UsageError, match="columns"):
        sparkline([1.0, 2.0], width)


@pytest.mark.parametrize(
    ("encoding", "takes"), [("utf-8", True), ("ascii", False), ("cp437", False), ("latin-1", False), ("cp932", False)]
)
def test_blocks_only_where_they_can_be_shown(monkeypatch: pytest.MonkeyPatch, encoding: str, takes: bool) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert takes_unicode() is takes


def test_a_closed_standard_output_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert takes_unicode() is False
