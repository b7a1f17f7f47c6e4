"""Laplacian well: a kink at its bottom, a plateau far away.

    f(w) = sum_i D_i (1 - exp(-|w_i - c_i| / s_i)),  df/dw_i = D_i/s_i sign(w_i - c_i) exp(-|w_i - c_i| / s_i), and 0 at c_i

The gradient grows all the way to the bottom.

Source: the prototype `laplace` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014.

>>> [round(float(gradient(w, 1.0, 1.5, 2.0, 4.0)), 12) for w in (1.5, 3.5)]   # (4/2) exp(-1)
[0.0, 0.735758882343]
"""

import numpy as np

from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("width", 1.0, "the gradient falls by e over s", per_coordinate=True, gt=0),
        Parameter("depth", 1.0, "depth D of the well", per_coordinate=True, gt=0),
    ),
    minimizer="center",
    part=True,
    examples=((2, {"center": (0.7, -0.3), "width": (0.5, 2.0), "depth": 1.5}),),
)


def gradient(w, t, center, width, depth):
    """Gradient of one coordinate."""
    x = (w - center) / width
    return depth / width * np.sign(x) * np.exp(-abs(x))


def height(w, t, center, width, depth):
    """Loss of one coordinate."""
    return -depth * np.expm1(-np.abs(w - center) / width)
