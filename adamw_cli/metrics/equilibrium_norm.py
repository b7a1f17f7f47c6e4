"""Root mean square of |w| over the last `part` of the steps: the length at which decay and random gradients balance.

sqrt(mean_t |w_t|^2), |w| the Euclidean norm over coordinates. It says nothing of whether the run has come to a balance.

Source: Kosson, Messmer and Jaggi, "Rotational Equilibrium: How Weight Decay Balances Learning Across Neural Networks",
ICML 2024, whose equilibrium norm is the root of the expected squared norm.
"""

from adamw_cli.metrics import Array, Chunk, norms
from adamw_cli.metrics._late import PART, UNDEFINED, RootMeanSquare
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=False, undefined=UNDEFINED, parameters=(PART,))


class Measure(RootMeanSquare):
    """sqrt(mean_t |w_t|^2) per run."""

    per_coordinate = False

    def values(self, chunk: Chunk) -> Array:
        """Return |w_t|."""
        return norms(chunk.w[self.late(chunk)])
