"""Rectified line: a slope on the right of a kink, a plateau on its left.

    f(w) = sum_i s_i max(0, w_i - c_i),  df/dw_i = s_i for w_i > c_i, else 0

A weight that has come down the slope is on a plateau, where momentum and decay carry it on.

Source: the prototype `relu` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014.

>>> [gradient(w, 1.0, 1.5, 2.0) for w in (3.0, 1.0, 1.5)]
[2.0, 0.0, 0.0]
"""

import numpy as np

from adamw_cli.vocabulary import REQUIRED, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        Parameter("center", REQUIRED, "where the slope begins", per_coordinate=True),
        Parameter("slope", 1.0, "gradient s on the right of the center", per_coordinate=True, gt=0),
    ),
    minimizer=None,  # every point of the plateau is a minimiser, so none is singled out
    part=True,
    examples=((2, {"center": (0.7, -0.3), "slope": 2.0}),),
)


def gradient(w, t, center, slope):
    """Gradient of one coordinate; at the kink that of the plateau."""
    return slope if w > center else 0.0


def height(w, t, center, slope):
    """Loss of one coordinate."""
    return slope * np.maximum(w - center, 0.0)
