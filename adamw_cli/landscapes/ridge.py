"""Ridge: an edge beyond which a slope goes down more steeply.

    f(w) = sum_i s_i (w_i - c_i) for w_i > c_i, k_i s_i (w_i - c_i) for w_i < c_i
    df/dw_i = s_i on the right and at c_i, k_i s_i on the left

The way down goes from right to left, without end.

Source: the prototype `ridge` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014.

>>> [gradient(w, 1.0, 1.5, 2.0, 10.0) for w in (3.0, 1.0, 1.5)]
[2.0, 20.0, 2.0]
"""

import numpy as np

from adamw_cli.vocabulary import REQUIRED, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        Parameter("center", REQUIRED, "where the edge is", per_coordinate=True),
        Parameter("slope", 1.0, "gradient s on the right of the edge", per_coordinate=True, gt=0),
        Parameter("steepness", 10.0, "how many times steeper it is beyond the edge, k", per_coordinate=True, gt=0),
    ),
    minimizer=None,  # it goes down for ever, so there is none
    part=True,
    examples=((2, {"center": (0.7, -0.3), "slope": (0.5, 1.0), "steepness": 12.0}),),
)


def gradient(w, t, center, slope, steepness):
    """Gradient of one coordinate."""
    return steepness * slope if w < center else slope


def height(w, t, center, slope, steepness):
    """Loss of one coordinate."""
    return slope * (steepness * np.minimum(w - center, 0.0) + np.maximum(w - center, 0.0))
