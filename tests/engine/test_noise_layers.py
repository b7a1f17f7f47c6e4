"""Several noises one after another, noises that remember, and mirrored draws, against loops in plain Python.

Statistical tests are as in test_noise.py: a number that is standard normal, or nearly so, against 5.5.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from adamw_cli.engine.run import resumed, run
from adamw_cli.noises import _bits
from adamw_cli.trace import Array
from tests.batches import batch
from tests.contracts.test_every_noise import Plain
from tests.engine.test_noise import ALLOWED, layered, noisy, part, wide

ALL: list[tuple[str, dict[str, Any]]] = [
    ("gaussian", {"sigma": 0.1}),
    ("mask", {"p": 0.2}),
    ("brownian", {"sigma": 0.05}),
    ("delay", {"steps": [[2], [5]]}),
    ("gaussian", {"sigma": 0.3}),
    ("delay", {"steps": 1}),
]


def drawn(seed: int, trial: int, coordinate: int, t: int, layer: int = 0) -> float:
    return float(_bits.uniform(int(_bits.key(seed, trial, coordinate, layer)), t))


def test_each_noise_of_a_list_sees_what_the_one_before_has_made() -> None:
    G, lr = (0.3, -2.0), 0.01
    trials, mirrored = [0, 4, 4], np.array([0.0, 0.0, 1.0])
    b = layered(batch("sgd", "slope", {"gradient": G}, np.ones((2, 3)), lr=lr), ALL, 5, trials, mirrored)
    expected = np.ones((2, 3))
    for i, lane in np.ndindex(2, 3):
        noises = [Plain(kind, {k: float(np.ravel(v)[i % np.size(v)]) for k, v in h.items()}) for kind, h in ALL]
        for t in range(1, 61):
            g = G[i]
            for layer, noise in enumerate(noises):
                u = drawn(5, trials[lane], i, t, layer)
                g = noise.step(g, 1.0 - u if mirrored[lane] else u)
            expected[i, lane] -= lr * g
    np.testing.assert_allclose(run(b, 60).final_w, expected, rtol=1e-13)


@pytest.mark.parametrize("rotation", [None, 20.0])
def test_bits_do_not_depend_on_threads_chunks_or_neighbours(rotation: float | None) -> None:
    lanes = np.arange(700)
    b = layered(wide(700, rotation), ALL, trials=lanes // 2, mirrored=(lanes % 2).astype(float))
    reference = run(b, 300, every=7, threads=1).w
    assert np.isfinite(reference).all()
    for threads, chunk in ((2, None), (1, 1), (2, 37)):
        np.testing.assert_array_equal(run(b, 300, every=7, threads=threads, chunk=chunk).w, reference)
    for some in (slice(0, 1), slice(331, 500)):
        np.testing.assert_array_equal(run(part(b, some), 300, every=7).w, reference[:, :, some])


def test_a_noise_by_itself_is_the_first_of_a_list() -> None:
    b = wide(5, None)
    one = run(noisy(b, "laplace", scale=0.2), 50).final_w
    both = run(layered(b, [("laplace", {"scale": 0.2}), ("gaussian", {"sigma": 0.0})]), 50).final_w
    np.testing.assert_array_equal(one, both)


def added(kinds: list[tuple[str, dict[str, Any]]], steps: int, lanes: int) -> Array:
    """The noise on a gradient of 0 at each step, (steps, lanes)."""
    b = layered(batch("sgd", "plateau", {}, np.zeros((1, lanes)), lr=1.0), kinds)
    w = run(b, steps, every=1).w[:, 0]
    return np.asarray(-np.diff(w, axis=0))


def test_two_of_a_kind_are_independent() -> None:
    both = added([("gaussian", {"sigma": 3.0}), ("gaussian", {"sigma": 4.0})], 200, 200)
    n = both.size
    # The variance of a sample variance is 2 sigma^4/n; had both the same draws it would be 49 instead of 25.
    assert abs(np.mean(both**2) / 25.0 - 1.0) < ALLOWED * math.sqrt(2.0 / n)


def test_a_random_walk_has_independent_normal_steps() -> None:
    sigma = 0.7
    walk = added([("brownian", {"sigma": sigma})], 400, 300)
    steps = np.diff(np.concatenate([np.zeros((1, 300)), walk]), axis=0) / sigma
    n = steps.size
    for power, moment in ((1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0)):
        spread = math.sqrt(math.prod(range(1, 2 * power, 2)) - moment**2)
        assert abs(np.mean(steps**power) - moment) < ALLOWED * spread / math.sqrt(n)
    for one, other in ((steps[1:], steps[:-1]), (steps[:, 1:], steps[:, :-1])):
        assert abs(np.sum(one * other)) < ALLOWED * math.sqrt(one.size)
    z = np.sort(steps.ravel())
    below = np.array([math.erfc(-value / math.sqrt(2.0)) / 2.0 for value in z.tolist()])
    k = np.arange(n) / n
    assert math.sqrt(n) * max(np.max(below - k), np.max(k + 1.0 / n - below)) < 2.9
    # B_t has variance t sigma^2
    assert abs(np.mean(walk[-1] ** 2) / (400 * sigma**2) - 1.0) < ALLOWED * math.sqrt(2.0 / 300)


def test_adamw_with_stale_gradients() -> None:
    """On a quadratic, where the weights that a gradient is of matter; a delay per coordinate."""
    lr, lam, (beta1, beta2), eps = 0.02, 0.3, (0.9, 0.99), 1e-8
    curvature, center, steps = np.array([0.5, 20.0]), np.array([1.0, -1.0]), (3, 0)
    values = {"curvature": tuple(curvature), "matrix": None, "center": tuple(center), "rotation": None}
    b = batch("adamw", "quadratic", values, np.array([[2.0], [0.5]]), lr=lr, weight_decay=lam, betas=(beta1, beta2))
    b = layered(b, [("delay", {"steps": [[s] for s in steps]})])
    w, m, v = np.array([2.0, 0.5]), np.zeros(2), np.zeros(2)
    history: list[Array] = []
    for t in range(1, 201):
        history.append(curvature * (w - center))
        g = np.array([history[t - 1 - s][i] if t > s else 0.0 for i, s in enumerate(steps)])
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        w = w - lr * lam * w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    np.testing.assert_allclose(run(b, 200).final_w[:, 0], w, rtol=1e-10)


def test_a_mirrored_pair_has_no_noise_in_what_is_linear() -> None:
    kinds: list[tuple[str, dict[str, Any]]] = [("gaussian", {"sigma": 2.0}), ("brownian", {"sigma": 0.5})]
    b = wide(2, None)
    b = batch("sgd", "quadratic", dict(b.landscape_values), np.array([[2.0, 2.0], [1.0, 1.0]]), lr=0.01, momentum=0.9)
    still = run(b, 300, every=10).w
    w = run(layered(b, kinds, trials=[7, 7], mirrored=np.array([0.0, 1.0])), 300, every=10).w
    assert np.abs(w - still).max() > 0.1
    np.testing.assert_allclose(w.mean(axis=2), still.mean(axis=2), rtol=0, atol=1e-8)


@pytest.mark.parametrize("kind", ["brownian", "delay"])
def test_what_a_noise_remembers_is_in_no_trace(kind: str) -> None:
    b = layered(wide(2, None), [(kind, {"sigma": 1.0} if kind == "brownian" else {"steps": 2})])
    with pytest.raises(ValueError, match="earlier steps"):
        resumed(b, run(b, 10, states=True))
    draws = b.draws
    assert draws is not None
    assert draws.remembers
    assert dataclasses.replace(draws, layers=()).remembers is False
