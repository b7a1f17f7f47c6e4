"""Steps in units of the learning rate late in a run: shared by `mean_update` and `rms_update`."""

import numpy as np

from adamw_cli.metrics._contract import Chunk
from adamw_cli.metrics._late import PART, Tail
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=True,
    undefined="the learning rate is not known, or 0 at one of those steps, or the run diverged",
    parameters=(PART,),
)


def late_updates(tail: Tail, chunk: Chunk) -> Array:
    """Return u, the gradient steps over -lr, of the late steps of a chunk; (n, d, lanes)."""
    late = tail.late(chunk)
    lr = np.where(chunk.lr > 0, chunk.lr, np.nan)
    return chunk.gradient_step[late] / -(lr if len(lr) == 1 else lr[late])
