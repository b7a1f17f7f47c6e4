"""Mean of a weight over the last `part` of the steps: where it stays when noise keeps it moving."""

from __future__ import annotations

from adamw_cli.metrics._contract import Chunk, Ending, Facts, finished
from adamw_cli.metrics._late import PART, UNDEFINED, Tail
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=True, undefined=UNDEFINED, parameters=(PART,))


class Measure(Tail):
    """mean_t w_t per coordinate."""

    def __init__(self, facts: Facts, part: float = 0.5) -> None:
        super().__init__(facts, part)
        self.mean = self.nothing(facts.start.shape)

    def observe(self, chunk: Chunk) -> None:
        """Add the late steps of a chunk."""
        self.mean = self.added(self.mean, chunk.w[self.late(chunk)])

    def result(self, ending: Ending) -> Array:
        """Return the mean for every coordinate and lane."""
        return finished(self.mean, ending)
