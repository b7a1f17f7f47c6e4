"""Quartic well: flat at its bottom, steep far away.

    f(w) = sum_i a_i (w_i - c_i)^4 / 4,  df/dw_i = a_i (w_i - c_i)^3

There is no curvature at the minimiser, so that any decay, however weak, moves the point of rest: with coupled decay to where
weight_decay w = a (c - w)^3.

>>> gradient(3.5, 1.0, 1.5, 2.0)
16.0
"""

import numpy as np

from adamw_cli.landscapes._separable import CENTER, center, offset, plain
from adamw_cli.spec import Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("scale", 1.0, "a", per_coordinate=True, gt=0),
    ),
    gradient="nonlinear",
    examples=((2, {"center": (0.7, -0.3), "scale": (1.0, 3.0)}),),
)


def gradient(w, t, center, scale):
    """Gradient of one coordinate."""
    x = w - center
    return scale * x * x * x


def lower(dimension, values):
    """Return the only form of this landscape."""
    return plain(gradient, SPEC.parameters, dimension, values)


def value(w, t, values):
    """Return the loss; w : (..., d) -> (...)."""
    return (np.asarray(values["scale"]) * offset(w, values) ** 4).sum(axis=-1) / 4.0


def minimizer(dimension, values):
    """Return the center."""
    return center(dimension, values)
