"""The largest value of sign * w and its step: shared by the four metrics of extremes."""

from __future__ import annotations

import numpy as np

from adamw_cli.metrics._contract import Facts
from adamw_cli.trace import Array


class Extreme:
    """Follows the largest sign * w over every step from 0 on; the earliest step wins a tie."""

    sign = 1.0

    def __init__(self, facts: Facts) -> None:
        self.best = self.sign * facts.start
        self.step = np.zeros(facts.start.shape)

    def observe(self, first: int, w: Array) -> None:
        """Compare with a chunk of steps; nan never wins."""
        signed = np.where(np.isnan(w), -np.inf, self.sign * w)
        where = np.argmax(signed, axis=0)
        found = np.take_along_axis(signed, where[None], axis=0)[0]
        better = found > self.best
        self.best = np.where(better, found, self.best)
        self.step = np.where(better, first + where + 1.0, self.step)
