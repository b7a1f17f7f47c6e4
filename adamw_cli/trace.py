"""What a run recorded: plain arrays and a status per trajectory. No formula belongs here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

FINISHED = "finished"
DIVERGED = "diverged"


class Observer(Protocol):
    """Sees every step of a run, a chunk at a time."""

    def observe(self, first: int, w: Array) -> None:
        """Take the weights after steps first + 1, ..., first + n.

        w : (n, d, lanes) float64; nan from the step on at which a lane diverged.
        """


@dataclass(frozen=True)
class Trace:
    """The recorded part of a batch of trajectories, side by side in lanes.

    Attributes
    ----------
    start : (d, lanes) weights before the first step.
    steps : (records,) the recorded steps, the one before the first (0) and the last among them.
    w : (records, d, lanes) weights after those steps; nan from the step on at which a lane diverged.
    states : name -> (records, d, lanes), the rule's states, if they were asked for; zero at step 0.
    apart : `w` and `states` are of every so manieth lane, from the first on; 1 if of all.
    final_w : (d, lanes) weights after the last step that was run; not finite where a lane diverged.
    status : (lanes,) `finished` or `diverged`.
    steps_run : (lanes,) the last step, or the step at which a weight first was not finite.

    """

    start: Array
    steps: Steps
    w: Array
    final_w: Array
    status: tuple[str, ...]
    steps_run: Steps
    states: dict[str, Array] = field(default_factory=dict)
    apart: int = 1

    def lanes(self, chosen: slice) -> Trace:
        """Return the part of the trace that belongs to some lanes."""
        kept = slice(chosen.start // self.apart, -(-chosen.stop // self.apart))
        return Trace(
            start=self.start[:, chosen],
            steps=self.steps,
            w=self.w[:, :, kept],
            final_w=self.final_w[:, chosen],
            status=self.status[chosen],
            steps_run=self.steps_run[chosen],
            states={name: values[:, :, kept] for name, values in self.states.items()},
            apart=self.apart,
        )
