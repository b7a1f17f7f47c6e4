"""Norm of the gradient of loss + weight_decay |w|^2/2 at the last weights; 0 where that regularised loss is smallest.

That is the maximum a posteriori estimate (MAP) under a Gaussian prior of precision weight_decay.
"""

import numpy as np

from adamw_cli.metrics import Array, AtTheEnd, Ending, finished, norm
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="loss/weight",
    per_coordinate=False,
    undefined="the run has no weight decay, or diverged",
    needs=("minimizer",),
    shown=True,
)


class Measure(AtTheEnd):
    """|grad f_T(w_T) + weight_decay w_T|_2."""

    def result(self, ending: Ending) -> Array:
        """Return the norm of every lane."""
        lam = self.facts.weight_decay
        if lam is None:
            return np.full(ending.w.shape[1], np.nan)
        gap = norm(ending.gradient + lam * ending.w)
        return finished(np.where((lam != 0).any(axis=0), gap, np.nan), ending)
