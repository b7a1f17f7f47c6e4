"""Norms over coordinates, of rules and of clipped gradients: the same bits however the work is cut, and numbers of any size."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from adamw_cli.engine.lower import Batch, GradientLimit, lower
from adamw_cli.engine.run import resumed, run
from adamw_cli.trace import Array
from tests.batches import batch, plain_run
from tests.engine.test_noise import noisy

BOWL = {"curvature": (0.5, 20.0, 3.0), "matrix": None, "center": (1.0, -2.0, 0.5), "rotation": None}
# name -> (rule, what is clipped)
CASES: dict[str, tuple[str, Any]] = {
    "lamb": ("lamb", None),
    "clip_norm": ("sgd", "norm"),
    "clip_value": ("sgd", "value"),
}


def wide(case: str, lanes: int, **hyperparameters: Any) -> Batch:
    """Lanes that all differ; their learning rate does, too, so that blocks are of the kind that most scenarios have."""
    kind, clipped = CASES[case]
    rng = np.random.default_rng(8)
    start, lr = rng.normal(size=(3, lanes)), rng.uniform(1e-3, 3e-2, size=lanes)
    b = batch(kind, "quadratic", BOWL, start, lr=lr, weight_decay=0.1, **hyperparameters)
    return (
        b if clipped is None else dataclasses.replace(b, clip=GradientLimit(clipped, rng.uniform(0.5, 9.0, size=lanes)))
    )


def part(b: Batch, lanes: slice) -> Batch:
    """The same trajectories, fewer of them."""
    return dataclasses.replace(
        b,
        start=b.start[:, lanes],
        scalars={name: values[:, lanes] for name, values in b.scalars.items()},
        schedules=b.schedules[lanes],
        clip=None if b.clip is None else GradientLimit(b.clip.clipped, b.clip.limits[lanes]),
    )


@pytest.mark.parametrize("case", CASES)
def test_bits_do_not_depend_on_threads_chunks_or_neighbours(case: str) -> None:
    b = wide(case, 700)
    assert len(lower(b).blocks) > 2
    reference = run(b, 150, every=7, threads=1).w
    for threads, chunk in ((2, None), (1, 1), (2, 37)):
        np.testing.assert_array_equal(run(b, 150, every=7, threads=threads, chunk=chunk).w, reference)
    for lanes in (slice(0, 1), slice(200, 500), slice(699, 700)):
        np.testing.assert_array_equal(run(part(b, lanes), 150, every=7).w, reference[:, :, lanes])


def test_a_rule_without_norms_puts_separate_coordinates_beside_one_another_and_one_with_norms_does_not() -> None:
    shapes = {case: (lower(wide(case, 4)).coordinates, lower(wide(case, 4)).width) for case in CASES}
    assert shapes == {"lamb": (3, 4), "clip_norm": (3, 4), "clip_value": (1, 12)}


def clipped_run(b: Batch, steps: int) -> Array:
    """Gradient descent on the bowl with clipping, in NumPy; weights after the last step."""
    assert b.clip is not None
    w, (lr, lam) = b.start.copy(), (b.scalars["lr"], b.scalars["weight_decay"])
    h, c = (np.array(BOWL[name])[:, None] for name in ("curvature", "center"))
    for _ in range(steps):
        g, limit = h * (w - c), b.clip.limits
        if b.clip.clipped == "norm":
            g = g * np.minimum(1.0, limit / (np.linalg.norm(g, axis=0) + 1e-6))
        else:
            g = np.clip(g, -limit, limit)
        w = w - lr * (g + lam * w)
    return w


@pytest.mark.parametrize("case", ["clip_norm", "clip_value"])
def test_lanes_have_limits_of_their_own(case: str) -> None:
    b = wide(case, 40)
    np.testing.assert_allclose(run(b, 60).final_w, clipped_run(b, 60), rtol=1e-12)
    free = run(dataclasses.replace(b, clip=None), 60).final_w
    assert np.mean(np.abs(free - run(b, 60).final_w).max(axis=0) > 1e-6) > 0.5


@pytest.mark.parametrize("case", CASES)
def test_a_run_that_is_taken_up_again_goes_on_as_if_it_had_not_ended(case: str) -> None:
    b = wide(case, 5)
    first = run(b, 77, states=True)
    np.testing.assert_array_equal(run(resumed(b, first), 150).final_w, run(b, 150).final_w)


def test_a_limit_that_is_never_reached_gives_the_bits_of_none() -> None:
    for case in ("clip_norm", "clip_value"):
        b = dataclasses.replace(wide(case, 20), clip=GradientLimit(CASES[case][1], np.full(20, 1e9)))
        np.testing.assert_array_equal(run(b, 100).final_w, run(dataclasses.replace(b, clip=None), 100).final_w)


def test_noise_is_clipped_with_the_gradient() -> None:
    """On a plateau a step of sgd with lr = 1 is the noise itself."""
    b = noisy(batch("sgd", "plateau", {}, np.zeros((3, 8)), lr=1.0), "gaussian", sigma=1.0)
    draws = np.diff(run(b, 50, every=1).w, axis=0)
    one = dataclasses.replace(b, clip=GradientLimit("value", np.full(8, 0.7)))
    np.testing.assert_allclose(np.diff(run(one, 50, every=1).w, axis=0), np.clip(draws, -0.7, 0.7), atol=1e-14)
    other = dataclasses.replace(b, clip=GradientLimit("norm", np.full(8, 0.7)))
    lengths = np.linalg.norm(np.diff(run(other, 50, every=1).w, axis=0), axis=1)
    free = np.linalg.norm(draws, axis=1)
    np.testing.assert_allclose(lengths, np.where(free > 0.7, 0.7, free), rtol=3e-6)


def test_norms_of_weights_of_any_size() -> None:
    """Squares overflow above 1.3e154 and are 0 below 1e-162: the norm is then infinite, or 0."""
    start = np.array([[1e160, 1e150, 1.0, 1e-150, 1e-170]] * 2)
    b = batch("lamb", "slope", {"gradient": 1.0}, start, lr=0.01, weight_decay=0.0)
    trace = run(b, 3, every=1)
    assert trace.status == ("diverged", *["finished"] * 4)
    # u = 1/(1 + 1e-6) in both coordinates, so that the step is lr |w|, and lr u where the norm is 0
    np.testing.assert_allclose(trace.w[1][0, 1:4], 0.99 * start[0, 1:4], rtol=1e-14)
    np.testing.assert_allclose(trace.w[1][0, 4], -0.01 / (1.0 + 1e-6), rtol=1e-14)


def test_weights_and_gradients_of_zero() -> None:
    """From ||w|| = 0 and with ||u|| = 0 the ratio is 1."""
    start = np.array([[0.0, 1.0], [0.0, 2.0]])
    for kind in ("lamb", "lars"):
        moved = run(batch(kind, "slope", {"gradient": -1.0}, start, lr=0.1, weight_decay=0.0), 1).final_w
        np.testing.assert_allclose(moved[:, 0], 0.1, rtol=2e-6)
        still = batch(kind, "plateau", {}, start, lr=0.1, weight_decay=0.0)
        np.testing.assert_array_equal(run(still, 5).final_w, start)


def test_decay_alone_is_what_the_documents_say() -> None:
    """Under lamb all weights shrink by 1 - lr, under lars without momentum by 1 - lr trust_coefficient, whatever weight_decay is."""
    start, lam = np.array([[3.0, -1.0], [0.5, 2.0]]), np.array([0.01, 0.7])
    for kind, given, rate in (("lamb", {}, 0.1), ("lars", {"momentum": 0.0, "trust_coefficient": 0.2}, 0.02)):
        b = batch(kind, "plateau", {}, start, lr=0.1, weight_decay=lam, **given)
        np.testing.assert_allclose(run(b, 50).final_w, start * (1.0 - rate) ** 50, rtol=1e-12)


def test_parameter_groups_share_the_norms() -> None:
    lr, lam = np.array([[0.01], [0.02], [0.03]]), np.array([[0.1], [0.0], [0.5]])
    for kind in ("lamb", "lars"):
        b = batch(kind, "quadratic", BOWL, [[1.5], [-1.0], [0.7]], lr=lr, weight_decay=lam)
        np.testing.assert_allclose(run(b, 40, every=1).w[1:], plain_run(b, 40), rtol=1e-13)
