"""Constant slope: the gradient never changes, so that a weight runs until decay holds it.

    f(w) = sum_i G_i w_i,  grad f = G

Without decay there is no minimum. With decoupled decay AdamW settles at -G / ((|G| + eps) weight_decay), the
corner of the 1/weight_decay box.

>>> gradient(3.0, 1.0, -2.0)
-2.0
"""

import numpy as np

from adamw_cli.spec import REQUIRED, Form, Landscape, Parameter

SPEC = Landscape(
    parameters=(Parameter("gradient", REQUIRED, "the slope G", per_coordinate=True),),
    gradient="constant",
    examples=((2, {"gradient": (0.3, -2.0)}),),
)


def gradient(w, t, slope):
    """G for every weight and step."""
    return slope


def lower(dimension, values):
    """Return the only form of this landscape."""
    return Form("plain", gradient, separable=True, rows=(np.broadcast_to(values["gradient"], (dimension,)),))


def value(w, t, values):
    """Return the loss, linear in w; w : (..., d) -> (...)."""
    return (np.asarray(w) * np.asarray(values["gradient"])).sum(axis=-1)


def minimizer(dimension, values):
    """A slope has no minimum."""
    return None
