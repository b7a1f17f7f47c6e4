"""Constant slope: the gradient never changes, so that a weight runs until decay holds it.

    f(w) = sum_i G_i w_i,  grad f = G

Without decay there is no minimum. With decoupled decay AdamW settles at -G / ((|G| + eps) weight_decay), the
corner of the 1/weight_decay box.

The prototype `line` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014.

>>> gradient(3.0, 1.0, -2.0)
-2.0
"""

from adamw_cli.landscapes._separable import plain, total
from adamw_cli.vocabulary import REQUIRED, Constant, Landscape, Parameter

SPEC = Landscape(
    parameters=(Parameter("gradient", REQUIRED, "the slope G", per_coordinate=True),),
    gradient=Constant("gradient"),
    part=True,
    examples=((2, {"gradient": (0.3, -2.0)}),),
)


def gradient(w, t, slope):
    """G for every weight and step."""
    return slope


def height(w, t, slope):
    """Loss of one coordinate."""
    return slope * w


def lower(dimension, values):
    """Return the only form of this landscape."""
    return plain(gradient, height, SPEC.parameters, dimension, values)


def value(w, t, values):
    """Return the loss, linear in w; w : (..., d) -> (...)."""
    return total(height, SPEC.parameters, w, t, values)


def minimizer(dimension, values):
    """A slope has no minimum."""
    return None
