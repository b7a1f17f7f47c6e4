"""Mean of a weight over the last `part` of the steps: where it stays when noise keeps it moving."""

from adamw_cli.metrics import Array, Chunk
from adamw_cli.metrics._late import PART, UNDEFINED, Average
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=True, undefined=UNDEFINED, parameters=(PART,))


class Measure(Average):
    """mean_t w_t per coordinate."""

    def values(self, chunk: Chunk) -> Array:
        """Return the weights."""
        return chunk.w[self.late(chunk)]
