"""The rules against optax, live where jax is installed: a second reference, written by other people than the first."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from adamw_cli import simulate_batch

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("optax") is None or importlib.util.find_spec("jax") is None,
    reason="live comparison, which CI makes; the golden values of torch cover the same rules without it",
)

CURVATURE, CENTER = np.array([0.5, 20.0]), np.array([1.5, -2.0])
START = np.array([3.0, 0.7])
LR, DECAY, STEPS = 1e-2, 0.1, 400


def reference(kind: str) -> Any:
    """The same rule, put together from optax's parts."""
    import optax

    return {
        "adamw": optax.adamw(LR, b1=0.9, b2=0.99, eps=1e-8, weight_decay=DECAY),
        "adam": optax.adam(LR, b1=0.9, b2=0.99, eps=1e-8),
        "adam_l2": optax.chain(optax.add_decayed_weights(DECAY), optax.adam(LR, b1=0.9, b2=0.99, eps=1e-8)),
        "sgd": optax.chain(optax.add_decayed_weights(DECAY), optax.sgd(LR, momentum=0.9)),
        "sgdw": optax.chain(optax.trace(0.9), optax.add_decayed_weights(DECAY), optax.scale(-LR)),
    }[kind]


HYPERPARAMETERS: dict[str, dict[str, Any]] = {
    "adamw": {"betas": (0.9, 0.99), "weight_decay": DECAY},
    "adam": {"betas": (0.9, 0.99)},
    "adam_l2": {"betas": (0.9, 0.99), "weight_decay": DECAY},
    "sgd": {"momentum": 0.9, "weight_decay": DECAY},
    "sgdw": {"momentum": 0.9, "weight_decay": DECAY},
}


@pytest.mark.parametrize("kind", HYPERPARAMETERS)
def test_hundreds_of_steps_agree(kind: str) -> None:
    import jax
    import optax

    landscape = {"kind": "quadratic", "curvature": CURVATURE, "center": CENTER}
    trace = simulate_batch(kind, landscape, START, STEPS, hyperparameters={"lr": LR, **HYPERPARAMETERS[kind]}, every=1)
    with jax.enable_x64(True):
        rule = reference(kind)

        def step(carry: Any, _: None) -> tuple[Any, Any]:
            w, state = carry
            updates, state = rule.update(CURVATURE * (w - CENTER), state, w)
            w = optax.apply_updates(w, updates)
            return (w, state), w

        first = jax.numpy.asarray(START)
        theirs = np.asarray(jax.lax.scan(step, (first, rule.init(first)), None, length=STEPS)[1])
    # Relative to the distances travelled: a weight that passes through 0 has no relative error of its own.
    np.testing.assert_allclose(trace.w[1:, :, 0], theirs, rtol=1e-12, atol=1e-12)
