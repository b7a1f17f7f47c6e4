"""What an argument must be; each returns it unchanged or says what is wrong with it, in the words of the interface."""

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


def not_negative(name: str, value: float, hint: str) -> float:
    """Finite and at least 0."""
    if not 0.0 <= value < math.inf:
        raise UsageError(f"{name} must be finite and at least 0, not {value:g}", hint)
    return value


def fraction(name: str, value: float) -> float:
    """Strictly between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise UsageError(f"{name} must lie strictly between 0 and 1, not {value:g}", "0.5 asks for half")
    return value


def averaging(name: str, beta: float) -> float:
    """The decay rate of an average: at least 0 and below 1."""
    if not 0.0 <= beta < 1.0:
        raise UsageError(f"{name} must be at least 0 and below 1, not {beta:g}", "0.9 and 0.999 are usual")
    return beta


def shrinking(x: float) -> float:
    """A decay per step that shrinks weights and keeps their sign."""
    if not 0.0 < x < 1.0:
        raise UsageError(f"lr * weight_decay must lie strictly between 0 and 1, not {x:g}", "0.0001 is usual")
    return x


def steps(value: int) -> int:
    """A number of steps, at least 0."""
    if value < 0:
        raise UsageError(f"the number of steps must be at least 0, not {value}", "0 is the start alone")
    return value


def frozen(kappa: float, x: float, beta1: float) -> None:
    """What a recurrence with a constant denominator holds for: kappa >= 0, 0 <= x <= 2 and 0 <= beta1 < 1."""
    if not 0.0 <= kappa < 1e200:
        raise UsageError(
            f"kappa = lr * curvature / denominator must be at least 0 and finite, not {kappa:g}", "below 38 is usual"
        )
    if not 0.0 <= x <= 2.0:
        raise UsageError(f"lr * weight_decay must lie between 0 and 2, not {x:g}", "beyond that nothing is stable")
    averaging("beta1", beta1)
