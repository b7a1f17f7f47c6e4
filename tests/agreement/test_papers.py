"""The rules that no library has in this form against the papers' algorithms, written down here once more, on whole vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry, simulate_batch
from adamw_cli.trace import Array
from tests.golden import torch_reference
from tests.golden.peer_reference import CASES
from tests.golden.replay import engine_trajectory
from tests.golden.torch_reference import START, STEPS, factor, gradients

H = dict[str, Any]
Step = Callable[[int, Array, Array, H], Array]


def adam_averages(h: H) -> Callable[[int, Array], tuple[Array, Array]]:
    """Algorithm 1 of Kingma and Ba, up to the two averages without their correction."""
    m, v = np.zeros(4), np.zeros(4)

    def averages(t: int, g: Array) -> tuple[Array, Array]:
        m[:] = h["betas"][0] * m + (1 - h["betas"][0]) * g
        v[:] = h["betas"][1] * v + (1 - h["betas"][1]) * g**2
        return m, v

    return averages


def direction(t: int, m: Array, v: Array, h: H) -> Array:
    """m_hat / (sqrt(v_hat) + eps)."""
    m_hat, v_hat = m / (1 - h["betas"][0] ** t), v / (1 - h["betas"][1] ** t)
    return m_hat / (np.sqrt(v_hat) + h["eps"])


def adamc(t: int, w: Array, u: Array, h: H) -> Array:
    """Defazio, algorithm 1, a normalised layer: gamma_t the learning rate, gamma_max its largest value."""
    gamma, gamma_max = h["lr"] * factor(t), h["lr"]
    return w - gamma * u - gamma**2 / gamma_max * h["weight_decay"] * w


def as_published(t: int, w: Array, u: Array, h: H) -> Array:
    """Loshchilov and Hutter, algorithm 2, line 12: eta_t the schedule multiplier, alpha the step size."""
    eta, alpha = factor(t), h["lr"]
    return w - eta * (alpha * u + h["weight_decay"] * w)


def cautious_decay(t: int, w: Array, u: Array, h: H) -> Array:
    """Chen et al., algorithm 1: x - eta_t (u + lam I(u x >= 0) x)."""
    eta = h["lr"] * factor(t)
    return w - eta * (u + h["weight_decay"] * np.where(u * w >= 0, 1.0, 0.0) * w)


def proximal(t: int, w: Array, u: Array, h: H) -> Array:
    """Zhuang et al.: the minimiser of |x - (w - lr u)|^2/(2 lr) + weight_decay |x|^2/2."""
    lr = h["lr"] * factor(t)
    return (w - lr * u) / (1 + lr * h["weight_decay"])


def adam_prox(t: int, w: Array, u: Array, h: H) -> Array:
    """Zhuang et al., AdamProx: x_t = (1 + lambda eta_t)^-1 (x_(t-1) - eta_t alpha u), eta_t the schedule multiplier."""
    eta, alpha = factor(t), h["lr"]
    return (1 + h["weight_decay"] * eta) ** -1.0 * (w - eta * alpha * u)


def decay_last(t: int, w: Array, u: Array, h: H) -> Array:
    """The gradient step, then the decay of where it has led to."""
    lr = h["lr"] * factor(t)
    return (1 - lr * h["weight_decay"]) * (w - lr * u)


def path_of(step: Step) -> Callable[[H], Iterator[Array]]:
    """Weights after every step of a rule that differs from Adam in what it does with its direction u."""

    def path(h: H) -> Iterator[Array]:
        w, averages = np.array(START), adam_averages(h)
        for t in range(1, STEPS + 1):
            w = step(t, w, direction(t, *averages(t, np.array(gradients(t, w.tolist()))), h), h)
            yield w

    return path


def eps_hat(h: H) -> Iterator[Array]:
    """Kingma and Ba, section 2: alpha_t = alpha sqrt(1 - beta2^t)/(1 - beta1^t), w - alpha_t m/(sqrt(v) + eps_hat)."""
    w, averages = np.array(START), adam_averages(h)
    beta1, beta2 = h["betas"]
    for t in range(1, STEPS + 1):
        lr = h["lr"] * factor(t)
        m, v = averages(t, np.array(gradients(t, w.tolist())))
        alpha = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
        w = w - lr * h["weight_decay"] * w - alpha * m / (np.sqrt(v) + h["eps"])
        yield w


ALGORITHMS: dict[str, Callable[[H], Iterator[Array]]] = {
    "adamc": path_of(adamc),
    "adamw_independent": path_of(as_published),
    "cautious_weight_decay": path_of(cautious_decay),
    "adamw_prox": path_of(proximal),
    "adam_prox": path_of(adam_prox),
    "adamw_decay_last": path_of(decay_last),
    "adamw_eps_hat": eps_hat,
}
SETTINGS: list[H] = [
    {"lr": 0.03, "weight_decay": 0.3, "betas": (0.9, 0.99), "eps": 1e-3},
    {"lr": 3e-3, "weight_decay": 0.02, "betas": (0.5, 0.999), "eps": 1e-8},
    {"lr": 0.1, "weight_decay": 0.9, "betas": (0.95, 0.9), "eps": 0.3},
]


@pytest.mark.parametrize("h", SETTINGS, ids=["usual", "small", "large"])
@pytest.mark.parametrize("kind", ALGORITHMS)
def test_hundreds_of_steps_agree(kind: str, h: H) -> None:
    np.testing.assert_allclose(engine_trajectory(kind, h), list(ALGORITHMS[kind](h)), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("h", SETTINGS, ids=["usual", "small", "large"])
def test_independent_decay_is_that_of_pytorch_divided_by_lr(h: H) -> None:
    other = h | {"weight_decay": h["weight_decay"] / h["lr"]}
    np.testing.assert_allclose(engine_trajectory("adamw_independent", h), engine_trajectory("adamw", other), rtol=1e-12)


@pytest.mark.parametrize("h", SETTINGS[:2], ids=["usual", "small"])
def test_schedule_free_is_the_average_of_its_fast_sequence(h: H) -> None:
    """The paper's three sequences one by one, for a constant learning rate; there the weights of the average are equal."""
    curvature, center, steps = np.array([0.5, 20.0]), np.array([1.5, -2.0]), 300
    beta1, beta2 = h["betas"]
    x = z = np.array([3.0, 0.7])
    v = np.zeros(2)
    for t in range(1, steps + 1):
        y = (1 - beta1) * z + beta1 * x
        g = curvature * (y - center)
        v = beta2 * v + (1 - beta2) * g**2
        z = z - h["lr"] * (g / (np.sqrt(v / (1 - beta2**t)) + h["eps"]) + h["weight_decay"] * y)
        x = x + (z - x) / t
    place = {"kind": "quadratic", "curvature": curvature, "center": center}
    trace = simulate_batch("schedule_free_adamw", place, [3.0, 0.7], steps, hyperparameters=h, states=True)
    fast = trace.states["z"][-1, :, 0]
    np.testing.assert_allclose(fast, z, rtol=1e-11)
    np.testing.assert_allclose((trace.final_w[:, 0] - (1 - beta1) * fast) / beta1, x, rtol=1e-11)


@pytest.mark.parametrize("kind", registry.own("optimizers"))
def test_a_rule_is_compared_with_something_from_outside(kind: str) -> None:
    compared = {rule for rule, _, _ in (*torch_reference.CASES.values(), *CASES.values())} | set(ALGORITHMS)
    if kind not in compared:
        pytest.skip("only with itself so far: CONTRIBUTING.md says what to compare a new rule with")
