"""What kinds of noise draw, against distribution functions that have nothing to do with the kernels: those in EXPECTED."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from tests.contracts.test_every_noise import EACH, GRID, plain


def normal(z: float) -> float:
    return math.erfc(-z / math.sqrt(2.0)) / 2.0


# P(noisy gradient <= value) in the first step with g = 1, by formulas that have nothing to do with the kernels; None: does not depend on u.
EXPECTED: dict[str, Callable[..., float] | None] = {
    "none": None,
    "gaussian": lambda y, sigma: normal((y - 1.0) / sigma),
    "multiplicative": lambda y, sigma: normal((y - 1.0) / sigma),
    "cauchy": lambda y, scale: math.atan2(scale, -(y - 1.0)) / math.pi,
    "laplace": lambda y, scale: (
        0.5 * math.exp((y - 1.0) / scale) if y < 1.0 else 1.0 - 0.5 * math.exp(-(y - 1.0) / scale)
    ),
    "mask": lambda y, p: p if y < 1.0 else 1.0,
    "brownian": lambda y, sigma: normal((y - 1.0) / sigma),
    "delay": None,
}


@pytest.mark.parametrize(("name", "values"), [(name, values) for name, values in EACH if name in EXPECTED])
def test_a_quantile_is_where_the_distribution_function_says(name: str, values: dict[str, float]) -> None:
    """P(y <= y(u)) = u for what is continuous; for what is not, u lies on the step of y(u)."""
    expected = EXPECTED[name]
    for u in GRID:
        y = plain(name, 1.0, u, values)
        assert math.isfinite(y)
        if expected is None:
            assert y == plain(name, 1.0, 0.5, values)
        elif name in ("gaussian", "laplace", "brownian") and 1e-4 < u < 0.9999:
            assert expected(y, **values) == pytest.approx(u, rel=1e-9, abs=0 if values.get("sigma", 1) >= 1 else 1e-12)
        elif name == "mask":
            assert u <= expected(y, **values)
            assert y == 0.0 or u >= expected(0.0, **values)


def test_tails_of_the_normal_quantile_keep_nine_digits() -> None:
    for u in (*GRID, *(k * 2.0**-52 + 2.0**-53 for k in range(40)), *np.linspace(0.001, 0.999, 400).tolist()):
        z = plain("gaussian", 0.0, u, {"sigma": 1.0})
        below = normal(z) if u < 0.5 else normal(-z)
        p = u if u < 0.5 else 1.0 - u
        density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
        # an error dz of z shows as density dz in p
        assert abs(below - p) <= 1e-9 * abs(z) * density + 2e-15 * p * (1.0 + z * z)
