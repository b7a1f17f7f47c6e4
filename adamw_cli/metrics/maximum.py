"""The largest value that a weight has at any step, the start included."""

from adamw_cli.metrics._extremes import Extreme
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=True, undefined="never; steps after divergence do not count", shown=True)


class Measure(Extreme):
    """Per coordinate, over every step."""
