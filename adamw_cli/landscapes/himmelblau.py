"""Himmelblau's function: four minima of the same depth.

    f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2
    df/dx = 4 x (x^2 + y - 11) + 2 (x + y^2 - 7),  df/dy = 2 (x^2 + y - 11) + 4 y (x + y^2 - 7)

The minimisers, with loss 0, are (3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186) and (3.584428, -1.848127). They are at
different distances from the origin, so that decay is not the same in each.

Source: Himmelblau, "Applied Nonlinear Programming" (1972).

>>> import numpy as np
>>> w, g = np.array([[1.0], [2.0]]), np.zeros((2, 1))
>>> gradient(w, g, 2, 1, 1.0, np.zeros(1))
>>> g.ravel().tolist()   # brackets -8 and -2
[-36.0, -32.0]
"""

import numpy as np

from adamw_cli.vocabulary import Landscape

SPEC = Landscape(
    parameters=(),
    minimizer=None,  # there are four, so none is singled out
    min_dimension=2,
    max_dimension=2,
)


def gradient(w, g, d, lanes, t, p):
    """Gradient of both coordinates."""
    for lane in range(lanes):
        x = w[0, lane]
        y = w[1, lane]
        first = x * x + y - 11.0
        second = x + y * y - 7.0
        g[0, lane] = 4.0 * x * first + 2.0 * second
        g[1, lane] = 2.0 * first + 4.0 * y * second


def value(w, t, values):
    """Return the loss; w : (..., 2) -> (...)."""
    x, y = np.moveaxis(np.asarray(w, dtype=np.float64), -1, 0)
    return (x * x + y - 11.0) ** 2 + (x + y * y - 7.0) ** 2
