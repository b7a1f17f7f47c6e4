"""What happens after the gradient has changed: shared by the metrics that count from there."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from adamw_cli.metrics._contract import Chunk, Facts, over_steps
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


class FirstStep:
    """Keeps the first step at which something is so, per coordinate and lane; nan until then.

    opened : whether it counts from the first step on; otherwise only after something else has been so.
    """

    def __init__(self, shape: tuple[int, ...], opened: bool) -> None:
        self.step = np.full(shape, np.nan)
        self.opened: Bools = np.full(shape, opened)

    @property
    def complete(self) -> bool:
        """Whether every coordinate and lane has its step."""
        return not np.isnan(self.step).any()

    def look(self, before: int, holds: Bools, opens: Bools | None = None) -> None:
        """Take the steps before + 1, ..., of which `holds` (n, d, lanes) says whether it is so.

        opens : the same of what must have been so before.
        """
        opened = self.opened if opens is None else self.opened | _ever(opens)
        for i, lane in np.argwhere(np.isnan(self.step) & opened & _ever(holds)):
            begin = 0 if opens is None or self.opened[i, lane] else int(np.argmax(opens[:, i, lane]))
            n = begin + int(np.argmax(holds[begin:, i, lane]))
            if holds[n, i, lane]:
                self.step[i, lane] = before + 1 + n
        self.opened = opened


def _ever(holds: Bools) -> Bools:
    return over_steps(np.logical_or, cast(Array, holds)).astype(np.bool_)
