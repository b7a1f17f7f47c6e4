"""How fast a weight comes nearer to where it settles, 1 - (w_t - w_{t-1})/(w_{t-1} - w_{t-2}) at the end of the run.

It is the part of the remaining distance that one step covers, if that part is always the same; wherever the weight
settles. Once a weight rests, its moves are rounding; so t is the last step that moved it, like the step before, by more
than 1e-6 of the largest move up to then.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finished, over_steps
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=True,
    undefined="no two steps in a row moved the weight, or the run diverged",
)
_NOISE = 1e-6


class Measure:
    """(a - b)/a, with a and b the last two moves in a row that count."""

    def __init__(self, facts: Facts) -> None:
        shape = facts.start.shape
        self.moved = np.full(shape, np.nan)  # by the last step of the chunk before
        self.largest = np.zeros(shape)
        self.a = np.full(shape, np.nan)
        self.b = np.full(shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Look at the last two moves of a chunk, and where they do not count further back."""
        moved, before = chunk.moved, self.largest
        largest = np.fmax(over_steps(np.fmax, moved), -over_steps(np.fmin, moved))
        self.largest = np.fmax(before, largest)
        a, b = moved[-2] if len(moved) > 1 else self.moved, moved[-1]
        counts = np.minimum(np.abs(a), np.abs(b)) > _NOISE * self.largest
        self.a, self.b = np.where(counts, a, self.a), np.where(counts, b, self.b)
        for i, lane in np.argwhere(~counts & (largest > _NOISE * before)):
            moves = np.append(self.moved[i, lane], moved[:, i, lane])
            sizes = np.abs(moves)
            up_to_then = np.fmax.accumulate(np.append(before[i, lane], sizes[1:]))[1:]
            found = np.flatnonzero(np.minimum(sizes[:-1], sizes[1:]) > _NOISE * up_to_then)
            if found.size:
                self.a[i, lane], self.b[i, lane] = moves[found[-1] : found[-1] + 2]
        self.moved = moved[-1].copy()

    def result(self, ending: Ending) -> Array:
        """Return the rate for every coordinate and lane."""
        return finished((self.a - self.b) / self.a, ending)
