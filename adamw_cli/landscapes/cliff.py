"""Cliff: a gentle slope that ends at the foot of a steep wall.

    f(w) = sum_i s_i |w_i - c_i| for w_i < c_i, k_i s_i |w_i - c_i| for w_i > c_i
    df/dw_i = -s_i on the left, k_i s_i on the right, 0 at c_i

On the wall one gradient is as large as k on the slope; what a running average makes of it decides how far the next step goes.

Source: the prototype `cliff` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014; the cliffs of recurrent networks are from Pascanu,
Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.

>>> [gradient(w, 1.0, 1.5, 2.0, 10.0) for w in (3.0, 1.0, 1.5)]
[20.0, -2.0, 0.0]
"""

import numpy as np

from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("slope", 1.0, "size s of the gradient on the left", per_coordinate=True, gt=0),
        Parameter("steepness", 10.0, "how many times steeper the wall is, k", per_coordinate=True, gt=0),
    ),
    minimizer="center",
    part=True,
    examples=((2, {"center": (0.7, -0.3), "slope": (0.5, 1.0), "steepness": 12.0}),),
)


def gradient(w, t, center, slope, steepness):
    """Gradient of one coordinate."""
    if w == center:
        return 0.0
    return -slope if w < center else steepness * slope


def height(w, t, center, slope, steepness):
    """Loss of one coordinate."""
    return slope * (steepness * np.maximum(w - center, 0.0) - np.minimum(w - center, 0.0))
