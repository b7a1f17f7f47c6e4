"""What happens after the gradient has changed: shared by the metrics that count from there."""

from typing import cast

import numpy as np
import numpy.typing as npt

from adamw_cli.metrics._contract import Chunk, Ending, Facts, over_steps
from adamw_cli.trace import Array

Bools = npt.NDArray[np.bool_]


class AfterTurn:
    """Follows weights after `turn_step`, in the direction in which the old gradient pushed.

    Attributes
    ----------
    turn : that step; None where the gradient never changes.
    side : (d, lanes) the direction; 0 where nothing pushed.
    level : (d, lanes) weights at the turn; nan until it has come.
    last : how many steps after the turn have been seen.

    """

    def __init__(self, facts: Facts) -> None:
        self.turn = None if facts.turn_direction is None else facts.turn_step
        self.side = np.zeros(facts.start.shape) if facts.turn_direction is None else facts.turn_direction
        self.level = facts.start.copy() if self.turn == 0 else np.full(facts.start.shape, np.nan)
        self.last = 0

    def part(self, chunk: Chunk) -> tuple[int, slice] | None:
        """How many steps after the turn came before this chunk, and the chunk's rows after it; None if there are none."""
        if self.turn is None:
            return None
        end = chunk.first + len(chunk.w)
        if chunk.first < self.turn <= end:
            self.level = chunk.w[self.turn - chunk.first - 1].copy()
        if end <= self.turn:
            return None
        skip = max(0, self.turn - chunk.first)
        before = chunk.first + skip - self.turn
        self.last = end - self.turn
        return before, slice(skip, None)


class FirstAfterTurn(AfterTurn):
    """The first step after the turn at which something is so, per coordinate and lane; nan until then."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.step = np.full(facts.start.shape, np.nan)
        self._opened: Bools = np.zeros(facts.start.shape, np.bool_)

    def holds(self, chunk: Chunk, rows: slice) -> tuple[Bools, Bools | None]:
        """Whether it is so at those steps of a chunk, (n, d, lanes); and the same of what must come first, if anything must."""
        raise NotImplementedError

    def observe(self, chunk: Chunk) -> None:
        """Look for the step where it has not come yet."""
        part = self.part(chunk)
        if part is None or not np.isnan(self.step).any():
            return
        before, rows = part
        holds, opens = self.holds(chunk, rows)
        opened = self._opened | (True if opens is None else _ever(opens))
        for i, lane in np.argwhere(np.isnan(self.step) & opened & _ever(holds)):
            begin = 0 if opens is None or self._opened[i, lane] else int(np.argmax(opens[:, i, lane]))
            n = begin + int(np.argmax(holds[begin:, i, lane]))
            if holds[n, i, lane]:
                self.step[i, lane] = before + 1 + n
        self._opened = opened

    def result(self, ending: Ending) -> Array:
        """Return the number of steps for every coordinate and lane."""
        return self.step


def _ever(holds: Bools) -> Bools:
    return over_steps(np.logical_or, cast(Array, holds)).astype(np.bool_)
