"""What the closed forms are checked against: the recurrence itself, in loops, and 60-digit decimals. No code of theory/."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

DIGITS = Context(prec=60)


def decayed(x: float, factors: Iterable[float]) -> float:
    """w_T of w <- w - x factor w from w_0 = 1."""
    w = 1.0
    for factor in factors:
        w -= x * factor * w
    return w


def exact_log(x: float) -> Decimal:
    """ln|1 - x| of the float x, to 400 digits, so that 1 - 1e-300 is not 1."""
    wide = Context(prec=400)
    return wide.ln(wide.abs(wide.subtract(Decimal(1), Decimal(x))))


def exact_half_life(x: float, fraction: float = 0.5) -> float:
    """ln(fraction)/ln|1 - x| in decimals."""
    return float(DIGITS.divide(DIGITS.ln(Decimal(fraction)), exact_log(x)))


def exact_product(x: float, factors: Iterable[float]) -> Decimal:
    """prod (1 - x factor) in decimals."""
    w = Decimal(1)
    for factor in factors:
        w = DIGITS.multiply(w, DIGITS.subtract(Decimal(1), DIGITS.multiply(Decimal(x), Decimal(factor))))
    return w


def first_below(x: float, factors: Iterable[float], fraction: float) -> int | None:
    """First step at which the loop's |w| is at most `fraction`; None if it never is."""
    w = 1.0
    for n, factor in enumerate(factors, start=1):
        w -= x * factor * w
        if abs(w) <= fraction:
            return n
    return None


def nearly_tied(x: float, factors: Iterable[float], fraction: float) -> bool:
    """Whether some step lands so near `fraction` that rounding decides."""
    w = 1.0
    for factor in factors:
        w -= x * factor * w
        if abs(abs(w) / fraction - 1.0) < 1e-10:
            return True
    return False


# The schedules as the scenario format has them, for T steps; nothing of schedules/ either.


def line(n: int, f: float) -> list[float]:
    """N steps from 1 (exclusive) to f."""
    return [1.0 - (1.0 - f) * k / n for k in range(1, n + 1)]
