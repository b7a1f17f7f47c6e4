"""A well of the sixth power.

    f(w) = sum_i (w_i - c_i)^6 / 6,  grad f = (w - c)^5

>>> gradient(3.0, 1.0, 1.0)
32.0
"""

from adamw_cli.vocabulary import CENTER, Landscape, Nonlinear

SPEC = Landscape(
    parameters=(CENTER,),
    gradient=Nonlinear(),
    minimizer="center",
    part=True,
    examples=((2, {"center": (1.0, -0.5)}),),
)


def gradient(w, t, center):
    """Gradient of one coordinate."""
    x = w - center
    return x * x * x * x * x


def height(w, t, center):
    """Loss of one coordinate."""
    x = w - center
    return x * x * x * x * x * x / 6.0
