"""Exponential descent: a slope that flattens out and never ends.

    f(w) = sum_i a_i exp(-k_i (w_i - c_i)),  df/dw_i = -a_i k_i exp(-k_i (w_i - c_i))

The infimum 0 is at infinity: without decay a weight goes on for ever, ever more slowly by gradient descent. Coupled decay
holds it where weight_decay w = a k exp(-k (w - c)).

Source: the prototype `expon` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014.

>>> [float(gradient(w, 1.0, 1.5, 0.5, 2.0)) for w in (1.5, float("inf"))]
[-1.0, -0.0]
"""

import numpy as np

from adamw_cli.vocabulary import REQUIRED, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        Parameter("center", REQUIRED, "where the loss is the scale", per_coordinate=True),
        Parameter("rate", 1.0, "the slope falls by e over 1/rate, k", per_coordinate=True, gt=0),
        Parameter("scale", 1.0, "loss at the center, a", per_coordinate=True, gt=0),
    ),
    minimizer=None,  # the infimum is at infinity, so there is none
    part=True,
    examples=((2, {"center": (0.7, -0.3), "rate": (0.5, 2.0), "scale": 1.5}),),
)


def gradient(w, t, center, rate, scale):
    """Gradient of one coordinate."""
    return -scale * rate * np.exp(-rate * (w - center))


def height(w, t, center, rate, scale):
    """Loss of one coordinate."""
    return scale * np.exp(-rate * (w - center))
