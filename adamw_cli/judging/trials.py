"""Several trials of one run: their mean, and how far it may be off."""

import math
import statistics
from collections.abc import Sequence

Value = float | str | tuple[float | None, ...] | None
# What a word becomes that is not the same in all trials.
MIXED = "mixed"

# Student's t at probability 0.975 for 1 to 9 degrees of freedom; beyond, the expansion in student() is good to 1e-5.
_FEW = (12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836, 2.446911851, 2.364624252, 2.306004135, 2.262157163)  # fmt: skip
_Z = 1.959963984540054


def student(degrees: int) -> float:
    """Return Student's t at probability 0.975.

    t = z + (z^3 + z)/(4 n) + (5 z^5 + 16 z^3 + 3 z)/(96 n^2) + (3 z^7 + 19 z^5 + 17 z^3 - 15 z)/(384 n^3)
    + (79 z^9 + 776 z^7 + 1482 z^5 - 1920 z^3 - 945 z)/(92160 n^4), n degrees of freedom from 10 on; a table below.

    Source: Abramowitz, Stegun, "Handbook of Mathematical Functions", equation 26.7.5 and table 26.10.

    >>> [round(student(n), 3) for n in (1, 10, 30, 1000)]
    [12.706, 2.228, 2.042, 1.962]
    """
    if degrees <= len(_FEW):
        return _FEW[degrees - 1]
    z, n = _Z, float(degrees)
    first = (z**3 + z) / 4.0
    second = (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0
    third = (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0
    fourth = (79.0 * z**9 + 776.0 * z**7 + 1482.0 * z**5 - 1920.0 * z**3 - 945.0 * z) / 92160.0
    return z + first / n + second / n**2 + third / n**3 + fourth / n**4


def summary(values: Sequence[Value], antithetic: bool = False) -> tuple[Value, Value]:
    """Return the mean of some trials and its standard error s/sqrt(N), s the sample standard deviation.

    Both are per coordinate where the values are, and None where a trial has none. Words have no error: the word that is
    common to all, or `mixed`. One trial is its own mean, without an error. Antithetic trials are not independent, but their
    pairs are: N is their number and s that of the pairs' means, so that one pair has no error.
    """
    first = values[0]
    if len(values) == 1:
        return first, None
    if isinstance(first, tuple):
        columns = zip(*(value for value in values if isinstance(value, tuple)), strict=True)
        pairs = [_numbers(column, antithetic) for column in columns]
        unknown = antithetic and len(values) == 2
        return tuple(mean for mean, _ in pairs), None if unknown else tuple(error for _, error in pairs)
    if any(isinstance(value, str) for value in values):
        return (first if all(value == first for value in values) else MIXED), None
    return _numbers([value if isinstance(value, float) else None for value in values], antithetic)


def interval(mean: Value, error: Value, independent: int) -> list[float | None] | list[list[float | None]] | None:
    """Return the bounds of the mean's 95 % confidence interval, mean -+ t standard errors; a pair per coordinate.

    independent : how many independent values it is the mean of: trials, or antithetic pairs.
    """
    if isinstance(mean, tuple) and isinstance(error, tuple):
        return [_bounds(m, e, independent) for m, e in zip(mean, error, strict=True)]
    if isinstance(mean, float) and isinstance(error, float):
        return _bounds(mean, error, independent)
    return None


def _bounds(mean: float | None, error: float | None, independent: int) -> list[float | None]:
    if mean is None or error is None:
        return [None, None]
    reach = student(independent - 1) * error
    return [mean - reach, mean + reach]


def _numbers(values: Sequence[float | None], antithetic: bool) -> tuple[float | None, float | None]:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None, None
    if antithetic:
        known = [one / 2.0 + other / 2.0 for one, other in zip(known[::2], known[1::2], strict=True)]
    if min(known) == max(known):  # and not the rounding of their mean
        return known[0], 0.0 if len(known) > 1 else None
    n = len(known)
    mean = math.fsum(value / n for value in known)
    largest = max(abs(value - mean) for value in known)
    # over the largest deviation, so that no square overflows
    squares = math.fsum(((value - mean) / largest) ** 2 for value in known)
    error = largest * math.sqrt(squares / (n - 1) / n)
    return mean, error if math.isfinite(error) else None


def reduced(values: Sequence[Value], how: str) -> Value:
    """Return the `median`, `min` or `max` of some trials, per coordinate where they are; None where a trial has none."""
    first = values[0]
    if isinstance(first, tuple):
        columns = zip(*(value for value in values if isinstance(value, tuple)), strict=True)
        return tuple(_middle_or_end(column, how) for column in columns)
    if any(isinstance(value, str) for value in values):
        return summary(values)[0]
    return _middle_or_end([value if isinstance(value, float) else None for value in values], how)


def _middle_or_end(values: Sequence[float | None], how: str) -> float | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    if how == "median":
        return statistics.median(known)
    return min(known) if how == "min" else max(known)
