"""The first step after which a weight is at most half its starting size, |w_n| <= |w_0|/2."""

from __future__ import annotations

from adamw_cli.metrics._contract import Ending
from adamw_cli.metrics._crossing import HalfCrossing
from adamw_cli.spec import Metric
from adamw_cli.trace import Array

SPEC = Metric(unit="steps", per_coordinate=True, undefined="the weight starts at 0 or never gets that small")


class Measure(HalfCrossing):
    """Per coordinate, by looking at every step."""

    def result(self, ending: Ending) -> Array:
        """Return the step for every coordinate and lane."""
        return self.step
