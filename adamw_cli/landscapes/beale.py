"""Beale's function: a bent valley between sharp peaks at the corners.

    f(x, y) = (1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2

The gradient is the derivative of each square. The minimiser is (3, 1/2), where every bracket is 0.

Source: Beale, "On an iterative method for finding a local minimum of a function of more than one variable", Technical Report
25, Statistical Techniques Research Group, Princeton (1958).

>>> import numpy as np
>>> w, g = np.array([[1.0], [0.0]]), np.zeros((2, 1))
>>> gradient(w, g, 2, 1, 1.0, np.zeros(1))
>>> g.ravel().tolist()   # brackets 1/2, 5/4, 13/8: -2 (1/2 + 5/4 + 13/8), 2 (1/2)
[-6.75, 1.0]
"""

import numpy as np

from adamw_cli.vocabulary import Landscape

SPEC = Landscape(parameters=(), min_dimension=2, max_dimension=2)


def gradient(w, g, d, lanes, t, p):
    """Gradient of both coordinates."""
    for lane in range(lanes):
        x = w[0, lane]
        y = w[1, lane]
        first = 1.5 - x + x * y
        second = 2.25 - x + x * y * y
        third = 2.625 - x + x * y * y * y
        g[0, lane] = 2.0 * (first * (y - 1.0) + second * (y * y - 1.0) + third * (y * y * y - 1.0))
        g[1, lane] = 2.0 * x * (first + 2.0 * y * second + 3.0 * y * y * third)


def value(w, t, values):
    """Return the loss; w : (..., 2) -> (...)."""
    x, y = np.moveaxis(np.asarray(w, dtype=np.float64), -1, 0)
    return sum((a - x + x * y**n) ** 2 for n, a in enumerate((1.5, 2.25, 2.625), start=1))


def minimizer(dimension, values):
    """(3, 1/2)."""
    return [3.0, 0.5]
