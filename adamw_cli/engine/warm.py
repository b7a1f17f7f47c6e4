"""Run scenarios for a step, so that the next process finds what they need compiled."""

from collections.abc import Iterable

from adamw_cli.engine.assemble import batches
from adamw_cli.engine.run import run
from adamw_cli.scenario.model import Scenario


def warm(scenarios: Iterable[Scenario]) -> None:
    """Compile the kernels of scenarios that are not in the cache yet.

    A run of one step needs the same kernels as a long one, so nothing here has to know which those are.
    """
    for scenario in scenarios:
        for _, batch in batches(scenario):
            run(batch, 1)
