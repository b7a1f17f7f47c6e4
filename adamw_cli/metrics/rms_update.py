"""Root mean square of the update u in units of the learning rate over the last `part` of the steps.

u is the gradient step over -lr, so that w changes by -lr u beside decoupled decay.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk
from adamw_cli.metrics._late import RootMeanSquare
from adamw_cli.metrics._update import SPEC, late_updates

__all__ = ["SPEC", "Measure"]


class Measure(RootMeanSquare):
    """sqrt(mean_t u_t^2) per coordinate."""

    def values(self, chunk: Chunk) -> Array:
        """Return the updates, without signs."""
        return np.abs(late_updates(self, chunk))
