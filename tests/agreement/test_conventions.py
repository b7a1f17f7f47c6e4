"""The loops that conversions are tested with against the frameworks themselves, live where they are installed."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from tests.calculators.test_convert import BETA1, BETA2, SCHEDULES, START, Floats, gap, gradient, walk

LR, DECAY, EPS = 0.05, 0.4, 1e-2
FACTORS = SCHEDULES["cosine"]


def needs(*packages: str) -> Any:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"live comparison: {', '.join(missing)} not installed")


def torch_path(kind: str) -> Floats:
    import torch

    w = torch.nn.Parameter(torch.tensor(START))
    rule = getattr(torch.optim, kind)([w], lr=LR, betas=(BETA1, BETA2), eps=EPS, weight_decay=DECAY)
    path = []
    for t, s in enumerate(FACTORS, 1):
        rule.param_groups[0]["lr"] = LR * s
        w.grad = torch.tensor(gradient(w.detach().numpy(), t))
        rule.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


@needs("torch")
@pytest.mark.parametrize(("kind", "name"), [("AdamW", "pytorch"), ("Adam", "l2")])
def test_torch(kind: str, name: str) -> None:
    assert gap(torch_path(kind), walk(name, LR, DECAY, EPS, 0.0, FACTORS)) < 1e-12


@needs("jax", "optax")
@pytest.mark.parametrize("eps_root", [0.0, 1e-3])
def test_optax(eps_root: float) -> None:
    import jax
    import jax.numpy as jnp
    import optax

    with jax.enable_x64(True):
        factors = jnp.array([*FACTORS, 0.0])
        rule = optax.adamw(lambda t: LR * factors[t], BETA1, BETA2, EPS, eps_root, weight_decay=DECAY)
        w = jnp.array(START)
        state, path = rule.init(w), []
        for t in range(1, len(FACTORS) + 1):
            updates, state = rule.update(jnp.array(gradient(np.asarray(w), t)), state, w)
            w = optax.apply_updates(w, updates)
            path.append(np.asarray(w))
    assert gap(np.array(path), walk("optax", LR, DECAY, EPS, eps_root, FACTORS)) < 1e-12


@needs("keras", "torch")
def test_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    import keras
    import torch

    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        w = keras.Variable(START, dtype="float64")
        rule = keras.optimizers.AdamW(LR, DECAY, BETA1, BETA2, EPS)
        rule.build([w])
        path = []
        for t, s in enumerate(FACTORS, 1):
            rule.learning_rate = LR * s
            rule.apply([torch.tensor(gradient(w.value.detach().numpy(), t))], [w])
            path.append(w.value.detach().numpy().copy())
    finally:
        keras.config.set_floatx(before)
    assert gap(np.array(path), walk("keras", LR, DECAY, EPS, 0.0, FACTORS)) < 1e-12
