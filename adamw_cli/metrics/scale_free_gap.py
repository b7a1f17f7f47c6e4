"""How far apart coordinates come that start together: 0 where the size of their gradients does not matter.

max_t max_(i,j) |w_t,i - w_t,j| / |w_0,0|. Give all coordinates the same start and the same hyperparameters, and gradients that differ by a
factor, as by `gradient: [1.0, 1e4]` of a slope or `curvature: [1.0, 1e4]` of a quadratic. A rule that is scale-free moves them alike.

Source: Zhuang, Liu, Cutkosky and Orabona, "Understanding AdamW through Proximal Methods and Scale-Freeness", TMLR 2022, section 4.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finished
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=False,
    undefined="coordinates start at different weights, or at 0, or the run diverged",
)


class Measure:
    """Per run, over every step."""

    def __init__(self, facts: Facts) -> None:
        together = (facts.start == facts.start[0]).all(axis=0) & (facts.start[0] != 0.0)
        self.size = np.where(together, np.abs(facts.start[0]), np.nan)
        self.widest = np.zeros(facts.start.shape[1])

    def observe(self, chunk: Chunk) -> None:
        """Compare with the largest distance so far; nan stays."""
        apart = chunk.w.max(axis=1) - chunk.w.min(axis=1)
        self.widest = np.maximum(self.widest, apart.max(axis=0))

    def result(self, ending: Ending) -> Array:
        """Return the distance for every lane."""
        return finished(self.widest / self.size, ending)
