"""The rules that torch.optim does not have against other libraries, to 1e-12 relative over hundreds of steps: golden, and live."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

from adamw_cli import registry
from tests.golden import torch_reference
from tests.golden.peer_reference import CASES, GOLDEN, LIBRARIES, library, trajectory
from tests.golden.replay import engine_trajectory

RTOL = 1e-12
ATOL = 1e-14  # a weight that passes through 0 has no relative error of its own


@pytest.mark.parametrize("case", CASES)
def test_golden_trajectory(case: str) -> None:
    golden = json.loads(GOLDEN.read_text())
    ours = engine_trajectory(*CASES[case][:2])[np.array(golden["steps"]) - 1]
    np.testing.assert_allclose(ours, golden["cases"][case], rtol=RTOL, atol=ATOL)


@pytest.mark.parametrize("case", CASES)
def test_live_trajectory(case: str) -> None:
    missing = [name for name in LIBRARIES[library(case)][1] if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"live comparison without {', '.join(missing)}; the golden values cover it")
    np.testing.assert_allclose(engine_trajectory(*CASES[case][:2]), trajectory(case), rtol=RTOL, atol=ATOL)


@pytest.mark.parametrize("kind", registry.names("optimizers"))
def test_every_rule_with_a_reference_is_compared_with_it(kind: str) -> None:
    reference = registry.load("optimizers", kind).SPEC.reference
    compared = {(rule, f"torch.optim.{name}") for rule, _, name in torch_reference.CASES.values()}
    compared |= {(rule, name) for rule, _, name in CASES.values()}
    assert reference is None or (kind, reference) in compared
