"""Rosenbrock's valley, in any dimension from two.

    f(w) = sum_i b (w[i+1] - w[i]^2)^2 + (a - w[i])^2,  i = 0 .. d-2

The gradient couples neighbouring coordinates. The minimiser is (a, a^2) in two dimensions and (1, ..., 1)
in any dimension if a = 1.

Source: Rosenbrock, "An automatic method for finding the greatest or least value of a function", The Computer
Journal 3 (1960); the chained form is the usual generalisation.

>>> import numpy as np
>>> w, g = np.array([[-1.0], [2.0]]), np.zeros((2, 1))
>>> gradient(w, g, 2, 1, 1.0, np.array([1.0, 100.0]))
>>> g.ravel().tolist()   # -4b(-1)(2-1) - 2(1+1), 2b(2-1)
[396.0, 200.0]
"""

import numpy as np

from adamw_cli.vocabulary import Landscape, Parameter

SPEC = Landscape(
    parameters=(
        Parameter("a", 1.0, "the valley's bottom along the first coordinate"),
        Parameter("b", 100.0, "steepness of the valley's walls", gt=0),
    ),
    min_dimension=2,
    examples=((2, {}), (5, {"b": 10.0})),
)


def gradient(w, g, d, lanes, t, p):
    """Gradient of every coordinate; p = (a, b)."""
    a = p[0]
    b = p[1]
    for lane in range(lanes):
        g[d - 1, lane] = 0.0
    for i in range(d - 1):
        for lane in range(lanes):
            x = w[i, lane]
            g[i, lane] = -4.0 * b * x * (w[i + 1, lane] - x * x) - 2.0 * (a - x)
    for i in range(1, d):
        for lane in range(lanes):
            x = w[i - 1, lane]
            g[i, lane] += 2.0 * b * (w[i, lane] - x * x)


def value(w, t, values):
    """Return the loss; w : (..., d) -> (...)."""
    w = np.asarray(w)
    x, following = w[..., :-1], w[..., 1:]
    return (values["b"] * (following - x * x) ** 2 + (values["a"] - x) ** 2).sum(axis=-1)


def minimizer(dimension, values):
    """(a, a^2) in two dimensions, (1, ..., 1) if a = 1; otherwise not known in closed form, or not a float."""
    if values["a"] == 1.0:
        return [1.0] * dimension
    square = values["a"] * values["a"]  # a power would raise where a product is infinite
    return [values["a"], square] if dimension == 2 and np.isfinite(square) else None
