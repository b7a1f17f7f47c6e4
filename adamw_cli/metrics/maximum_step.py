"""The first step at which a weight has its largest value; 0 is the start."""

from adamw_cli.metrics._extremes import ExtremeStep
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="steps", per_coordinate=True, undefined="never; steps after divergence do not count", shown=True)


class Measure(ExtremeStep):
    """Per coordinate, over every step."""
