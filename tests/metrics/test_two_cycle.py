"""two_cycle_multiplier: how fast a run settles on a cycle of period two, or leaves it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adamw_cli.judging.simulate import simulate
from adamw_cli.scenario.load import load_text
from tests.metrics.paths import measured, told


@pytest.mark.parametrize(("factor", "steps"), [(0.9, 80), (1.05, 80), (0.99, 400), (1.0, 40)])
@pytest.mark.parametrize("chunk", [None, 7])
def test_a_deviation_that_shrinks_or_grows_evenly(factor: float, steps: int, chunk: int | None) -> None:
    t = np.arange(steps + 1)
    w = ((-1.0) ** t * (2.0 + 1e-3 * (-factor) ** t))[:, None, None]  # the deviation changes its sign at every step
    found = measured("two_cycle_multiplier", told(w[0], steps=steps), w[1:], chunk=chunk)
    assert found.item() == pytest.approx(factor, rel=1e-8)


def test_where_there_is_nothing_to_measure() -> None:
    w = ((-1.0) ** np.arange(41) * 3.0)[:, None, None]
    assert math.isnan(measured("two_cycle_multiplier", told(w[0], steps=40), w[1:]).item())  # on the cycle
    short = np.array([1.0, -0.5, 0.7, -0.6])[:, None, None]
    assert math.isnan(measured("two_cycle_multiplier", told(short[0], steps=3), short[1:]).item())


@pytest.mark.parametrize(("beta2", "steps"), [(0.95, 600), (0.97, 1000)])
def test_adam_with_l2_settles_at_the_root_of_beta2(beta2: float, steps: int) -> None:
    """Without momentum the multiplier of the cycle is sqrt(beta2) exactly, catalogue 2.6; measured by its envelope."""
    text = f"""
version: 1
landscape: {{kind: plateau}}
start: [0.00123]
steps: {steps}
optimizers:
  adam_l2: {{lr: 1e-3, weight_decay: 0.1, betas: [0.0, {beta2}], eps: 0.0}}
expect:
  - {{metric: two_cycle_multiplier, of: adam_l2, near: theory, rtol: 1e-3}}
  - {{metric: two_cycle_multiplier, of: adam_l2, near: {math.sqrt(beta2)}, rtol: 1e-3}}
"""
    result = simulate(load_text(text))
    assert [verdict.message for verdict in result.verdicts] == ["", ""]
