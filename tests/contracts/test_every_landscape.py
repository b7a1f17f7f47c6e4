"""What holds for every landscape; a new file in landscapes/ needs a line in tests/batches.py and no more."""

from __future__ import annotations

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine.run import gradient_at
from tests.batches import LANDSCAPES, batch, plain_gradient

CASES = [(name, i) for name in registry.names("landscapes") for i in range(len(LANDSCAPES[name]))]


@pytest.mark.parametrize(("name", "index"), CASES)
def test_gradient_is_the_derivative_of_value(name: str, index: int) -> None:
    d, values = LANDSCAPES[name][index]
    module = registry.load("landscapes", name)
    w = np.random.default_rng(7).normal(size=(d, 300))  # more points than one block has lanes
    for t in (1, 5, 6, 12, 13, 19, 20, 26):
        compiled = gradient_at(batch("adam", name, values, w), w, t)
        step = 1e-6
        for i in range(d):
            offset = np.zeros((d, 1))
            offset[i] = step
            difference = module.value((w + offset).T, t, values) - module.value((w - offset).T, t, values)
            np.testing.assert_allclose(compiled[i], difference / (2 * step), rtol=1e-5, atol=2e-5)
        plain = plain_gradient(module.lower(d, values), w[:, :5].copy(), t)
        np.testing.assert_allclose(compiled[:, :5], plain, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(("name", "index"), CASES)
def test_gradient_vanishes_at_the_declared_minimiser_and_nothing_is_lower(name: str, index: int) -> None:
    d, values = LANDSCAPES[name][index]
    module = registry.load("landscapes", name)
    best = module.minimizer(d, values)
    assert (best is not None) == (module.SPEC.gradient in ("linear", "nonlinear"))
    if best is None:
        return
    w = np.array(best)[:, None]
    np.testing.assert_allclose(gradient_at(batch("adam", name, values, w), w, 1), 0.0, atol=1e-12)
    around = w.T + np.random.default_rng(3).normal(scale=0.3, size=(500, d))
    assert np.all(module.value(around, 1, values) > module.value(w.T, 1, values)[0])


@pytest.mark.parametrize("name", registry.names("landscapes"))
def test_turn_step_is_where_the_gradient_first_changes(name: str) -> None:
    d, values = LANDSCAPES[name][0]
    module = registry.load("landscapes", name)
    turn = module.SPEC.turn_step(values)
    w = np.full((d, 1), 0.3)
    b = batch("adam", name, values, w)
    gradients = [gradient_at(b, w, t)[0, 0] for t in range(1, 30)]
    changes = [t for t in range(1, 29) if gradients[t] != gradients[t - 1]]
    assert (turn is None and not changes) or changes[0] == turn


@pytest.mark.parametrize("name", registry.names("landscapes"))
def test_the_docstring_has_the_formula(name: str) -> None:
    assert "f" in (registry.load("landscapes", name).__doc__ or "")
    assert ">>>" in (registry.load("landscapes", name).__doc__ or "")
