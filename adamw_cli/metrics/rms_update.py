"""Root mean square of the update u in units of the learning rate over the last `part` of the steps.

u is the gradient step over -lr, so that w changes by -lr u beside decoupled decay.
"""

from __future__ import annotations

import numpy as np

from adamw_cli.metrics._contract import Chunk, Ending, Facts, finished
from adamw_cli.metrics._update import SPEC, LateUpdates
from adamw_cli.trace import Array

__all__ = ["SPEC", "Measure"]


class Measure(LateUpdates):
    """sqrt(mean_t u_t^2) per coordinate."""

    def __init__(self, facts: Facts, part: float = 0.5) -> None:
        super().__init__(facts, part)

    def observe(self, chunk: Chunk) -> None:
        """Add the late steps of a chunk."""
        self.found = self.lengthened(self.found, np.abs(self.updates(chunk)))

    def result(self, ending: Ending) -> Array:
        """Return the root mean square for every coordinate and lane."""
        return finished(self.found, ending)
