"""Metrics that count from the step at which the gradient changes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamw_cli import simulate
from adamw_cli.scenario.load import load_text
from adamw_cli.trace import Array
from tests.metrics.paths import batches, chunks, ending_of, many, measured, one, paths, told

NAN = math.nan
NAMES = ("flip_steps", "peak_step", "return_time", "residual_drift")


def flip_steps(path: list[float], turn: int, push: float) -> float:
    for t in range(turn + 1, len(path)):
        if push * (path[t] - path[t - 1]) < 0:
            return t - turn
    return NAN


def peak_step(path: list[float], turn: int, push: float) -> float:
    after = [w for w in path[turn:] if not math.isnan(w)]
    if push == 0 or len(after) < 2:
        return NAN
    along = [push * w for w in after]
    return along.index(max(along))


def return_time(path: list[float], turn: int, push: float) -> float:
    been = False
    for n, w in enumerate(path[turn:]):
        if been and push * w <= push * path[turn]:
            return n
        been = been or push * w > push * path[turn]
    return NAN


def residual_drift(path: list[float], turn: int, push: float) -> float:
    if push == 0 or turn >= len(path) - 1:
        return NAN
    drift = push * (path[-1] - path[turn])
    return drift if math.isfinite(drift) else NAN


DEFINITIONS = {
    "flip_steps": flip_steps,
    "peak_step": peak_step,
    "return_time": return_time,
    "residual_drift": residual_drift,
}


def forget_time(path: list[float], turn: int, limits: list[float]) -> float:
    slow = False
    for t in range(turn + 1, len(path)):
        moved = abs(path[t] - path[t - 1])
        if slow and moved > limits[t]:
            return t - turn
        slow = slow or moved < limits[t]
    return NAN


BY_HAND: list[tuple[list[float], int, float, tuple[float, float, float, float]]] = [
    # path, turn, push, (flip_steps, peak_step, return_time, residual_drift)
    ([0.0, 1.0, 2.0, 2.5, 2.75, 2.5, 2.0, 1.0], 2, 1, (3, 2, 4, -1.0)),
    ([0.0, -1.0, -2.0, -2.5, -2.75, -2.5, -2.0, -1.0], 2, -1, (3, 2, 4, -1.0)),
    ([0.0, 1.0, 2.0, 2.5, 2.5, 2.25], 2, 1, (3, 1, NAN, 0.25)),  # the first of a tie; a step of 0 has not turned
    ([0.0, 1.0, 2.0, 2.5, 3.0], 2, 1, (NAN, 2, NAN, 1.0)),  # goes on to the end
    ([0.0, 1.0, 2.0, 1.5, 1.0], 2, 1, (1, 0, NAN, -1.0)),  # turns at once: never beyond, so never back
    ([0.0, 1.0, 2.0, 1.5, 2.5, 2.0], 2, 1, (1, 2, 3, 0.0)),  # behind first, then beyond, then back
    ([0.0, 1.0, 2.0, 2.0, 2.0], 2, 1, (NAN, 0, NAN, 0.0)),
    ([0.0, 9.0, 2.0, 2.5, 1.0], 2, 1, (2, 1, 2, -1.0)),  # what came before does not count
    ([0.0, 1.0, 2.0, 3.0, 2.0, 3.5, 1.0], 2, 1, (2, 3, 2, -1.0)),  # back for the first time, furthest after that
    ([3.0, 3.5, 2.0], 0, 1, (2, 1, 2, -1.0)),  # from the start on
    ([3.0, 3.5, 2.0], 0, -1, (1, 2, NAN, 1.0)),
    ([-0.0, 0.5, 0.0], 0, 1, (2, 1, 2, 0.0)),
    ([0.0, 1.0, 2.0], 2, 1, (NAN, NAN, NAN, NAN)),  # ends at the turn
    ([0.0, 1.0], 2, 1, (NAN, NAN, NAN, NAN)),  # and before it
    ([0.0, 1.0, 2.0, 9.0, -9.0], 2, 0, (NAN, NAN, NAN, NAN)),  # nothing pushed
    ([0.0, 1.0, 2.0, 3.0, 1.0, NAN], 2, 1, (2, 1, 2, NAN)),  # what was seen before it diverged
    ([0.0, 1.0, 2.0, NAN, NAN], 2, 1, (NAN, NAN, NAN, NAN)),
    ([0.0, NAN, NAN, NAN, NAN], 2, 1, (NAN, NAN, NAN, NAN)),
]


@pytest.mark.parametrize("chunk", [None, 1, 2, 3])
@pytest.mark.parametrize(("path", "turn", "push", "expected"), BY_HAND)
def test_by_hand(path: list[float], turn: int, push: float, expected: tuple[float, ...], chunk: int | None) -> None:
    facts = {"turn_step": turn, "turn_direction": push}
    found = [one(name, path, chunk=chunk, facts=facts) for name in NAMES]
    np.testing.assert_array_equal(found, expected)
    assert all(math.copysign(1, value) == 1.0 for value in found if value == 0.0)


def test_without_a_turn_there_is_nothing_to_count_from() -> None:
    for name in (*NAMES, "v_forget_time", "critical_lambda"):
        assert math.isnan(one(name, [0.0, 1.0, 2.0, 1.0], facts={"lr": 1.0}))
    for name in NAMES:
        assert math.isnan(one(name, [0.0, 1.0, 2.0, 1.0], facts={"turn_step": 1}))


@many
@given(paths(), chunks, st.integers(0, 45), st.sampled_from([-1.0, 0.0, 1.0]))
def test_against_the_definitions(path: list[float], chunk: int | None, turn: int, push: float) -> None:
    facts = {"turn_step": turn, "turn_direction": push}
    for name, definition in DEFINITIONS.items():
        np.testing.assert_array_equal(one(name, path, chunk=chunk, facts=facts), definition(path, turn, push), name)


@many
@given(batches(), chunks, st.integers(0, 20), st.integers(0, 99))
def test_coordinates_and_lanes_apart(w: Array, chunk: int | None, turn: int, seed: int) -> None:
    push = np.random.default_rng(seed).choice([-1.0, 0.0, 1.0], size=w[0].shape)
    facts = told(start=w[0], turn_step=turn, turn_direction=push)
    # Here a lane diverges in all its coordinates at once, so that one coordinate's path says all.
    for name, definition in DEFINITIONS.items():
        found = measured(name, facts, w[1:], ending_of(w[0], w[1:]), chunk=chunk)
        for i, lane in np.ndindex(w[0].shape):
            expected = definition(w[:, i, lane].tolist(), turn, float(push[i, lane]))
            np.testing.assert_array_equal(found[i, lane], expected, name)


def test_what_decay_does_is_no_part_of_the_gradient_step() -> None:
    # Decay halves the weight, the gradient step is 1, 1, 0, -1: the weight falls long before the momentum turns.
    path, steps = [8.0], (1.0, 1.0, 0.0, -1.0)
    for step in steps:
        path.append(path[-1] / 2 + step)
    facts = told(
        start=np.array([[8.0]]),
        weight_decay=np.array([[0.5]]),
        turn_step=1,
        turn_direction=np.array([[1.0]]),
        lr=np.array([[1.0]]),
        decoupled=True,
    )
    w = np.array(path[1:])[:, None, None]
    for chunk in (None, 1, 2):
        assert measured("flip_steps", facts, w, chunk=chunk).item() == 3
    coupled = told(start=facts.start, turn_step=1, turn_direction=facts.turn_direction, lr=facts.lr)
    assert measured("flip_steps", coupled, w).item() == 1


FORGET: list[tuple[list[float], dict[str, Any], dict[str, Any], float]] = [
    # path, facts, parameters, steps; lr is 1
    ([0.0, 9.0, 9.5, 9.6, 9.7, 11.0, 12.0], {"turn_step": 1}, {}, 4),
    ([0.0, 9.0, 10.0, 11.0, 11.5, 12.5, 13.0], {"turn_step": 1}, {}, 4),  # fast at first: left from before
    ([0.0, 0.1, 9.0, 10.0, 11.0], {"turn_step": 2}, {}, NAN),  # never slow after the change
    ([0.0, 9.0, 9.5, 9.6, 9.7], {"turn_step": 1}, {}, NAN),  # never fast again
    ([0.0, 0.5, 1.0, 2.0], {"turn_step": 0}, {"speed": 0.75}, 3),
    ([0.0, 0.5, 1.0, 2.0], {"turn_step": 0}, {"speed": 0.5}, NAN),  # exactly at the limit is neither slow nor fast
    ([0.0, 0.25, 0.5, 1.0, 2.0], {"turn_step": 0}, {"speed": 0.5}, 4),
    ([0.0, -0.5, -2.0], {"turn_step": 0}, {}, 2),  # whichever way
    ([0.0, 0.5, 1.0, 2.0], {"turn_step": 3}, {}, NAN),
    ([0.0, 0.5, 1.0, 2.0], {"turn_step": 9}, {}, NAN),
    ([0.0, 0.5, 2.0, NAN], {"turn_step": 0}, {}, 2),
    ([0.0, 0.5, NAN, NAN], {"turn_step": 0}, {}, NAN),
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "facts", "parameters", "expected"), FORGET)
def test_forgetting_by_hand(
    path: list[float], facts: dict[str, Any], parameters: dict[str, Any], expected: float, chunk: int | None
) -> None:
    found = one("v_forget_time", path, chunk=chunk, facts={"lr": 1.0, "turn_direction": 1.0, **facts}, **parameters)
    np.testing.assert_array_equal(found, expected)


@many
@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, -1.0, 3.0]), min_size=2, max_size=40),
    chunks,
    st.integers(0, 20),
    st.sampled_from([0.5, 1.0, 0.3]),
    st.sampled_from([1.0, 0.5]),
    st.integers(0, 99),
)
def test_forgetting_against_the_definition(
    path: list[float], chunk: int | None, turn: int, speed: float, lr: float, seed: int
) -> None:
    factors = np.random.default_rng(seed).choice([0.0, 0.5, 1.0], size=len(path))
    w = np.array(path)[:, None, None]
    facts = told(
        start=w[0],
        turn_step=turn,
        turn_direction=np.ones((1, 1)),
        lr=np.full((1, 1), lr),
        factors=lambda first, count: factors[first + 1 : first + count + 1, None],
    )
    found = measured("v_forget_time", facts, w[1:], chunk=chunk, speed=speed)
    expected = forget_time(path, turn, [float(speed * (lr * factor)) for factor in factors])
    np.testing.assert_array_equal(found.item(), expected)


def values(scenario: str, run: str, *metrics: str, **parameters: Any) -> list[Any]:
    """First coordinate of what `adamw simulate` measures."""
    found = simulate(load_text(scenario)).run(run)
    return [found.row(metric, **parameters).measured[0] for metric in metrics]


def text(kind: str, turn: str, start: float, steps: int, *runs: str) -> str:
    lines = [
        "version: 1",
        f"landscape: {{kind: {kind}, {turn}}}",
        f"start: [{start}]",
        f"steps: {steps}",
        "optimizers:",
    ]
    return "\n".join([*lines, *(f"  {run}" for run in runs), ""])


def flip(gradient: float, flip_at: int, start: float, steps: int, *runs: str) -> str:
    return text("gradient_flip", f"gradient: {gradient}, flip_at: {flip_at}", start, steps, *runs)


def pulse(gradient: float, pulse_steps: int, start: float, steps: int, *runs: str) -> str:
    return text("gradient_pulse", f"gradient: {gradient}, pulse_steps: {pulse_steps}", start, steps, *runs)


@pytest.mark.parametrize(
    ("flip_at", "beta1", "steps"), [(1000, 0.9, 7), (1, 0.9, 1), (2, 0.9, 2), (1000, 0.95, 14), (1000, 0.8, 4)]
)
@pytest.mark.parametrize("lam", [0.0, 0.3])
def test_the_momentum_turns_as_in_the_catalogue(flip_at: int, beta1: float, steps: int, lam: float) -> None:
    # 4.1: the first n above ln(2 - beta1^T)/(-ln beta1); decoupled decay changes nothing in it.
    run = f"adamw: {{lr: 1e-3, weight_decay: {lam}, betas: [{beta1}, 0.999]}}"
    for gradient, start in ((1.0, 3.0), (-0.4, 0.0)):
        assert values(flip(gradient, flip_at, start, flip_at + 50, run), "adamw", "flip_steps") == [steps]


def test_overshoot_ends_and_returns_as_in_the_catalogue() -> None:
    # 4.2: N = 6 steps outward, back where it was after 14 (13.79).
    run = "adamw: {lr: 1e-3, weight_decay: 0}"
    assert values(flip(1.0, 2000, 0.5, 2100, run), "adamw", "peak_step", "return_time") == [6, 14]


def test_coupled_decay_that_outweighs_the_gradient_keeps_momentum_from_turning() -> None:
    # 4.4: G = 0.1, lam = 0.1, w0 = 3; AdamW turns after 7 steps.
    both = [f"{rule}: {{lr: 1e-3, weight_decay: 0.1}}" for rule in ("adam_l2", "adamw")]
    scenario = flip(0.1, 100, 3.0, 2100, *both)
    assert values(scenario, "adam_l2", "flip_steps") == [None]
    assert values(scenario, "adamw", "flip_steps") == [7]


@pytest.mark.parametrize(("k", "drift"), [(1, 5.006), (5, 8.462), (30, 10.112), (20000, 9.045)])
def test_what_is_left_of_the_momentum_carries_a_weight_as_far_as_in_the_catalogue(k: int, drift: float) -> None:
    for gradient in (1.0, -0.5):  # 3.3: in units of lr
        scenario = pulse(gradient, k, 0.5, k + 400, "adamw: {lr: 1e-3, weight_decay: 0, eps: 0}")
        assert values(scenario, "adamw", "residual_drift")[0] == pytest.approx(drift * 1e-3, abs=5.1e-7)


def test_the_weight_is_furthest_where_the_catalogue_says() -> None:
    # 3.2: lam = 0.4, w = 1.5 when the gradient of -1 goes after a long time; w runs to 1/lam = 2.5 before.
    k, q = 20_000, 1 - 1e-3 * 0.4
    start = 2.5 - 1.0 / q**k
    scenario = pulse(-1.0, k, start, k + 400, "adamw: {lr: 1e-3, weight_decay: 0.4, eps: 0}")
    peak, excursion, back = values(scenario, "adamw", "peak_step", "overshoot", "return_time")
    assert peak == 4
    assert excursion == pytest.approx(6.98189e-4, abs=5.5e-10)
    assert 4 < back < 20


def test_coupled_decay_waits_about_as_long_as_in_the_catalogue() -> None:
    # 2.7: G = 1, lam w = 0.01, beta2 = 0.999: 9206 by a formula that counts G alone, 9221 by a run. The lr is so small
    # here that w stays, and v remembers G + lam w: sqrt(v) is lam w sqrt(2) after 2 ln(1.01/0.01)/(-ln beta2) steps.
    run = "adam_l2: {lr: 1e-7, weight_decay: 1e-3}"
    asked = "expect: [{metric: v_forget_time, speed: 0.5, above: 0}]\n"
    scenario = pulse(1.0, 20_000, 10.0, 30_000, run) + asked
    (steps,) = values(scenario, "adam_l2", "v_forget_time")
    assert steps == pytest.approx(2 * math.log(1.01 / 0.01) / -math.log(0.999), abs=1.0)
    assert steps == pytest.approx(9221, rel=1e-3)
    # speed 1/2: v is (2 lam w)^2, of which 3 (lam w)^2 are left of the gradient
    (earlier,) = values(scenario, "adam_l2", "v_forget_time", speed=0.5)
    assert earlier == pytest.approx(steps + math.log(3) / math.log(0.999), abs=1.0)


def test_coupled_decay_waits_as_long_as_a_plain_loop_says() -> None:
    lr, lam, G, k, steps = 1e-3, 0.01, 1.0, 30, 9000
    w, m, v, slow, expected = 2.0, 0.0, 0.0, False, 0
    for t in range(1, steps + 1):
        g = (G if t <= k else 0.0) + lam * w
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        step = lr * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.99**t)) + 1e-8)
        w -= step
        if t > k and not expected:
            expected = t - k if slow and abs(step) > lr * math.sqrt(0.5) else 0
            slow = slow or abs(step) < lr * math.sqrt(0.5)
    assert 100 < expected < 2000
    scenario = pulse(G, k, 2.0, steps, f"adam_l2: {{lr: {lr}, weight_decay: {lam}, betas: [0.9, 0.99]}}")
    assert values(scenario, "adam_l2", "v_forget_time") == [expected]
