"""A bowl in a plateau: a sigmoid of the distance from the center.

    f(w) = 1/(1 + exp(-z)),  z = s (|w - c|^2 - r^2),  grad f = 2 s f (1 - f) (w - c)

Within the radius r there is a bowl; a little beyond it the gradient is down by exp(-z), and decay and leftover momentum alone move
a weight. f (1 - f) is computed as e/(1 + e)^2 with e = exp(-|z|), which neither overflows nor loses digits.

>>> import numpy as np
>>> w, g = np.array([[2.0], [0.5]]), np.zeros((2, 1))
>>> gradient(w, g, 2, 1, 1.0, np.array([3.0, 1.0, 1.0, 0.5]))   # |w - c| = r, so f = 1/2: 2 3 (1/4) (1, 0)
>>> g.ravel().tolist()
[1.5, 0.0]
"""

import numpy as np

from adamw_cli.landscapes._derived import offset
from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("steepness", 1.0, "s", gt=0),
        Parameter("radius", 1.0, "distance r from the center at which f = 1/2", ge=0),
    ),
    minimizer="center",
    examples=((2, {"center": (0.7, -0.3), "steepness": 3.0}), (1, {"center": 2.0, "radius": 0.5})),
)


def gradient(w, g, d, lanes, t, p):
    """Gradient of every coordinate; p = (s, r, c_0, ..., c_(d-1))."""
    s = p[0]
    r = p[1]
    for lane in range(lanes):
        squares = 0.0
        for i in range(d):
            x = w[i, lane] - p[2 + i]
            squares += x * x
        e = np.exp(-abs(s * (squares - r * r)))
        size = 2.0 * s * e / ((1.0 + e) * (1.0 + e))
        for i in range(d):
            g[i, lane] = size * (w[i, lane] - p[2 + i])


def value(w, t, values):
    """Return the loss, between 0 and 1; w : (..., d) -> (...)."""
    r = values["radius"]
    z = values["steepness"] * ((offset(w, values) ** 2).sum(axis=-1) - r * r)
    return 0.5 * (1.0 + np.tanh(0.5 * z))
