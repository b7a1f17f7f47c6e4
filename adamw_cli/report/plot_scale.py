"""What of a curve fits into a picture, and on which vertical scale it is seen; matplotlib is handed in."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from adamw_cli.trace import Array

# Groups of neighbouring points in a curve of more than four times as many; a panel is narrower than that in pixels.
_GROUPS = 1000
# Beyond this a number is drawn as a gap: sums of a few such numbers must still be finite.
_LARGEST = 1e300
# What grows by more than this gets a scale that is logarithmic away from 0: on a linear one all else is flat.
_EXPLODED = 1e3
# Differences below this part of the largest value are rounding, and would otherwise fill the whole height.
_FLAT = 1e-12
# Labels on either side of 0, on a scale that is logarithmic away from it.
_LABELS = 5


def thinned(steps: Sequence[float], values: Sequence[float | None]) -> tuple[Array, Array]:
    """Return a curve as arrays, gaps as nan; of a long one the ends and extremes of groups of neighbouring points."""
    x = np.asarray(steps, dtype=np.float64)
    y = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    y[~(np.abs(y) <= _LARGEST)] = np.nan
    if len(y) <= 4 * _GROUPS:
        return x, y
    kept: list[int] = []
    for group in np.array_split(np.arange(len(y)), _GROUPS):
        known = group[~np.isnan(y[group])]
        extremes = [known[np.argmin(y[known])], known[np.argmax(y[known])]] if len(known) else []
        kept += sorted({int(i) for i in (group[0], *extremes, group[-1])})
    return x[kept], y[kept]


def set_scale(ticker: Any, axes: Any, lines: Sequence[Array], *, log: bool) -> None:
    """Choose the vertical scale of a pair of axes by what there is to see.

    ticker : matplotlib.ticker.
    lines : everything that is drawn, as `thinned` returns it.
    log : a logarithmic scale was asked for; it needs something above 0.
    """
    finite = [line[np.isfinite(line)] for line in lines]
    together = np.concatenate([np.empty(0), *finite])
    if len(together) == 0:
        return
    low, high = float(together.min()), float(together.max())
    largest = max(abs(low), abs(high))
    if log and high > 0.0:
        axes.set_yscale("log", nonpositive="mask")
        for set_formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
            set_formatter(ticker.LogFormatter(labelOnlyBase=False, minor_thresholds=(1, 0.4)))
    elif any(_explodes(line) for line in finite):
        _set_symmetric(ticker, axes, low, high, max(_sizes(line)[0] for line in finite if np.any(line)))
    elif high - low <= _FLAT * largest:
        room = 0.05 * largest or 0.05
        axes.set_ylim(low - room, high + room)


def _sizes(line: Array) -> Array:
    """Return the sizes of what is not 0, in order."""
    sizes: Array = np.abs(line[line != 0.0])
    return sizes


def _explodes(line: Array) -> bool:
    """Whether a curve outgrows its beginning and most of itself, as what grows by the same factor at every step does.

    Such a curve grows by the square root of the whole in half of its steps; one that only starts near 0 is soon large.
    """
    sizes = _sizes(line)
    if len(sizes) == 0:
        return False
    usual = float(np.sort(sizes)[(len(sizes) - 1) // 2])
    with np.errstate(over="ignore"):
        growth, above_usual = sizes.max() / sizes[0], sizes.max() / usual
    return bool(growth > _EXPLODED and above_usual > math.sqrt(_EXPLODED))


def _set_symmetric(ticker: Any, axes: Any, low: float, high: float, first: float) -> None:
    """Set a scale that is linear up to about `first` and logarithmic beyond; its own limits could overflow."""
    exponent = max(-300, math.floor(math.log10(first)))
    linear = 10.0**exponent
    decades = math.log10(max(abs(low), abs(high))) - exponent
    room = min(10.0 ** (0.03 * decades), 1e5)
    axes.set_yscale("symlog", linthresh=linear)
    axes.set_ylim(min(low * room, -0.1 * linear), max(high * room, 0.1 * linear))
    stride = max(1, math.ceil(decades / _LABELS))
    # A decade takes little room where there are many, so that a label at `linear` would cover that of 0.
    powers = [10.0 ** (exponent + i) for i in range(stride if stride > 1 else 0, math.floor(decades) + 1, stride)]
    axes.yaxis.set_major_locator(ticker.FixedLocator([*(-power for power in reversed(powers)), 0.0, *powers]))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(_plain))


def _plain(value: float, _: int | None = None) -> str:
    """`1e22` and `0.01`, with the minus sign that other scales have."""
    return f"{value:g}".replace("e+", "e").replace("-", "\u2212")
