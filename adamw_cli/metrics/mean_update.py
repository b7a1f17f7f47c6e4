"""Mean of the update u in units of the learning rate over the last `part` of the steps, positive where it lowers a weight.

u is the gradient step over -lr, so that w changes by -lr u beside decoupled decay. Under noise its mean says how much of the
gradient's sign is left: 1 without noise, less the noisier the gradients are, whatever their size.
"""

from adamw_cli.metrics import Array, Chunk
from adamw_cli.metrics._late import Average
from adamw_cli.metrics._update import SPEC, late_updates

__all__ = ["SPEC", "Measure"]


class Measure(Average):
    """mean_t u_t per coordinate."""

    def values(self, chunk: Chunk) -> Array:
        """Return the updates."""
        return late_updates(self, chunk)
