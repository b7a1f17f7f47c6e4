"""Rotational equilibrium of scale-invariant weights, whose gradients are orthogonal to them and of size sigma/|w|: in numpy.

The engine adds noise that does not depend on the weights, so this is a loop of its own. Rows are independent trials.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from adamw_cli.theory import equilibrium
from adamw_cli.trace import Array
from tests import chance

TRIALS, C, LR, LAM, STEPS = 24, 96, 0.04, 0.1, 6000
BETA1, BETA2, MOMENTUM, LION = 0.5, 0.99, 0.8, (0.9, 0.95)


def lengths(w: Array) -> Array:
    return np.sqrt(np.einsum("ij,ij->i", w, w))[:, None]


def walk(kind: str, sigma: float, start: float) -> Iterator[Array]:
    """Weights (TRIALS, C) after each step, in equilibrium but for the first ones."""
    rng = np.random.default_rng(11)
    w = rng.normal(size=(TRIALS, C)) * start / math.sqrt(C)
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, STEPS + 1):
        size = lengths(w)
        xi = rng.normal(scale=sigma, size=w.shape)
        g = (xi - np.einsum("ij,ij->i", xi, w)[:, None] * w / size**2) / size
        if kind == "lion":
            w = w - LR * (np.sign(LION[0] * m + (1 - LION[0]) * g) + LAM * w)
            m = LION[1] * m + (1 - LION[1]) * g
        elif kind == "sgd":
            m = MOMENTUM * m + g + LAM * w
            w = w - LR * m
        else:
            g = g + LAM * w if kind == "adam_l2" else g
            m = BETA1 * m + (1 - BETA1) * g
            v = BETA2 * v + (1 - BETA2) * g * g
            u = m / (1 - BETA1**t) / np.sqrt(v / (1 - BETA2**t))
            w = w - LR * u - (LR * LAM * w if kind == "adamw" else 0.0)
        yield w


def theory(kind: str, sigma: float) -> tuple[float, float]:
    """Length and angle."""
    if kind == "adamw":
        return equilibrium.adamw_norm(C, LR, LAM), equilibrium.adamw_angle(LR, LAM, BETA1)
    if kind == "adam_l2":
        norm = equilibrium.adam_l2_invariant_norm(C, LR, LAM, sigma)
        return norm, equilibrium.adam_l2_invariant_angle(C, LR, LAM, BETA1, sigma)
    if kind == "sgd":
        walk = equilibrium.sgd_walk(LR, LAM, MOMENTUM, sigma)
        return equilibrium.sgd_invariant_norm(C, LR, LAM, MOMENTUM, sigma), equilibrium.walk_angle(walk.rest, walk.phi2)
    return equilibrium.lion_norm(C, LR, LAM, *LION), equilibrium.lion_angle(LR, LAM, *LION)


@cache
def measured(kind: str, sigma: float) -> tuple[list[float], list[float]]:
    """Of each trial the root mean square length and the mean angle, over the second half."""
    squares, angles, before = np.zeros(TRIALS), np.zeros(TRIALS), np.ones((TRIALS, C))
    for t, w in enumerate(walk(kind, sigma, theory(kind, sigma)[0])):
        now = lengths(w)
        if t >= STEPS // 2:
            squares += now[:, 0] ** 2
            cosine = np.einsum("ij,ij->i", w, before) / (now * lengths(before))[:, 0]
            angles += np.arccos(np.minimum(cosine, 1.0))
        before = w
    half = STEPS - STEPS // 2
    return list(np.sqrt(squares / half)), list(angles / half)


# To first order in x = 0.004, 1 - beta2 = 0.01 and 1/C, each with a coefficient below 2.
OWN_ERROR = 0.02
CASES = [("adamw", 1.0), ("adamw", 4.0), ("adam_l2", 1.0), ("adam_l2", 4.0), ("sgd", 1.0), ("lion", 1.0)]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "sigma"), CASES)
def test_length_and_angle(kind: str, sigma: float) -> None:
    for values, wanted in zip(measured(kind, sigma), theory(kind, sigma), strict=True):
        assert chance.near(values, wanted, OWN_ERROR), statistics.fmean(values) / wanted
        for factor in (0.92, 1.08):
            assert not chance.near(values, factor * wanted, OWN_ERROR)


def test_adamw_turns_alike_whatever_the_gradients_are_and_adam_with_l2_does_not() -> None:
    def mean(kind: str, sigma: float) -> float:
        return statistics.fmean(measured(kind, sigma)[1])

    assert mean("adamw", 4.0) == pytest.approx(mean("adamw", 1.0), rel=1e-3)  # the same draws, and sigma cancels
    assert mean("adam_l2", 1.0) / mean("adam_l2", 4.0) == pytest.approx(4.0 ** (1 / 3), rel=0.02)
