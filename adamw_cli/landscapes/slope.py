"""Constant slope: the gradient never changes, so that a weight runs until decay holds it.

    f(w) = sum_i G_i w_i,  grad f = G

Without decay there is no minimum. With decoupled decay AdamW settles at -G / ((|G| + eps) weight_decay), the
corner of the 1/weight_decay box.

The prototype `line` of Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014.

>>> gradient(3.0, 1.0, -2.0)
-2.0
"""

from adamw_cli.vocabulary import REQUIRED, Constant, Landscape, Parameter

SPEC = Landscape(
    parameters=(Parameter("gradient", REQUIRED, "the slope G", per_coordinate=True),),
    gradient=Constant("gradient"),
    minimizer=None,  # a slope has no minimum
    part=True,
    examples=((2, {"gradient": (0.3, -2.0)}),),
)


def gradient(w, t, gradient):
    """G for every weight and step."""
    return gradient


def height(w, t, gradient):
    """Loss of one coordinate."""
    return gradient * w
