"""The largest |w_i| at the last step."""

import numpy as np

from adamw_cli.metrics import AtTheEnd, finished
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=False, undefined="the run diverged")


class Measure(AtTheEnd):
    """max_i |w_i| at the last step."""

    def result(self, ending):
        """Return the size for every lane."""
        return finished(np.abs(ending.w).max(axis=0), ending)
