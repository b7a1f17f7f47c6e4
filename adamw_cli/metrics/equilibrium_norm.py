"""Root mean square of |w| over the last `part` of the steps: the length at which decay and random gradients balance.

sqrt(mean_t |w_t|^2), |w| the Euclidean norm over coordinates. It says nothing of whether the run has come to a balance.

Source: Kosson, Messmer and Jaggi, "Rotational Equilibrium: How Weight Decay Balances Learning Across Neural Networks",
ICML 2024, whose equilibrium norm is the root of the expected squared norm.
"""

from __future__ import annotations

from adamw_cli.metrics._contract import Chunk, Ending, Facts, finished, norms
from adamw_cli.metrics._late import PART, UNDEFINED, Tail
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=False, undefined=UNDEFINED, parameters=(PART,))


class Measure(Tail):
    """sqrt(mean_t |w_t|^2) per run."""

    def __init__(self, facts: Facts, part: float = 0.5) -> None:
        super().__init__(facts, part)
        self.length = self.nothing(facts.start.shape[1:])

    def observe(self, chunk: Chunk) -> None:
        """Add the late steps of a chunk."""
        self.length = self.lengthened(self.length, norms(chunk.w[self.late(chunk)]))

    def result(self, ending: Ending) -> Array:
        """Return the length for every lane."""
        return finished(self.length, ending)
