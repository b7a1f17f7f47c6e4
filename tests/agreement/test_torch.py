"""The rules against torch.optim, to 1e-12 relative over hundreds of steps: golden values, and live where torch is installed."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine import native
from adamw_cli.engine.kernel import LANES, Layout
from adamw_cli.trace import Array
from tests.batches import complete
from tests.golden.torch_reference import CASES, GOLDEN, START, STEPS, factor, gradients, trajectory

RTOL = 1e-12


def engine_trajectory(case: str) -> Array:
    """The compiled rule, fed one gradient at a time; (steps, 4)."""
    import ctypes

    kind, given, _ = CASES[case]
    module = registry.load("optimizers", kind)
    spec, layout = module.SPEC, Layout(module.SPEC)
    values = complete(spec, given)
    x, g = np.zeros((1, layout.rows, LANES)), np.zeros((1, 1, LANES))
    x[0, 0, :4] = START
    row = layout.scalars
    for p in spec.parameters:
        if p.kind != "bool":
            for v in values[p.name] if p.components else (values[p.name],):
                x[0, row, :4] = v
                row += 1
    address = native.update(spec, module.update, {name: values[name] for name in spec.switches}, False)
    pointer, integer = ctypes.c_void_p, ctypes.c_int64
    call = ctypes.CFUNCTYPE(None, pointer, integer, pointer, integer, integer, integer)(address)
    record = np.empty((STEPS, 4))
    for t in range(1, STEPS + 1):
        g[0, 0, :4] = gradients(t, x[0, 0, :4].tolist())
        powers = [x[0, layout.scalars + spec.scalars.index(name), 0] ** t for name in spec.coefficient_arguments]
        x[0, layout.table, 0] = factor(t)
        for j, c in enumerate(spec.coefficient_values(t, *powers) if spec.coefficient_values else ()):
            x[0, layout.table + 1 + j, 0] = c
        call(x.ctypes.data, layout.rows * LANES, g.ctypes.data, LANES, 1, 4)
        record[t - 1] = x[0, 0, :4]
    return record


@pytest.mark.parametrize("case", CASES)
def test_golden_trajectory(case: str) -> None:
    golden = json.loads(GOLDEN.read_text())
    ours = engine_trajectory(case)[np.array(golden["steps"]) - 1]
    np.testing.assert_allclose(ours, golden["cases"][case], rtol=RTOL)


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="live comparison; the golden values cover it without torch"
)
@pytest.mark.parametrize("case", CASES)
def test_live_trajectory(case: str) -> None:
    np.testing.assert_allclose(engine_trajectory(case), trajectory(case), rtol=RTOL)


def test_every_rule_with_a_torch_reference_is_compared() -> None:
    compared = {kind for kind, _, _ in CASES.values()}
    for kind in registry.names("optimizers"):
        reference = registry.load("optimizers", kind).SPEC.reference
        assert reference is None or not reference.startswith("torch.") or kind in compared
