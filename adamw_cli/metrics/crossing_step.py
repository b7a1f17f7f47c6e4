"""The first step after which a weight has at most half its starting size, or another `fraction` of it."""

from adamw_cli.metrics import Array, Ending
from adamw_cli.metrics._crossing import SPEC, Crossing

__all__ = ["SPEC", "Measure"]


class Measure(Crossing):
    """Per coordinate, by looking at every step."""

    def result(self, ending: Ending) -> Array:
        """Return the step for every coordinate and lane."""
        return self.step
