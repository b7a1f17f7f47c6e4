"""How far a weight goes beyond a level, 0 if it does not.

After a change of the gradient (a flip, the end of a pulse) the level is the weight at the last step before the change,
and beyond means in the direction in which the old gradient pushed: the momentum's overshoot, measured against
the data gradient. Otherwise the level is the `level` given, or the minimiser, or 0, and beyond means on
the side that the weight did not start on.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finite, level_of, over_steps
from adamw_cli.metrics._turn import AfterTurn
from adamw_cli.vocabulary import Metric, Parameter

SPEC = Metric(
    unit="weight",
    per_coordinate=True,
    undefined="the weight starts on the level, was not pushed before the change, or no step follows",
    parameters=(Parameter("level", None, "level to measure from", per_coordinate=True),),
    shown=True,
)


class Measure(AfterTurn):
    """max_t side * (w_t - level), at least 0."""

    def __init__(self, facts: Facts, level: float | tuple[float, ...] | None = None) -> None:
        super().__init__(facts)
        if level is not None or self.turn is None:
            self.turn = None
            self.level = np.broadcast_to(level_of(facts, level), facts.start.shape).copy()
            self.side = np.sign(self.level - facts.start)
        self.furthest = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Follow the furthest weight on the side of the level that counts."""
        part = self.part(chunk)
        if self.turn is not None and part is None:
            return
        w = chunk.w if part is None else chunk.w[part[1]]
        for ufunc, counts in ((np.fmax, self.side > 0), (np.fmin, self.side < 0)):
            if counts.any():
                self.furthest = np.where(counts, ufunc(self.furthest, over_steps(ufunc, w)), self.furthest)

    def result(self, ending: Ending) -> Array:
        """Return the overshoot for every coordinate and lane."""
        beyond = np.maximum(self.side * (self.furthest - self.level), 0.0)
        return finite(np.where(self.side == 0, np.nan, beyond))
