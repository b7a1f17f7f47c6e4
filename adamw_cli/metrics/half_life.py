"""Steps until a weight has half its starting size, or another `fraction` of it, with a fraction of a step.

Between the last step above the level h = fraction |w_0| and the first at or below it the size is interpolated
geometrically, (n - 1) + ln(|w_{n-1}| / h) / ln(|w_{n-1}| / |w_n|), which is exact for exponential decay.
"""

import numpy as np

from adamw_cli.metrics import Array, Ending
from adamw_cli.metrics._crossing import SPEC, Crossing

__all__ = ["SPEC", "Measure"]


class Measure(Crossing):
    """Per coordinate, by looking at every step."""

    def result(self, ending: Ending) -> Array:
        """Return the half-life for every coordinate and lane."""
        # A weight that lands on exactly 0 has halved at once: ln(w/0) is infinite and the fraction 0.
        return self.step - 1 + _log_ratio(self.before, self.level) / _log_ratio(self.before, self.at)


def _log_ratio(a: Array, b: Array) -> Array:
    """ln(a / b) for a >= b; accurate for a near b, where a - b is exact, and where no double holds a / b."""
    excess = (a - b) / b
    return np.where(np.isinf(excess), np.log(a) - np.log(b), np.log1p(excess))
