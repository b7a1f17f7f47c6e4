"""Logarithm of what is left of a weight's size, ln|w_T/w_0|: what each step adds to it sums up."""

import numpy as np

from adamw_cli.metrics import Array, AtTheEnd, Ending, finished
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=True,
    undefined="the weight is 0 at the first or at the last step, or the run diverged",
    shown=True,
)
_SMALLEST_NORMAL = float(np.finfo(np.float64).tiny)


class Measure(AtTheEnd):
    """ln|w_T/w_0| per coordinate."""

    def result(self, ending: Ending) -> Array:
        """Return the logarithm for every coordinate and lane."""
        end, start = np.abs(ending.w), np.abs(self.facts.start)
        excess, ratio = (end - start) / start, end / start
        # Near 1 the difference is exact, the ratio is not; and a ratio that is no normal double has lost digits.
        held = (ratio >= _SMALLEST_NORMAL) & (ratio < np.inf)
        apart = np.where(held, np.log(ratio), np.log(end) - np.log(start))
        return finished(np.where(np.abs(excess) <= 0.5, np.log1p(excess), apart), ending)
