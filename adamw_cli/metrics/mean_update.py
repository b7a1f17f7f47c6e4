"""Mean of the update u in units of the learning rate over the last `part` of the steps, positive where it lowers a weight.

u is the gradient step over -lr, so that w changes by -lr u beside decoupled decay. Under noise its mean says how much of the
gradient's sign is left: 1 without noise, less the noisier the gradients are, whatever their size.
"""

from __future__ import annotations

from adamw_cli.metrics._contract import Chunk, Ending, Facts, finished
from adamw_cli.metrics._update import SPEC, LateUpdates
from adamw_cli.trace import Array

__all__ = ["SPEC", "Measure"]


class Measure(LateUpdates):
    """mean_t u_t per coordinate."""

    def __init__(self, facts: Facts, part: float = 0.5) -> None:
        super().__init__(facts, part)

    def observe(self, chunk: Chunk) -> None:
        """Add the late steps of a chunk."""
        self.found = self.added(self.found, self.updates(chunk))

    def result(self, ending: Ending) -> Array:
        """Return the mean for every coordinate and lane."""
        return finished(self.found, ending)
