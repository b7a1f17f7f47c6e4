"""A path in one line of text."""

import math
from collections.abc import Sequence
from itertools import pairwise

from adamw_cli.errors import UsageError

_BLOCKS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
_ASCII = ".:-=+*#@"
_GAP = " "
# Differences below this part of the largest value are rounding, and would otherwise fill the whole height.
_FLAT = 1e-12


def sparkline(values: Sequence[float], width: int = 24, unicode: bool = True) -> str:
    """Draw values as `width` characters of eight heights, lowest to highest; fewer if there are fewer values.

    A column stands for several neighbouring values and shows the one that is furthest from their mean, so that an
    overshoot of a few steps is not averaged away. What is not finite is a gap; a constant series is at half height.

    Parameters
    ----------
    values : in the order of time.
    width : at most this many characters, at least 1.
    unicode : blocks; otherwise ASCII characters from light to dark.

    >>> sparkline([0, 1, 2, 3, 4, 5, 6, 7], unicode=False)
    '.:-=+*#@'
    >>> sparkline([5.0] * 100 + [2.0] + [5.0] * 99, width=8, unicode=False)
    '@@@@.@@@'

    """
    if width < 1:
        raise UsageError(f"a path cannot be drawn in {width} columns", "give it at least 1")
    if len(values) == 0:
        return ""
    columns = min(width, len(values))
    ends = [len(values) * i // columns for i in range(columns + 1)]
    shown = [_outstanding(values[first:last]) for first, last in pairwise(ends)]
    finite = [value for value in shown if value is not None]
    if not finite:
        return _GAP * columns
    low, high = min(finite), max(finite)
    glyphs = _BLOCKS if unicode else _ASCII
    return "".join(_GAP if value is None else glyphs[_height(value, low, high, len(glyphs))] for value in shown)


def _outstanding(values: Sequence[float]) -> float | None:
    """Return the value that is furthest from the mean; of two that are as far, the later; None if none is finite."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None
    mean = math.fsum(value / len(finite) for value in finite)
    lowest, highest = min(finite), max(finite)
    # Halves, as the difference of two huge values is infinite.
    below, above = mean / 2 - lowest / 2, highest / 2 - mean / 2
    if abs(above - below) <= _FLAT * max(abs(lowest), abs(highest)):
        return next(value for value in reversed(finite) if value in (lowest, highest))
    return highest if above > below else lowest


def _height(value: float, low: float, high: float, levels: int) -> int:
    """Return which of the levels from low to high a value is on, counted from 0."""
    scale = max(abs(low), abs(high))
    if scale == 0.0 or high / scale - low / scale <= _FLAT:
        return levels // 2
    part = (value / scale - low / scale) / (high / scale - low / scale)
    return min(levels - 1, int(levels * part))
