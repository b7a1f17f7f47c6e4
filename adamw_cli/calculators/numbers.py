"""The one check of a number that is given, for calculators and studies."""

import math
from numbers import Real
from typing import TypeVar

from adamw_cli.errors import UsageError

Given = TypeVar("Given", float, float | None)


def checked(
    name: str, value: Given, *, above: float | None = None, least: float | None = None, below: float = math.inf
) -> Given:
    """Return a number, which must be finite and within the bounds that are given; None as it is.

    Raises
    ------
    UsageError
        If it is not; `name` is the parameter's.

    """
    if value is None:
        return value
    real = isinstance(value, Real) and not isinstance(value, bool)
    try:
        number = float(value) if real else math.nan
    except OverflowError:  # of a whole number
        number = math.inf
    low = (above is None or number > above) and (least is None or number >= least)
    if low and math.isfinite(number) and number < below:
        return number
    bounds = {"above": above, "at least": least, "below": below if below < math.inf else None}
    words = " and".join(f" {word} {bound:g}" for word, bound in bounds.items() if bound is not None)
    shown = f"{number:g}" if real else repr(value)
    raise UsageError(f"`{name}` must be a finite number{words}, not {shown}", f"give another `{name}`")


def whole(name: str, value: float, most: float, *, least: int = 1) -> int:
    """Return a whole number from `least` to `most`.

    Raises
    ------
    UsageError
        If it is none.

    """
    number = checked(name, value)
    if not least <= number <= most or value != math.floor(value):
        raise UsageError(
            f"`{name}` must be a whole number from {least:g} to {most:g}, not {number:g}", f"give another `{name}`"
        )
    return int(value)
