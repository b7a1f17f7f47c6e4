"""When a weight first has half its size: shared by `half_life` and `crossing_step`."""

from __future__ import annotations

import numpy as np

from adamw_cli.metrics._contract import Facts, over_steps
from adamw_cli.trace import Array


class HalfCrossing:
    """Finds the first step n with |w_n| <= |w_0|/2, and keeps |w| there and just before.

    Attributes
    ----------
    step : (d, lanes) that step; nan until it has come.
    before, at : (d, lanes) |w| at steps n - 1 and n.

    """

    def __init__(self, facts: Facts) -> None:
        self.half = np.abs(facts.start) / 2
        self.step = np.full(facts.start.shape, np.nan)
        self.before = np.full(facts.start.shape, np.nan)
        self.at = np.full(facts.start.shape, np.nan)
        self._previous = np.abs(facts.start)

    def observe(self, first: int, w: Array) -> None:
        """Look for the crossing where it has not come yet; a weight that starts at 0 never has one."""
        waiting = np.isnan(self.step) & (self.half > 0)
        if not waiting.any():
            return
        size = np.abs(w)
        for i, lane in np.argwhere(waiting & (over_steps(np.fmin, size) <= self.half)):
            n = int(np.argmax(size[:, i, lane] <= self.half[i, lane]))
            self.step[i, lane] = first + n + 1
            self.at[i, lane] = size[n, i, lane]
            self.before[i, lane] = size[n - 1, i, lane] if n else self._previous[i, lane]
        self._previous = size[-1].copy()
