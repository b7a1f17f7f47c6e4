"""Metrics of how large the gradient's part of a step is: in units of lr, beside decay, and where decay balances it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamw_cli import simulate, simulate_batch
from adamw_cli.scenario.load import load_text
from adamw_cli.trace import Array
from tests.metrics.paths import batches, chunks, many, measured, told

NAN = math.nan


def clock(factors: list[float]) -> Callable[[int, int], Array]:
    """Factors of steps 1, 2, ..., for one lane."""
    return lambda first, count: np.array(factors[first : first + count])[:, None]


def alone(
    name: str, path: list[float], chunk: int | None = None, factors: list[float] | None = None,
    decoupled: bool = False, turn: int | None = None, lr: float = 1.0, lam: float | None = None, **parameters: Any,
) -> float:  # fmt: skip
    """The metric of a single weight; path[0] is the start."""
    facts = told(
        start=np.array([[path[0]]]),
        weight_decay=None if lam is None else np.array([[lam]]),
        turn_step=turn,
        lr=np.array([[lr]]),
        factors=None if factors is None else clock(factors),
        decoupled=decoupled,
    )
    return float(measured(name, facts, np.array(path[1:])[:, None, None], chunk=chunk, **parameters).item())


# path, facts, the largest ratio
RATIO: list[tuple[list[float], dict[str, Any], float]] = [
    ([0.0, 1.0, -2.0, -1.0], {"lr": 0.5}, 6.0),
    ([0.0, 7.0, 6.0], {"lr": 0.5}, 14.0),  # the first step
    ([1.0, 1.0, 1.0], {"lr": 0.5}, 0.0),
    ([0.0, 1.0, 3.0], {"lr": 1.0, "factors": [0.125, 1.0]}, 8.0),  # not the largest step, but at a small lr
    ([0.0, 1.0, 3.0], {"lr": 1.0, "factors": [0.0, 0.5]}, 4.0),  # a step at lr 0 does not count
    ([0.0, 0.0, 0.0], {"lr": 1.0, "factors": [0.0, 0.0]}, NAN),
    ([8.0, 5.0, 4.0], {"lr": 1.0, "lam": 0.5, "decoupled": True}, 1.5),  # 8 -> 4 + 1, 5 -> 2.5 + 1.5
    ([8.0, 5.0, 4.0], {"lr": 1.0, "lam": 0.5}, 3.0),  # coupled decay is a part of the gradient
    ([8.0, 5.0, 4.0], {"lr": 1.0, "decoupled": True}, 3.0),
    ([8.0, 5.0, 4.0], {"lr": 2.0, "lam": 0.5, "decoupled": True, "factors": [0.5, 0.25]}, 1.0),  # 1/1, 0.25/0.5
    ([0.0, 2.0, 1.0, NAN], {"lr": 1.0}, 2.0),
    ([0.0, NAN, NAN], {"lr": 1.0}, NAN),
    ([-1e308, 1e308], {"lr": 1.0}, NAN),  # no double holds it
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "facts", "expected"), RATIO)
def test_largest_update_by_hand(path: list[float], facts: dict[str, Any], expected: float, chunk: int | None) -> None:
    found = alone("max_update_ratio", path, chunk, **facts)
    assert found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


# path, facts, decay over gradient at the last step; lr = 1, weight decay 1/2, decoupled unless said otherwise
WEIGHT: list[tuple[list[float], dict[str, Any], float]] = [
    ([9.0, 8.0, 5.0], {}, 4.0),  # 8 -> 4 + 1
    ([9.0, -8.0, -2.0], {}, 2.0),  # -8 -> -4 + 2
    ([9.0, 8.0, 6.0], {}, 2.0),
    ([8.0, 5.0], {}, 4.0),  # a run of one step
    ([9.0, 0.0, 1.0], {}, 0.0),
    ([9.0, 8.0, 4.0], {}, NAN),  # no gradient step
    ([9.0, 8.0, 5.0], {"lam": None}, NAN),
    ([9.0, 8.0, 5.0], {"lam": 0.0}, NAN),
    ([9.0, 8.0, 5.0], {"decoupled": False}, NAN),
    ([9.0, 8.0, 7.0], {"factors": [1.0, 0.5]}, 2.0),  # 8 -> 6 + 1
    ([9.0, 8.0, 8.0], {"factors": [1.0, 0.0]}, NAN),  # ends at lr 0
    ([9.0, 8.0, 11.0], {"lam": -0.5}, -4.0),  # 8 -> 12 - 1: what pushes outward counts below 0
    ([9.0, 8.0, NAN], {}, NAN),
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "facts", "expected"), WEIGHT)
def test_decay_beside_the_gradient_by_hand(
    path: list[float], facts: dict[str, Any], expected: float, chunk: int | None
) -> None:
    found = alone("decay_to_gradient_ratio", path, chunk, **{"lr": 1.0, "lam": 0.5, "decoupled": True, **facts})
    assert found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)
    assert math.copysign(1, found) == 1.0 or found != 0


# path, facts and parameters, the balance; lr = 1, weight decay 1/2, decoupled, and the gradient goes after step 1
BALANCE: list[tuple[list[float], dict[str, Any], float]] = [
    ([9.0, 8.0, 6.0, 4.0], {}, 0.25),  # 8 -> 4 + 2: decay of 1/4 would have taken those 2
    ([9.0, 8.0, 6.0, 4.0], {"after": 2}, 1 / 6),  # 6 -> 3 + 1
    ([9.0, 8.0, 6.0, 4.0], {"after": 3}, NAN),  # there is no such step
    ([9.0, -8.0, -6.0], {}, 0.25),
    ([9.0, -8.0, -2.0], {}, NAN),  # pushes inward
    ([9.0, 8.0, 3.0], {}, NAN),
    ([9.0, 8.0, 4.0], {}, NAN),  # pushes nowhere
    ([9.0, 0.0, 1.0], {}, NAN),  # a weight of 0 has no decay to balance anything
    ([8.0, 6.0], {"turn": 0}, 0.25),
    ([9.0, 8.0, 6.0], {"lr": 0.5}, NAN),  # 8 -> 6 + 0
    ([9.0, 8.0, 7.0], {"lr": 0.5}, 0.25),  # 8 -> 6 + 1
    ([9.0, 8.0, 7.0], {"factors": [1.0, 0.5]}, 0.25),
    ([9.0, 8.0, 8.0], {"factors": [1.0, 0.0]}, NAN),
    ([9.0, 8.0, 10.0], {"lam": 0.0}, 0.25),
    ([9.0, 8.0, 10.0], {"lam": None, "decoupled": False}, 0.25),  # a rule without decay
    ([9.0, 8.0, 10.0], {"decoupled": False}, NAN),  # coupled: the gradient step has the decay in it
    ([9.0, 8.0, 6.0], {"turn": None}, NAN),
    ([9.0, 8.0, 6.0, NAN], {}, 0.25),
    ([9.0, 8.0, NAN], {}, NAN),
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "facts", "expected"), BALANCE)
def test_balance_by_hand(path: list[float], facts: dict[str, Any], expected: float, chunk: int | None) -> None:
    found = alone("critical_lambda", path, chunk, **{"lr": 1.0, "lam": 0.5, "decoupled": True, "turn": 1, **facts})
    assert found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


@many
@given(batches(), chunks, st.booleans(), st.booleans(), st.integers(0, 99), st.integers(0, 5), st.integers(1, 3))
def test_against_the_definitions(
    w: Array, chunk: int | None, decoupled: bool, scheduled: bool, seed: int, turn: int, after: int
) -> None:
    rng = np.random.default_rng(seed)
    n, d, lanes = len(w) - 1, *w[0].shape
    lr, lam = rng.choice([0.5, 0.3, 1.0], size=(d, lanes)), rng.choice([0.0, 0.1, 1.0], size=(d, lanes))
    factors = rng.choice([0.0, 0.5, 0.7, 1.0], size=(n + 1, lanes)) if scheduled else np.ones((n + 1, lanes))
    facts = told(
        start=w[0],
        weight_decay=lam,
        turn_step=turn,
        lr=lr,
        factors=(lambda first, count: factors[first + 1 : first + count + 1]) if scheduled else None,
        decoupled=decoupled,
    )
    with np.errstate(all="ignore"):
        rates = lr * factors[1:, None, :]
        steps = w[1:] - ((w[:-1] - rates * lam * w[:-1]) if decoupled else w[:-1])
        ratios = np.where(rates > 0, np.abs(steps) / rates, np.nan)
        largest = np.array([max((r for r in one if not math.isnan(r)), default=NAN) for one in ratios.reshape(n, -1).T])
        last = np.where(lam > 0, rates[-1] * lam * np.abs(w[-2]) / np.abs(steps[-1]), np.nan)
        t = turn + after
        balance = steps[t - 1] / (rates[t - 1] * w[t - 1]) if t <= n and decoupled else np.full((d, lanes), np.nan)
    expected = {
        "max_update_ratio": largest.reshape(d, lanes),
        "decay_to_gradient_ratio": last if decoupled else np.full((d, lanes), np.nan),
        "critical_lambda": np.where(balance > 0, balance, np.nan),
    }
    for name, values in expected.items():
        parameters = {"after": after} if name == "critical_lambda" else {}
        found = measured(name, facts, w[1:], chunk=chunk, **parameters)
        np.testing.assert_allclose(found, np.where(np.isfinite(values), values, np.nan), rtol=1e-15, err_msg=name)


def value(landscape: str, start: float, steps: int, run: str, metric: str, more: str = "", **parameters: Any) -> Any:
    """First coordinate of what `adamw simulate` measures of an AdamW run."""
    lines = ["version: 1", f"landscape: {landscape}", f"start: [{start}]", f"steps: {steps}", "optimizers:"]
    result = simulate(load_text("\n".join([*lines, f"  adamw: {run}", more])))
    return result.run("adamw").row(metric, **parameters).measured[0]


PULSE = "{kind: gradient_pulse, gradient: -0.7, pulse_steps: 37}"


@pytest.mark.parametrize("lam", [0.0, 0.5])
def test_momentum_that_outlives_v_makes_updates_as_large_as_in_the_catalogue(lam: float) -> None:
    # 3.4: beta1 = 0.9, beta2 = 0.8 after a long gradient of 1: at most 2.2492, at the 140th step without it.
    landscape, run = "{kind: gradient_pulse, gradient: 1.0, pulse_steps: 400}", f"{{lr: 1e-3, weight_decay: {lam}, betas: [0.9, 0.8]}}"  # fmt: skip
    found = value(landscape, 0.5, 1000, run, "max_update_ratio")
    assert found == pytest.approx(2.2492, abs=5e-5)


def test_a_constant_gradient_is_never_more_than_its_sign() -> None:
    # Warm-up makes the first steps small; what they are measured by is as small.
    more = "schedule: {kind: cosine, warmup_steps: 50}"
    slope, run = "{kind: slope, gradient: -3.0}", "{lr: 1e-2, weight_decay: 0.1, eps: 0}"
    for schedule in ("", more):
        assert value(slope, 0.5, 400, run, "max_update_ratio", schedule) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(("eps", "expected"), [(0.0, 0.2), (0.01, 0.4), (1.0, 20.2)])
def test_decay_weighs_against_the_gradient_as_in_the_catalogue(eps: float, expected: float) -> None:
    # 7.1: G = 0.01, lam = 0.1, w = 2.
    run = f"{{lr: 1e-3, weight_decay: 0.1, eps: {eps}}}"
    found = value("{kind: slope, gradient: 0.01}", 2.0, 1, run, "decay_to_gradient_ratio")
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("after", "balance"), [(1, 0.45521), (5, 0.31231), (20, 0.07448)])
@pytest.mark.parametrize("lam", [0.0, 0.3])
def test_decay_would_balance_the_momentum_where_the_catalogue_says(after: int, balance: float, lam: float) -> None:
    # 3.1: G = -0.7, k = 37, w = 2; the balance goes with 1/w, whatever lr and weight decay are.
    hyperparameters = {"lr": 1e-4, "weight_decay": lam}
    trace = simulate_batch(
        "adamw", {"kind": "gradient_pulse", "gradient": -0.7, "pulse_steps": 37}, [2.0], 60,
        hyperparameters=hyperparameters, every=1,
    )  # fmt: skip
    before = float(trace.w[37 + after - 1, 0, 0])
    asked = f"expect: [{{metric: critical_lambda, after: {after}, above: 0}}]"
    run = f"{{lr: 1e-4, weight_decay: {lam}}}"
    found = value(PULSE, 2.0, 60, run, "critical_lambda", asked, after=after)
    assert found * before == pytest.approx(2 * balance, abs=1e-5)


@pytest.mark.parametrize(("after", "lam"), [(1, 2.9996521), (5, 1.9819112)])
def test_a_run_with_its_own_critical_lambda_stands_still_at_that_step(after: int, lam: float) -> None:
    # 3.1, the self-consistent balance: w0 = 0.3, lr = 1e-3.
    asked = f"expect: [{{metric: critical_lambda, after: {after}, above: 0}}]"
    run = f"{{lr: 1e-3, weight_decay: {lam}}}"
    assert value(PULSE, 0.3, 60, run, "critical_lambda", asked, after=after) == pytest.approx(lam, abs=1e-7)
    asked = f"expect: [{{metric: step_size, step: {37 + after}, above: 0}}]"
    assert value(PULSE, 0.3, 60, run, "step_size", asked, step=37 + after) < 1e-10


def test_momentum_that_pushes_inward_has_no_balance() -> None:
    assert value(PULSE, -2.0, 60, "{lr: 1e-3}", "critical_lambda") is None
