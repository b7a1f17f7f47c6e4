"""Mean angle, in radians, by which a step turns the weight vector, over the last `part` of the steps.

mean_t of the angle between w_t and w_{t-1}, by 2 atan2(|n_t - n_{t-1}|, |n_t + n_{t-1}|) with n = w/|w|, which keeps its
digits where the cosine is 1 to rounding. For one coordinate it is 0, or pi where the sign changes.

Source: Kosson, Messmer and Jaggi, "Rotational Equilibrium: How Weight Decay Balances Learning Across Neural Networks",
ICML 2024: the expected angular update.
"""

from __future__ import annotations

import numpy as np

from adamw_cli.metrics._contract import Chunk, Ending, Facts, directions, finished, norms
from adamw_cli.metrics._late import PART, Tail
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=False,
    undefined="all weights are 0 at one of those steps, or the run diverged",
    parameters=(PART,),
)


class Measure(Tail):
    """Per run, over the late steps."""

    def __init__(self, facts: Facts, part: float = 0.5) -> None:
        super().__init__(facts, part)
        self.mean = self.nothing(facts.start.shape[1:])

    def observe(self, chunk: Chunk) -> None:
        """Add the angles of the late steps of a chunk."""
        late = self.late(chunk)
        path = directions(np.concatenate([chunk.previous[late][:1], chunk.w[late]]))
        after, before = path[1:], path[:-1]
        angles = 2.0 * np.arctan2(norms(after - before), norms(after + before))
        self.mean = self.added(self.mean, angles)

    def result(self, ending: Ending) -> Array:
        """Return the angle for every lane."""
        return finished(self.mean, ending)
