"""The compiled rule, fed one gradient at a time: what golden trajectories are compared with."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamw_cli import registry
from adamw_cli.engine import choice, kernels
from adamw_cli.engine.kernel import LANES, Layout
from adamw_cli.trace import Array
from tests.batches import complete
from tests.golden.torch_reference import START, STEPS, factor, gradients


def engine_trajectory(kind: str, given: dict[str, Any]) -> Array:
    """Weights after every step, (STEPS, 4), under the gradients and the schedule of torch_reference.py."""
    module = registry.load("optimizers", kind)
    spec, layout = module.SPEC, Layout(module.SPEC)
    values = complete(spec, given)
    x, g = np.zeros((4, layout.rows, LANES)), np.zeros((4 + len(spec.norms), 1, LANES))
    x[:, 0, 0] = START
    row = layout.scalars
    for p in spec.parameters:
        if p.kind != "bool":
            for v in values[p.name] if p.components else (values[p.name],):
                x[:, row, 0] = v
                row += 1
    switches = {name: values[name] for name in spec.switches}
    _, loaded = choice.load({"update": kernels.update(spec, module.update, switches, "even")})
    record = np.empty((STEPS, 4))
    for t in range(1, STEPS + 1):
        g[:4, 0, 0] = gradients(t, x[:, 0, 0].tolist())
        scalars = {name: float(x[0, layout.scalars + j, 0]) for j, name in enumerate(spec.scalars)}
        x[0, layout.table, 0] = factor(t)
        for j, c in enumerate(spec.coefficients_at(t, scalars, factor(t))):
            x[0, layout.table + 1 + j, 0] = c
        loaded["update"](x.reshape(4, -1), g.reshape(len(g), -1), 4, 1)
        record[t - 1] = x[:, 0, 0]
    return record
