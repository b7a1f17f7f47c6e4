"""How much of the 1/weight_decay box the last weights fill: max_i weight_decay_i |w_i|; 1 is the wall."""

import numpy as np

from adamw_cli.metrics import Array, AtTheEnd, Ending, finished
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="1", per_coordinate=False, undefined="the run has no weight decay, or diverged", shown=True)


class Measure(AtTheEnd):
    """max_i weight_decay_i |w_i| at the last step."""

    def result(self, ending: Ending) -> Array:
        """Return the saturation of every lane."""
        lam = self.facts.weight_decay
        if lam is None:
            return np.full(ending.w.shape[1], np.nan)
        saturation = (lam * np.abs(ending.w)).max(axis=0)
        return finished(np.where((lam > 0).any(axis=0), saturation, np.nan), ending)
