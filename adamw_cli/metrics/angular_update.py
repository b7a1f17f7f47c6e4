"""Mean angle, in radians, by which a step turns the weight vector, over the last `part` of the steps.

mean_t of the angle between w_t and w_{t-1}, by 2 atan2(|n_t - n_{t-1}|, |n_t + n_{t-1}|) with n = w/|w|, which keeps its
digits where the cosine is 1 to rounding. For one coordinate it is 0, or pi where the sign changes.

Source: Kosson, Messmer and Jaggi, "Rotational Equilibrium: How Weight Decay Balances Learning Across Neural Networks",
ICML 2024: the expected angular update.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, directions, norms
from adamw_cli.metrics._late import PART, Average
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=False,
    undefined="all weights are 0 at one of those steps, or the run diverged",
    parameters=(PART,),
)


class Measure(Average):
    """Per run, over the late steps."""

    per_coordinate = False

    def values(self, chunk: Chunk) -> Array:
        """Return the angles."""
        late = self.late(chunk)
        path = directions(np.concatenate([chunk.previous[late][:1], chunk.w[late]]))
        after, before = path[1:], path[:-1]
        return 2.0 * np.arctan2(norms(after - before), norms(after + before))
