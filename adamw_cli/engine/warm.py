"""Compile ahead of time what scenarios need, so that the next process starts at once."""

from __future__ import annotations

from collections.abc import Iterable

from adamw_cli.engine import native
from adamw_cli.engine.assemble import batches
from adamw_cli.engine.run import run
from adamw_cli.scenario.model import Scenario


def warm(scenarios: Iterable[Scenario]) -> list[str]:
    """Compile the kernels of scenarios that are not in the cache yet; return their names.

    A run of one step needs the same kernels as a long one, so nothing here has to know which those are.
    """
    before = len(native.compiled_here())
    for scenario in scenarios:
        for _, batch in batches(scenario):
            run(batch, 1)
    return native.compiled_here()[before:]
