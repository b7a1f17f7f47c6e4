"""The rules against torch.optim, to 1e-12 relative over hundreds of steps: golden values, and live where torch is installed."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

from tests.golden.replay import engine_trajectory
from tests.golden.torch_reference import CASES, GOLDEN, trajectory

RTOL = 1e-12
ATOL = 1e-14  # a weight that passes through 0 has no relative error of its own


@pytest.mark.parametrize("case", CASES)
def test_golden_trajectory(case: str) -> None:
    golden = json.loads(GOLDEN.read_text())
    ours = engine_trajectory(*CASES[case][:2])[np.array(golden["steps"]) - 1]
    np.testing.assert_allclose(ours, golden["cases"][case], rtol=RTOL, atol=ATOL)


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="live comparison; the golden values cover it without torch"
)
@pytest.mark.parametrize("case", CASES)
def test_live_trajectory(case: str) -> None:
    np.testing.assert_allclose(engine_trajectory(*CASES[case][:2]), trajectory(case), rtol=RTOL, atol=ATOL)
