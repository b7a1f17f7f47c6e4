"""Bend: two slopes that meet at a kink.

    f(w) = sum_i l_i (w_i - c_i) for w_i < c_i, r_i (w_i - c_i) for w_i > c_i
    df/dw_i = l_i or r_i; at c_i the one of the two that is nearer to 0, or 0 if that is between them

`abs`, `relu`, `cliff` and `ridge` are bends with names of their own.

Source: the prototype `bend` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014, with both slopes free.

>>> [gradient(w, 1.0, 1.5, -0.25, 2.0) for w in (3.0, 1.0, 1.5)]
[2.0, -0.25, 0.0]
"""

import numpy as np

from adamw_cli.landscapes._derived import spread
from adamw_cli.vocabulary import REQUIRED, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        Parameter("center", REQUIRED, "where the slopes meet", per_coordinate=True),
        Parameter("left", REQUIRED, "gradient l on the left of the center", per_coordinate=True),
        Parameter("right", REQUIRED, "gradient r on the right of the center", per_coordinate=True),
    ),
    part=True,
    examples=(
        (2, {"center": (0.7, -0.3), "left": (-0.5, -1.0), "right": (2.0, 0.1)}),
        (2, {"center": 0.7, "left": (0.0, 3.0), "right": (2.0, 1.0)}),
    ),
)


def gradient(w, t, center, left, right):
    """Gradient of one coordinate."""
    if w == center:
        between = left * right <= 0.0
        return 0.0 if between else left if abs(left) < abs(right) else right
    return left if w < center else right


def height(w, t, center, left, right):
    """Loss of one coordinate."""
    return left * np.minimum(w - center, 0.0) + right * np.maximum(w - center, 0.0)


def minimizer(dimension, values):
    """Return the center if every left slope falls and every right slope rises, otherwise None."""
    left, right = spread(dimension, values["left"]), spread(dimension, values["right"])
    return spread(dimension, values["center"]).tolist() if np.all(left < 0.0) and np.all(right > 0.0) else None
