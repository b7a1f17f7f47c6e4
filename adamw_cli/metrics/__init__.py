"""Measured numbers, one file per metric: from the weights at every step, never from a formula of theory/.

_contract.py says what a file declares; registry.py finds it. What a file needs of it is imported from here.
"""

from adamw_cli.metrics._contract import (
    AtTheEnd,
    Chunk,
    Ending,
    Facts,
    direction,
    directions,
    finished,
    finite,
    level_of,
    norm,
    norms,
    over_coordinates,
    over_steps,
)
from adamw_cli.trace import Array

__all__ = ["Array", "AtTheEnd", "Chunk", "Ending", "Facts", "direction", "directions", "finished", "finite", "level_of"]
__all__ += ["norm", "norms", "over_coordinates", "over_steps"]
