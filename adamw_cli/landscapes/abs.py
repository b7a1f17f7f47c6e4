"""Absolute value: a push of one size from either side, however near the minimiser is.

    f(w) = sum_i s_i |w_i - c_i|,  df/dw_i = s_i sign(w_i - c_i), and 0 at c_i

A kink at c: a rule that takes steps of one size cannot come to rest there, unless its learning rate dies out.

Source: the prototype `abs` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014.

>>> [float(gradient(w, 1.0, 1.5, 2.0)) for w in (3.0, 1.0, 1.5)]
[2.0, -2.0, 0.0]
"""

import numpy as np

from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("slope", 1.0, "size s of the gradient", per_coordinate=True, gt=0),
    ),
    minimizer="center",
    part=True,
    examples=((2, {"center": (0.7, -0.3), "slope": (1.0, 2.5)}),),
)


def gradient(w, t, center, slope):
    """Gradient of one coordinate."""
    return slope * np.sign(w - center)


def height(w, t, center, slope):
    """Loss of one coordinate."""
    return slope * np.abs(w - center)
