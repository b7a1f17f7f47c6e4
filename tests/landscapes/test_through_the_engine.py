"""Landscapes in scenarios: what theory says of them, boxes, and what the docstrings claim about paths."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry, simulate_batch
from adamw_cli.engine.run import resumed, run
from adamw_cli.errors import ScenarioError
from adamw_cli.judging.simulate import simulate
from adamw_cli.scenario.load import load_text
from adamw_cli.vocabulary import Nonlinear
from tests.batches import batch, examples, plain_run

NONLINEAR = [name for name in registry.names("landscapes") if isinstance(registry.load("landscapes", name).SPEC.gradient, Nonlinear)]  # fmt: skip


@pytest.mark.parametrize("name", NONLINEAR)
def test_theory_claims_nothing_where_the_gradient_is_nonlinear(name: str) -> None:
    d, given = examples(name)[0]
    document = {
        "version": 1, "landscape": {"kind": name, **given}, "start": [0.5] * d, "steps": 3,
        "optimizers": {kind: {"lr": 1e-3} for kind in registry.names("optimizers")},
    }  # fmt: skip
    for result in simulate(load_text(json.dumps(document))).runs:
        assert {row.prediction.value for row in result.rows} == {None}


@pytest.mark.parametrize("name", registry.names("landscapes"))
def test_extreme_parameters_and_weights_give_results_or_refusals(name: str) -> None:
    """Warnings are errors here, so that nothing overflows outside the loop without being meant to."""
    for d, given in examples(name):
        for p in registry.load("landscapes", name).SPEC.parameters:
            values = {"float": [5e-324, 1e-300, 1e160, 1e300, -1e300], "int": [10**15]}.get(p.kind, [])
            for value, start in itertools.product(values, (0.5, 1e200)):
                document = {
                    "version": 1, "landscape": {"kind": name, **given, p.name: value}, "start": [start] * d, "steps": 4,
                    "optimizers": {"adamw": {"lr": 1e-3}, "sgd": {"lr": 1}},
                }  # fmt: skip
                try:
                    scenario = load_text(json.dumps(document))
                except ScenarioError:
                    continue
                assert len(simulate(scenario).runs) == 2


SEQUENCE = {"peak": (4.0, 2.5), "rest": -1.0, "every": 3, "bound": 1.0}


@pytest.mark.parametrize(("every", "chunk"), [(1, 7), (4, 50)])
def test_a_box_holds_every_weight_after_every_step(every: int, chunk: int) -> None:
    start = np.linspace(-1.5, 1.5, 12).reshape(2, 6)
    b = batch("sgdw", "online_sequence", SEQUENCE, start, lr=0.1, momentum=0.5, weight_decay=0.2)
    w, buffer, expected = start.copy(), np.zeros_like(start), []
    for t in range(1, 101):
        g = np.array([[4.0], [2.5]]) if t % 3 == 1 else -1.0
        buffer = 0.5 * buffer + g
        w = np.clip(w - 0.1 * (buffer + 0.2 * w), -1.0, 1.0)
        expected.append(w)
    trace = run(b, 100, every=every, chunk=chunk)
    np.testing.assert_allclose(trace.w[1:], np.array(expected)[every - 1 :: every], rtol=1e-13, atol=1e-15)
    assert np.abs(trace.w[1:]).max() == 1.0
    half = run(b, 50, states=True)
    np.testing.assert_array_equal(run(resumed(b, half), 100).final_w, trace.final_w)
    np.testing.assert_allclose(plain_run(b, 100), np.array(expected), rtol=1e-13, atol=1e-15)


def test_a_box_does_not_hide_that_a_run_diverged() -> None:
    b = batch("sgd", "online_sequence", {**SEQUENCE, "peak": 1e300}, [[0.5, 0.5], [0.0, 0.0]], lr=[[1e300, 1e-3]] * 2)
    trace = run(b, 10)
    assert trace.status == ("diverged", "finished")
    assert trace.steps_run.tolist() == [1, 10]
    assert not np.isfinite(trace.final_w[:, 0]).any()
    assert np.abs(trace.final_w[:, 1]).max() <= 1.0


def test_without_a_bound_there_is_no_box() -> None:
    b = batch("sgd", "online_sequence", {**SEQUENCE, "bound": None}, [[0.5], [0.5]], lr=1.0)
    np.testing.assert_allclose(run(b, 30).final_w, [[0.5 - 10 * (4.0 - 2.0)], [0.5 - 10 * (2.5 - 2.0)]], rtol=1e-13)


@pytest.mark.parametrize(("amsgrad", "end"), [(False, 1.0), (True, -1.0)])
def test_adam_goes_to_the_wrong_end_of_the_box(amsgrad: bool, end: float) -> None:
    """Reddi et al., theorem 1: beta1 = 0, beta2 = 1/(1 + C^2), n = 3, lr falling as 1/sqrt(t)."""
    C = 4.0
    trace = simulate_batch(
        "adam", {"kind": "online_sequence", "peak": C, "bound": 1.0}, [0.0], 30_000,
        hyperparameters={"lr": 0.1, "betas": (0.0, 1.0 / (1.0 + C * C)), "amsgrad": amsgrad},
        schedules={"kind": "inverse_sqrt", "warmup_steps": 1}, every=1,
    )  # fmt: skip
    assert trace.w[-3000:, 0, 0].mean() == pytest.approx(end, abs=0.02)


@pytest.mark.parametrize(("lr", "lam"), [(0.01, 0.5), (0.1, 1.0)])
def test_length_at_which_turning_and_decay_balance(lr: float, lam: float) -> None:
    x = lr * lam
    balance = math.sqrt(lr * 2.0 / math.sqrt(x * (2.0 - x)))
    for start in (0.3 * balance, 5.0 * balance):
        trace = simulate_batch("sgd", {"kind": "scale_invariant", "strength": 2.0}, [start, 0.0], 5000, hyperparameters={"lr": lr, "weight_decay": lam})  # fmt: skip
        assert np.linalg.norm(trace.final_w) == pytest.approx(balance, rel=1e-9)


def test_gradient_descent_never_makes_a_direction_shorter() -> None:
    trace = simulate_batch("sgd", {"kind": "scale_invariant", "direction": [1.0, 2.0, 3.0]}, [1.0, -1.0, 0.5], 200, hyperparameters={"lr": 0.1}, every=1)  # fmt: skip
    assert np.all(np.diff(np.linalg.norm(trace.w[:, :, 0], axis=1)) > 0.0)


def rest(
    place: dict[str, Any], start: list[float], steps: int = 20_000, lam: float = 0.1, lr: float = 0.05
) -> list[float]:
    trace = simulate_batch("sgd", place, start, steps, hyperparameters={"lr": lr, "weight_decay": lam})
    found: list[float] = trace.final_w[:, 0].tolist()
    return found


def test_where_coupled_decay_comes_to_rest() -> None:
    (w,) = rest({"kind": "quartic", "center": 1.5, "scale": 2.0}, [0.0])
    assert 0.1 * w == pytest.approx(2.0 * (1.5 - w) ** 3, rel=1e-9)
    (w,) = rest({"kind": "exponential", "center": 0.5, "rate": 2.0}, [0.0])
    assert 0.1 * w == pytest.approx(2.0 * math.exp(-2.0 * (w - 0.5)), rel=1e-9)
    x, y = rest({"kind": "degenerate_valley"}, [3.0, 0.2])
    assert x == pytest.approx(y, rel=1e-6)
    assert (x * y - 1.0) * y + 0.1 * x == pytest.approx(0.0, abs=1e-12)


def test_without_decay_the_valley_keeps_what_gradient_flow_keeps() -> None:
    x, y = rest({"kind": "degenerate_valley"}, [3.0, 0.2], lam=0.0, lr=1e-4, steps=200_000)
    assert x * y == pytest.approx(1.0, rel=1e-9)
    assert x * x - y * y == pytest.approx(9.0 - 0.04, rel=1e-3)
