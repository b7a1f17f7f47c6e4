"""What decay does to the weights, in a word, judged from every step.

`none`: no weight changes. `monotone`: each keeps its sign and shrinks. `one-step`: each is 0 after the first step.
`alternating`: each changes its sign at every step and shrinks. `marginal`: the same, but keeps its size. `divergent`:
the same, but grows. `growing`: each keeps its sign and grows. `mixed`: anything else, or not all weights the same.

Weights that start at 0 do not count, nor do the steps on which a weight that has come to 0 stays there. A step on
which rounding leaves a weight as it is makes no difference to `monotone` and `growing`. A size that changes by at most
4 units in the last place of a double while the sign changes counts as kept.
"""

import numpy as np
import numpy.typing as npt

from adamw_cli.metrics import Array, Chunk, Ending, Facts, over_steps
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="text", per_coordinate=False, undefined="never", needs=("plateau",), shown=True)
_KEPT = 4 * float(np.finfo(np.float64).eps)
_LEAST = 5e-324


class Measure:
    """From the lowest and the highest w_t/w_{t-1} that a coordinate has at any step."""

    def __init__(self, facts: Facts) -> None:
        self.counts = facts.start != 0
        self.lowest = np.full(facts.start.shape, np.nan)
        self.highest = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Follow the extremes of the ratio; that of 0 to 0 is nan and does not count."""
        w, ratio = chunk.w, np.empty_like(chunk.w)
        np.divide(w[0], chunk.before, out=ratio[0])
        np.divide(w[1:], w[:-1], out=ratio[1:])
        if not ratio.all():
            # Only a weight that is 0 has the ratio 0, however much smaller than before another one is.
            lost = (ratio == 0) & (w != 0)
            ratio[lost] = np.copysign(_LEAST, ratio[lost])
        self.lowest = np.fmin(self.lowest, over_steps(np.fmin, ratio))
        self.highest = np.fmax(self.highest, over_steps(np.fmax, ratio))

    def result(self, ending: Ending) -> npt.NDArray[np.str_]:
        """Return the word of every lane."""
        words = _words(self.lowest, self.highest)
        return np.array([_shared(words[counts, lane]) for lane, counts in enumerate(self.counts.T)])


def _words(lowest: Array, highest: Array) -> npt.NDArray[np.str_]:
    """The word of each coordinate; a weight whose first step was not finite (nan) is `mixed`."""
    turning = highest <= 0
    shrinking, growing = highest > -1 + _KEPT, lowest < -1 - _KEPT
    regimes = {
        "none": (lowest == 1) & (highest == 1),
        "one-step": (lowest == 0) & (highest == 0),
        "monotone": (lowest >= 0) & (highest <= 1),
        "growing": lowest >= 1,
        "alternating": turning & shrinking & ~growing,
        "divergent": turning & growing & ~shrinking,
        "marginal": turning & ~shrinking & ~growing,
    }
    return np.select(list(regimes.values()), [np.array(word) for word in regimes], np.array("mixed"))


def _shared(words: npt.NDArray[np.str_]) -> str:
    different = set(words.tolist())
    if not different:
        return "none"
    return different.pop() if len(different) == 1 else "mixed"
