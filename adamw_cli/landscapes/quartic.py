"""Quartic well: flat at its bottom, steep far away.

    f(w) = sum_i a_i (w_i - c_i)^4 / 4,  df/dw_i = a_i (w_i - c_i)^3

There is no curvature at the minimiser, so that any decay, however weak, moves the point of rest: with coupled decay to where
weight_decay w = a (c - w)^3.

>>> gradient(3.5, 1.0, 1.5, 2.0)
16.0
"""

from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("scale", 1.0, "a", per_coordinate=True, gt=0),
    ),
    minimizer="center",
    part=True,
    examples=((2, {"center": (0.7, -0.3), "scale": (1.0, 3.0)}),),
)


def gradient(w, t, center, scale):
    """Gradient of one coordinate."""
    x = w - center
    return scale * x * x * x


def height(w, t, center, scale):
    """Loss of one coordinate."""
    x = w - center
    return 0.25 * scale * x * x * x * x
