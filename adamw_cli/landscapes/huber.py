"""Huber loss: a parabola that goes on as two lines.

    f(w) = sum_i h_i x_i^2 / 2 for |x_i| <= k_i, h_i k_i (|x_i| - k_i/2) beyond, with x = w - c
    df/dw_i = h_i x_i, at most h_i k_i in size

Source: Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35 (1964).

>>> [float(gradient(w, 1.0, 1.5, 4.0, 0.5)) for w in (1.75, 3.5, -9.0)]
[1.0, 2.0, -2.0]
"""

import numpy as np

from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("curvature", 1.0, "second derivative h of the parabola", per_coordinate=True, gt=0),
        Parameter("threshold", 1.0, "distance k at which the lines begin", per_coordinate=True, gt=0),
    ),
    minimizer="center",
    part=True,
    examples=((2, {"center": (0.7, -0.3), "curvature": (1.0, 3.0), "threshold": (0.5, 1.2)}),),
)


def gradient(w, t, center, curvature, threshold):
    """Gradient of one coordinate."""
    x = w - center
    return curvature * (x if abs(x) <= threshold else threshold * np.sign(x))


def height(w, t, center, curvature, threshold):
    """Loss of one coordinate."""
    x = np.abs(w - center)
    near = np.minimum(x, threshold)
    return curvature * near * (x - 0.5 * near)
