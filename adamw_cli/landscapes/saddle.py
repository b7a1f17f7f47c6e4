"""Saddle: every coordinate but the last has a parabola, the last has a hill between two wells.

    f(w) = sum_i a x_i^2/2 for i < d-1, + b (x^4/(4 r^2) - x^2/2) for the last,  x = w - c
    df/dw_i = a x_i, and b x (x^2/r^2 - 1) for the last

At c the gradient is 0: up in d-1 directions, down in the last, where the minimisers c +- r are. A pure quadratic
saddle, without the wells, is `quadratic` with a negative curvature.

>>> [gradient(w, 1.0, 1.5, k, q) for w, k, q in ((3.5, 2.0, 0.0), (2.5, -3.0, 3.0 / 4.0))]   # 2 2 and 3 1 (1/4 - 1)
[4.0, -2.25]
"""

import numpy as np

from adamw_cli.landscapes._derived import offset, spread
from adamw_cli.vocabulary import REQUIRED, Form, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        Parameter("center", REQUIRED, "the saddle point c", per_coordinate=True),
        Parameter("rise", 1.0, "curvature a in every direction but the last", gt=0),
        Parameter("fall", 1.0, "b: the curvature in the last direction is -b", gt=0),
        Parameter("radius", 1.0, "distance r of the minimisers from the saddle point", gt=0),
    ),
    minimizer=None,  # there are two, c - r and c + r in the last coordinate, so none is singled out
    min_dimension=2,
    examples=((2, {"center": (0.7, -0.3), "fall": 0.5}), (3, {"center": 0.4, "rise": 3.0, "radius": 2.0})),
)


def gradient(w, t, center, linear, cubic):
    """Gradient of one coordinate, linear x + cubic x^3."""
    x = w - center
    return x * (linear + cubic * x * x)


def _rows(dimension, values):
    linear, cubic = np.full(dimension, values["rise"]), np.zeros(dimension)
    linear[-1], cubic[-1] = -values["fall"], values["fall"] / values["radius"] / values["radius"]
    return linear, cubic


def lower(dimension, values):
    """Return the only form of this landscape."""
    rows = (spread(dimension, values["center"]), *_rows(dimension, values))
    return Form("plain", gradient, separable=True, rows=rows)


def value(w, t, values):
    """Return the loss; w : (..., d) -> (...)."""
    squares = offset(w, values) ** 2
    linear, cubic = _rows(np.shape(w)[-1], values)
    return (linear * squares / 2.0 + cubic * squares**2 / 4.0).sum(axis=-1)
