"""Gaussian well: a bowl at its bottom, a plateau far away.

    f(w) = sum_i D_i (1 - exp(-(w_i - c_i)^2 / (2 s_i^2)))
    df/dw_i = D_i (w_i - c_i)/s_i^2 exp(-(w_i - c_i)^2 / (2 s_i^2))

The gradient is largest at the distance s. From a few s on it is next to nothing, and decay does what it does on a plateau.

Source: the prototype `gauss` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014.

>>> [round(float(gradient(w, 1.0, 1.5, 2.0, 4.0)), 12) for w in (1.5, 3.5)]   # 0 and 4 (2/4) exp(-1/2)
[0.0, 1.213061319425]
"""

import numpy as np

from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("width", 1.0, "distance s of the steepest places from the center", per_coordinate=True, gt=0),
        Parameter("depth", 1.0, "depth D of the well", per_coordinate=True, gt=0),
    ),
    minimizer="center",
    part=True,
    examples=((2, {"center": (0.7, -0.3), "width": (0.5, 2.0), "depth": 1.5}),),
)


def gradient(w, t, center, width, depth):
    """Gradient of one coordinate."""
    x = (w - center) / width
    return depth / width * x * np.exp(-0.5 * x * x)


def height(w, t, center, width, depth):
    """Loss of one coordinate."""
    x = (w - center) / width
    return -depth * np.expm1(-0.5 * x * x)
