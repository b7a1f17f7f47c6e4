"""What an argument must be; each returns it unchanged or says what is wrong with it."""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError


def number(name: str, value: float) -> float:
    """Anything but nan; infinity is a number here."""
    if math.isnan(value):
        raise UsageError(f"{name} is not a number", "check the learning rate and the weight decay")
    return value


def positive(name: str, value: float) -> float:
    """Finite and above 0."""
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"{name} must be a finite number above 0, not {value:g}", f"give {name} a value above 0")
    return value


def fraction(name: str, value: float) -> float:
    """Strictly between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise UsageError(f"{name} must lie strictly between 0 and 1, not {value:g}", "0.5 asks for half")
    return value
