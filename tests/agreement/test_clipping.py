"""Clipped gradients against torch.nn.utils with torch.optim, to 1e-12 relative over hundreds of steps: golden, and live."""

from __future__ import annotations

import importlib.util
import json
import math

import numpy as np
import pytest

from adamw_cli import simulate_batch
from adamw_cli.engine import choice, kernels
from adamw_cli.engine.kernel import CLIP_ROWS, LANES, Clipped
from adamw_cli.trace import Array
from tests.golden.clip_reference import CASES, CENTER, CURVATURE, GOLDEN, START, STEPS, trajectory

RTOL, ATOL = 1e-12, 1e-14
TORCH = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="live comparison; the golden values cover it without torch"
)


def ours(case: str) -> Array:
    kind, hyperparameters, _, key, limit = CASES[case]
    place = {"kind": "quadratic", "curvature": CURVATURE, "center": CENTER}
    trace = simulate_batch(kind, place, START, STEPS, hyperparameters=hyperparameters, every=1, **{key: limit})
    return trace.w[1:, :, 0]


@pytest.mark.parametrize("case", CASES)
def test_golden_trajectory(case: str) -> None:
    golden = json.loads(GOLDEN.read_text())
    np.testing.assert_allclose(ours(case)[np.array(golden["steps"]) - 1], golden["cases"][case], rtol=RTOL, atol=ATOL)


@TORCH
@pytest.mark.parametrize("case", CASES)
def test_live_trajectory(case: str) -> None:
    np.testing.assert_allclose(ours(case), trajectory(case), rtol=RTOL, atol=ATOL)


def clipped(kind: Clipped, gradients: Array, limit: float) -> Array:
    """Gradients, (d, lanes), as the kernel leaves them."""
    d, lanes = gradients.shape
    g, c = np.zeros((d, 3, LANES)), np.zeros((CLIP_ROWS, LANES))
    g[:, 0, :lanes], g[:, 1:], c[0, :lanes] = gradients, 7.0, limit
    _, loaded = choice.load({"clip": kernels.clip(kind)})
    loaded["clip"](g.reshape(d, -1), c.reshape(1, -1), d, lanes)
    assert np.all(g[:, 1:] == 7.0)
    return g[:, 0, :lanes]


ODD = [
    [0.0, 0.0], [3.0, -4.0], [0.3, -0.4], [1e-3, 2e-3], [math.inf, 1.0], [-math.inf, 1.0], [math.nan, 1.0],
    [math.nan, math.inf], [1e200, 1.0], [1e-170, 0.0], [1e-7, 0.0], [5.0, 0.0], [-0.6, 0.8], [1e308, -1e308],
]  # fmt: skip


@TORCH
@pytest.mark.parametrize("limit", [1.0, 1e-3, 1e300])
@pytest.mark.parametrize("kind", ["norm", "value"])
def test_gradients_of_any_size_and_none(kind: Clipped, limit: float) -> None:
    """A lane for each; one that is not finite changes no other."""
    import torch

    found = clipped(kind, np.array(ODD).T, limit).T
    for lane, given in enumerate(ODD):
        w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        w.grad = torch.tensor(given, dtype=torch.float64)
        if kind == "norm":
            torch.nn.utils.clip_grad_norm_([w], limit)
        else:
            torch.nn.utils.clip_grad_value_([w], limit)
        np.testing.assert_allclose(found[lane], w.grad.numpy(), rtol=1e-15, atol=0.0)


def test_what_the_document_says_of_gradients_that_are_not_finite() -> None:
    nan, inf = math.nan, math.inf
    given = np.array([[inf, 1.0], [-inf, 1.0], [nan, 1.0], [1e200, 1.0]]).T
    np.testing.assert_array_equal(clipped("value", given, 0.5).T, [[0.5, 0.5], [-0.5, 0.5], [nan, 0.5], [0.5, 0.5]])
    np.testing.assert_array_equal(clipped("norm", given, 0.5).T, [[nan, 0.0], [nan, 0.0], [nan, nan], [0.0, 0.0]])
