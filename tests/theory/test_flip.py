"""A gradient that turns round: closed forms against the engine and loops; coupled decay within its errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import flip as theory
from adamw_cli.theory import flip_l2

gradients = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)
beta1s = st.just(0.0) | st.floats(0.1, 0.97)
lengths = st.integers(0, 150)
FLOOR = 1e-290  # below it the engine takes a weight for 0


def run(
    rule: str, w0: float, G: float, T: int, steps: int, lr: float, lam: float, beta1: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """The engine's w and m at every step from 0 on."""
    values = {"lr": lr, "weight_decay": lam, "betas": (beta1, 0.999), "eps": eps}
    place = {"kind": "gradient_flip", "gradient": G, "flip_at": T}
    trace = simulate_batch(rule, place, [w0], steps, hyperparameters=values, every=1, states=True)
    return trace.w[:, 0, 0], trace.states["m"][:, 0, 0]


def beyond(w: np.ndarray, G: float, T: int) -> np.ndarray:
    return math.copysign(1.0, G) * (w[T] - w[T:])


@settings(deadline=None, max_examples=80)
@given(gradients, lengths, beta1s)
def test_momentum_and_its_turn_are_the_engines(G: float, T: int, beta1: float) -> None:
    _, m = run("adamw", 0.0, G, T, T + 60, 1.0, 0.0, beta1, 0.0)
    for n in (0, 1, 2, 7, 60):
        assert theory.momentum(T, n, beta1) == pytest.approx(m[T + n] / G, rel=1e-11, abs=1e-12)
    time = theory.turn_time(T, beta1)
    assert theory.flip_steps(T, beta1) == math.floor(time) + 1
    assume(abs(time - round(time)) > 1e-9 or beta1 == 0.0 or T == 0)
    assert theory.flip_steps(T, beta1) == int(np.argmax(m[T + 1 :] / G < 0)) + 1


@settings(deadline=None, max_examples=60)
@given(
    st.floats(-3.0, 3.0), gradients | st.just(0.0), lengths, st.integers(1, 250), st.floats(1e-3, 0.3),
    st.floats(-0.5, 8.0) | st.just(0.0), beta1s, st.sampled_from([0.0, 1e-8, 0.1]),
)  # fmt: skip
def test_path_is_the_engines(
    w0: float, G: float, T: int, steps: int, lr: float, lam: float, beta1: float, eps: float
) -> None:
    w, _ = run("adamw", w0, G, T, steps, lr, lam, beta1, eps)
    found = theory.path(w0, G, T, steps, lr, lam, beta1, eps)
    assert len(found) == steps + 1
    assert found == pytest.approx(w, rel=1e-10, abs=1e-11 * float(abs(w).max()) + FLOOR)


@settings(deadline=None, max_examples=80)
@given(
    st.floats(-3.0, 3.0), gradients, lengths, st.floats(1e-3, 0.3), st.floats(0.0, 3.0), beta1s,
    st.sampled_from([0.0, 1e-8, 0.1]),
)  # fmt: skip
def test_overshoot_and_return_with_decay_are_the_engines(
    w0: float, G: float, T: int, lr: float, lam: float, beta1: float, eps: float
) -> None:
    w, _ = run("adamw", w0, G, T, T + 3000, lr, lam, beta1, eps)
    gone = beyond(w, G, T)
    size = 1e-11 * float(abs(w).max())
    numbers = (w0, G, T, lr, lam, beta1, eps)
    found = theory.overshoot_with_decay(*numbers)
    if abs(1.0 - (1.0 - lr * lam) ** 3000) > 1.0 - 1e-12 or gone.argmax() < 2900:
        assert found == pytest.approx(max(gone), rel=1e-9, abs=size)
    step = theory.return_step(*numbers, most=3000)
    if step is None:
        assert gone[1:].min() > -size
    else:
        assert gone[step] <= size
        assert gone[1:step].min(initial=math.inf) > -size


@settings(deadline=None, max_examples=60)
@given(gradients, st.integers(0, 300), beta1s)
def test_without_decay(G: float, T: int, beta1: float) -> None:
    gone = beyond(run("adamw", 0.0, G, T, T + 300, 1.0, 0.0, beta1, 0.0)[0], G, T)
    assert theory.overshoot(T, 1.0, beta1) == pytest.approx(max(gone), rel=1e-9, abs=1e-11 * (T + 1))
    assert theory.overshoot_with_decay(0.3, G, T, 0.1, 0.0, beta1, 0.0) == pytest.approx(
        theory.overshoot(T, 0.1, beta1), rel=1e-11, abs=1e-14
    )


@settings(deadline=None, max_examples=60)
@given(beta1s)
def test_a_long_history(beta1: float) -> None:
    T = math.ceil(45 / -math.log(beta1)) if beta1 else 5
    gone = beyond(run("adamw", 0.0, 1.0, T, T + 400, 1.0, 0.0, beta1, 0.0)[0], 1.0, T)
    assert theory.overshoot(math.inf, 1.0, beta1) == pytest.approx(max(gone), rel=1e-9, abs=1e-10)
    step = int(np.argmax(gone[1:] <= 1e-11)) + 1
    assume(abs(gone[step]) > 1e-6)
    assert step == theory.return_step(0.0, 1.0, 100 * T, 1.0, 0.0, beta1, 0.0)


@settings(deadline=None, max_examples=60)
@given(st.floats(0.5, 5.0) | st.floats(-5.0, -0.5), gradients, st.integers(20, 400), st.floats(0.8, 0.96))
def test_the_slope_of_decay(w_T: float, G: float, T: int, beta1: float) -> None:
    time = theory.turn_time(T, beta1)
    assume(abs(time - round(time)) > 0.02)
    lr, lam = 1e-5, 1e-4
    w0 = (w_T + math.copysign(1.0, G) * lr * T) / (1 - lr * lam) ** T  # with a term of second order left out
    found = theory.overshoot_with_decay(w0, G, T, lr, lam, beta1, 0.0) - theory.overshoot(T, lr, beta1)
    expected = theory.overshoot_decay_slope(w_T, G, T, lr, beta1) * lam
    assert found == pytest.approx(expected, rel=2e-3)
    assert (found > 0.0) == (w_T * G > 0.0)


@settings(deadline=None, max_examples=60)
@given(st.floats(-0.5, 0.9), st.floats(0.7, 0.96) | st.just(0.0))
def test_coupled_decay(mu: float, beta1: float) -> None:
    """A weight that hardly moves, beta2 = 0.999: the error stays below what v moves, and flips are the engine's."""
    w, m = run("adam_l2", 1.0, 1.0, 5000, 5400, 1e-9, mu, beta1, 0.0)
    time = (math.log(2.0) - math.log1p(-mu)) / -math.log(beta1) if beta1 else 0.0
    assume(beta1 == 0.0 or abs(time - round(time)) > 1e-3)
    steps = flip_l2.l2_flip_steps(mu, beta1)
    assert steps == int(np.argmax(m[5001:] < 0)) + 1
    found = flip_l2.l2_overshoot(mu, 1.0, beta1)
    error = 4e-3 * abs(mu) / (1 + mu) ** 2 * max(time, 1.0)
    assert found == pytest.approx(float(beyond(w, 1.0, 5000).max()) / 1e-9, rel=error + 1e-6, abs=1e-6)


def test_coupled_decay_is_the_same_for_the_other_sign() -> None:
    up = run("adam_l2", -2.0, -3.0, 1500, 1700, 1e-6, 0.5, 0.9, 0.0)[0]
    found = float(beyond(up, -3.0, 1500).max()) / 1e-6
    assert found == pytest.approx(flip_l2.l2_overshoot(0.5 * -2.0 / -3.0, 1.0, 0.9), rel=3e-3)


@settings(deadline=None)
@given(st.floats(0.55, 0.99))
def test_without_coupled_decay_it_is_the_plain_flip(beta1: float) -> None:
    assert flip_l2.l2_overshoot(0.0, 0.1, beta1) == pytest.approx(theory.overshoot(math.inf, 0.1, beta1), rel=1e-12)
    assert flip_l2.l2_flip_steps(0.0, beta1) == theory.flip_steps(math.inf, beta1)
    # G_c from the slopes at mu = 0: mu = lam w/G for coupled, lam w N for decoupled decay.
    N = theory.flip_steps(math.inf, beta1) - 1
    assume(abs(theory.turn_time(math.inf, beta1) % 1 - 0.5) < 0.49)
    coupled = (flip_l2.l2_overshoot(1e-6, 1.0, beta1) - flip_l2.l2_overshoot(-1e-6, 1.0, beta1)) / 2e-6
    assert coupled / N == pytest.approx(theory.crossover_gradient(beta1), rel=1e-4)


def test_coupled_decay_that_never_turns() -> None:
    assert flip_l2.l2_flip_steps(1.0, 0.9) is flip_l2.l2_flip_steps(3.0, 0.0) is None
    assert flip_l2.l2_overshoot(1.0, 1.0, 0.9) == flip_l2.l2_overshoot(1.5, 1.0, 0.0) == math.inf
    assert flip_l2.l2_overshoot(-1.0, 1.0, 0.9) == flip_l2.l2_overshoot(-2.0, 1.0, 0.99) == 0.0
    assert flip_l2.l2_flip_steps(-3.0, 0.9) == flip_l2.l2_flip_steps(-1.0, 0.9) == 1


def test_without_momentum() -> None:
    assert theory.momentum(5, 0, 0.0) == 1.0
    assert theory.momentum(5, 3, 0.0) == theory.momentum(0, 1, 0.0) == -1.0
    assert theory.momentum(0, 0, 0.0) == theory.momentum(0, 0, 0.9) == 0.0
    assert theory.flip_steps(5, 0.0) == theory.flip_steps(0, 0.9) == 1
    assert theory.overshoot(5, 1.0, 0.0) == theory.overshoot(math.inf, 1.0, 0.0) == 0.0
    assert theory.overshoot_with_decay(0.0, 1.0, 5, 0.1, 0.1, 0.0, 0.0) == 0.0
    assert theory.return_step(0.0, 1.0, 5, 0.1, 0.1, 0.0, 0.0) == 1
    assert theory.overshoot_decay_slope(2.0, 1.0, 5, 1.0, 0.0) == 0.0
    assert flip_l2.l2_flip_steps(0.3, 0.0) == 1
    assert flip_l2.l2_overshoot(0.3, 1.0, 0.0) == 0.0
    assert math.isnan(theory.crossover_gradient(0.0))
    assert math.isnan(theory.crossover_gradient(0.49))
    assert theory.crossover_gradient(0.5) == 1.0


def test_a_tie_is_not_a_turn_yet() -> None:
    assert theory.momentum(math.inf, 1, 0.5) == 0.0
    assert theory.flip_steps(math.inf, 0.5) == theory.flip_steps(200, 0.5) == 2
    assert theory.return_step(0.0, 1.0, 200, 1.0, 0.0, 0.5, 0.0) == 1
    assert theory.overshoot(200, 1.0, 0.5) == 0.0


def test_a_weight_that_decay_pulls_more_than_the_gradient() -> None:
    # lam w_T > 1: it runs on to the new equilibrium 1/lam = 2.
    at_flip = theory.path(10.0, 1.0, 20, 20, 0.1, 0.5, 0.9, 0.0)[-1]
    assert at_flip > 2.0
    for w0, eps in ((10.0, 0.0), (50.0, 0.0), (10.0, 0.25)):
        walk = beyond(np.array(theory.path(w0, 1.0, 20, 3000, 0.1, 0.5, 0.9, eps)), 1.0, 20)
        found = theory.overshoot_with_decay(w0, 1.0, 20, 0.1, 0.5, 0.9, eps)
        assert found == pytest.approx(walk.max(), rel=1e-11)
    assert theory.return_step(50.0, 1.0, 20, 0.1, 0.5, 0.9, 0.0, most=500) is None
    # Decay that makes weights grow carries one that is far enough out away, to the side where it went.
    assert theory.overshoot_with_decay(-50.0, 1.0, 20, 0.1, -0.5, 0.9, 0.0) == math.inf
    assert theory.overshoot_with_decay(0.0, 0.0, 20, 0.1, 0.0, 0.9, 0.0) == 0.0


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.momentum(-1, 1, 0.9),
        lambda: theory.momentum(math.nan, 1, 0.9),
        lambda: theory.turn_time(5, 1.0),
        lambda: theory.flip_steps(5, -0.1),
        lambda: theory.overshoot(10**9, 1.0, 1 - 1e-9),
        lambda: theory.overshoot_with_decay(1.0, 1.0, 5, 1.0, 1.5, 0.9, 0.0),
        lambda: theory.overshoot_with_decay(1.0, math.nan, 5, 0.1, 0.1, 0.9, 0.0),
        lambda: theory.overshoot_with_decay(1.0, 1.0, 5, 0.1, 0.1, 1 - 1e-9, 0.0),
        lambda: theory.overshoot_decay_slope(math.nan, 1.0, 5, 0.1, 0.9),
        lambda: flip_l2.l2_flip_steps(math.nan, 0.9),
        lambda: flip_l2.l2_overshoot(0.5, 1.0, 1.0),
    ):
        with pytest.raises(UsageError):
            call()


@pytest.mark.parametrize(("beta1", "part"), [(0.8, 0.0025), (0.9, 0.005), (0.95, 0.01)])
@pytest.mark.parametrize("mu", [-0.1, -0.01, 0.01, 0.1])
def test_the_stated_errors_of_coupled_decay(beta1: float, part: float, mu: float) -> None:
    for w0, lr, T, error in ((1.0, 1e-6, 2000, part), (5.0, 1e-3, 1000, 0.1)):
        lam = mu / (w0 - lr * T)
        w, m = run("adam_l2", w0, 1.0, T, T + 200, lr, lam, beta1, 0.0)
        at_flip = lam * float(w[T])
        found = flip_l2.l2_overshoot(at_flip, lr, beta1)
        off = abs(float(beyond(w, 1.0, T).max()) - found) / found
        assert off == pytest.approx(error * abs(mu), rel=0.3)
        assert flip_l2.l2_flip_steps(at_flip, beta1) == int(np.argmax(m[T + 1 :] < 0)) + 1
