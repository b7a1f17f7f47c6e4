"""Logarithm of the hyperbolic cosine: a smooth absolute value.

    f(w) = sum_i s_i/k_i log cosh(k_i (w_i - c_i)),  df/dw_i = s_i tanh(k_i (w_i - c_i))

A bowl of curvature s k at its bottom, a slope of size s far away.

>>> import math
>>> gradient(1.5 + math.atanh(0.5) / 4.0, 1.0, 1.5, 2.0, 4.0).round(12)
np.float64(1.0)
"""

import numpy as np

from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("slope", 1.0, "size s of the gradient far away", per_coordinate=True, gt=0),
        Parameter("sharpness", 1.0, "the slope is reached within about 1/k", per_coordinate=True, gt=0),
    ),
    minimizer="center",
    part=True,
    examples=((2, {"center": (0.7, -0.3), "slope": (1.0, 3.0), "sharpness": (0.5, 4.0)}),),
)


def gradient(w, t, center, slope, sharpness):
    """Gradient of one coordinate."""
    return slope * np.tanh(sharpness * (w - center))


def height(w, t, center, slope, sharpness):
    """Loss of one coordinate."""
    x = np.abs(sharpness * (w - center))
    # cosh itself overflows from 711 on
    return slope / sharpness * (x + np.log1p(np.exp(-2.0 * x)) - np.log(2.0))
