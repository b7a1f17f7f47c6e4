"""The first step from which on a weight stays within a fraction `within` of its starting distance to `target`.

The target is the one given, or the minimiser, or 0.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, level_of, over_steps
from adamw_cli.vocabulary import Metric, Parameter

SPEC = Metric(
    unit="steps",
    per_coordinate=True,
    undefined="the weight starts on the target, or is outside at the last step",
    parameters=(
        Parameter("target", None, "where the weight should settle", per_coordinate=True),
        Parameter("within", 0.05, "allowed distance as a fraction of the starting distance", gt=0),
    ),
    shown=True,
)


class Measure:
    """One more than the last step outside."""

    def __init__(self, facts: Facts, target: float | tuple[float, ...] | None = None, within: float = 0.05) -> None:
        self.target = level_of(facts, target)
        self.start = np.abs(facts.start - self.target)
        self.allowed = within * self.start
        self.outside = np.where(self.start > self.allowed, 0.0, -1.0)
        self.last = 0

    def observe(self, chunk: Chunk) -> None:
        """Remember the last step outside; a diverged weight (nan) is outside."""
        w = chunk.w
        self.last = chunk.first + len(w)
        inside = np.abs(w[-1] - self.target) <= self.allowed
        self.outside = np.where(inside, self.outside, self.last)
        if inside.any():
            inside_throughout = inside.copy()
            # The inside is an interval, so a chunk is wholly inside if its extremes are.
            for ufunc in (np.maximum, np.minimum):
                inside_throughout &= np.abs(over_steps(ufunc, w) - self.target) <= self.allowed
            for i, lane in np.argwhere(inside & ~inside_throughout):
                reverse = np.abs(w[::-1, i, lane] - self.target[i, 0]) <= self.allowed[i, lane]
                self.outside[i, lane] = self.last - int(np.argmin(reverse))

    def result(self, ending: Ending) -> Array:
        """Return the step for every coordinate and lane."""
        return np.where((self.start == 0) | (self.outside >= self.last), np.nan, self.outside + 1)
