"""The cycle of period two: against a loop that starts near it, and the multipliers against a Jacobian."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import two_cycle as theory
from tests.theory.cycles import cycle_path


@pytest.mark.parametrize(
    ("beta1", "x", "eps"), [(0.05, 0.0, 0.0), (0.1, 0.3, 0.0), (0.1, 0.0, 0.02), (0.08, 0.1, 0.03)]
)
def test_the_amplitude_is_where_a_loop_ends(beta1: float, x: float, eps: float) -> None:
    measured = cycle_path(beta1, 0.99, x, eps)
    assert theory.amplitude(1.0, beta1, x, eps, 1.0) == pytest.approx(measured, rel=1e-5)


def test_the_engine_ends_on_it_where_it_is_stable() -> None:
    values = {"lr": 1e-3, "weight_decay": 0.1, "betas": (0.0, 0.95), "eps": 0.0}
    w = simulate_batch("adam_l2", {"kind": "plateau"}, [0.0123], 3000, hyperparameters=values, every=1).w[:, 0, 0]
    assert abs(w[-1] - w[-2]) / 2 == pytest.approx(theory.amplitude(1e-3, 0.0, 0.0, 0.0, 0.1), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(beta1=st.floats(0.0, 0.95), beta2=st.floats(0.5, 0.9999))
def test_multipliers_are_eigenvalues_of_the_step(beta1: float, beta2: float) -> None:
    """Derivatives of a step at the cycle, by hand: w' = w - m'/sqrt(v'), and then everything changes its sign but v."""
    A = (1 - beta1) / (2 * (1 + beta1))
    dm = np.array([1 - beta1, beta1, 0.0])  # of m' by (w, m, v)
    dv = np.array([2 * (1 - beta2) * A, 0.0, beta2])
    m = 2 * A * A  # of the step at A, where sqrt(v) = A and the step is 2 A
    dw = np.array([1.0, 0.0, 0.0]) - dm / A + m / (2 * A**3) * dv
    eigenvalues = sorted(abs(np.linalg.eigvals(np.array([-dw, -dm, dv]))), reverse=True)
    assert [abs(z) for z in theory._multipliers(beta1, beta2)] == pytest.approx(eigenvalues, rel=1e-6, abs=1e-6)
    assert theory.multiplier(beta1, beta2) == pytest.approx(eigenvalues[0], rel=1e-7)


@pytest.mark.parametrize("beta2", [0.9, 0.99, 0.999])
def test_the_critical_momentum_divides_stable_from_unstable(beta2: float) -> None:
    critical = theory.critical_beta1(beta2)
    assert theory.multiplier(critical * 0.99, beta2) < 1.0 < theory.multiplier(critical * 1.01, beta2)
    assert critical == pytest.approx(3 - 2 * math.sqrt(2), abs=0.15 * (1 - beta2))


def test_without_a_cycle_there_is_no_amplitude() -> None:
    assert theory.amplitude(1e-3, 0.9, 0.0, 1.0, 0.1) == 0.0
    assert theory.amplitude(1e-3, 0.9, 0.1, 1.0, 0.1) == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: theory.amplitude(1e-3, 1.0, 0.0, 0.0, 0.1),
        lambda: theory.amplitude(1e-3, 0.9, 0.0, 0.0, 0.0),
        lambda: theory.amplitude(1e-3, 0.9, 2.0, 0.0, 1.0),
        lambda: theory._multipliers(0.9, 1.0),
    ],
)
def test_what_has_no_answer_is_refused(call: object) -> None:
    with pytest.raises(UsageError):
        call()  # type: ignore[operator]
