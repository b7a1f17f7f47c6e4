"""A well of the sixth power.

    f(w) = sum_i (w_i - c_i)^6 / 6,  grad f = (w - c)^5

>>> gradient(3.0, 1.0, 1.0)
32.0
"""

import numpy as np

from adamw_cli.vocabulary import REQUIRED, Form, Landscape, Nonlinear, Parameter

SPEC = Landscape(
    parameters=(Parameter("center", REQUIRED, "the minimiser", per_coordinate=True),),
    gradient=Nonlinear(),
    examples=((2, {"center": (1.0, -0.5)}),),
)


def gradient(w, t, center):
    """Gradient of one coordinate."""
    x = w - center
    return x * x * x * x * x


def lower(dimension, values):
    """Return the only form of this landscape."""
    return Form("plain", gradient, separable=True, rows=(np.broadcast_to(values["center"], (dimension,)),))


def value(w, t, values):
    """Return the loss; w : (..., d) -> (...)."""
    return ((np.asarray(w) - np.asarray(values["center"])) ** 6).sum(axis=-1) / 6


def minimizer(dimension, values):
    """Return the center."""
    return [float(c) for c in np.broadcast_to(values["center"], (dimension,))]
