"""Ackley's function: a funnel with waves on its wall, and a point at its bottom.

    f(w) = -a exp(-b r) - exp(s) + a + e,  r = sqrt(mean of x_i^2),  s = mean of cos(k x_i),  x = w - c
    df/dw_i = (a b exp(-b r) x_i/r + k exp(s) sin(k x_i)) / d, and 0 at c

The bottom is a kink: there the gradient comes from every side with the size a b / sqrt(d). The usual form has it at the
origin; `center` moves it.

Source: Ackley, "A Connectionist Machine for Genetic Hillclimbing" (1987); in this form, with any number of coordinates, Baeck,
"Evolutionary Algorithms in Theory and Practice" (1996).

>>> import numpy as np
>>> w, g = np.array([[2.0], [1.0]]), np.zeros((2, 1))
>>> gradient(w, g, 2, 1, 1.0, np.array([20.0, 0.2, 2.0 * np.pi, 1.0, 1.0]))
>>> g.ravel().round(9).tolist()   # r = 1/sqrt(2): 20 0.2 exp(-0.2 r)/(2 r) and 0
[2.455423901, 0.0]
"""

import numpy as np

from adamw_cli.landscapes._derived import offset
from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("depth", 20.0, "depth a of the funnel", gt=0),
        Parameter("steepness", 0.2, "b: the funnel widens by e over 1/b", gt=0),
        Parameter("frequency", 2.0 * np.pi, "k: waves have the length 2 pi/k", gt=0),
    ),
    minimizer="center",
    examples=((2, {"center": (0.7, -0.3)}), (3, {"center": 0.4, "depth": 5.0, "steepness": 0.5, "frequency": 3.0})),
)


def gradient(w, g, d, lanes, t, p):
    """Gradient of every coordinate; p = (a, b, k, c_0, ..., c_(d-1))."""
    a = p[0]
    b = p[1]
    k = p[2]
    for lane in range(lanes):
        squares = 0.0
        cosines = 0.0
        for i in range(d):
            x = w[i, lane] - p[3 + i]
            squares += x * x
            cosines += np.cos(k * x)
        r = np.sqrt(squares / d)
        funnel = a * b * np.exp(-b * r) / r if r > 0.0 else 0.0
        waves = k * np.exp(cosines / d)
        for i in range(d):
            x = w[i, lane] - p[3 + i]
            g[i, lane] = (funnel * x + waves * np.sin(k * x)) / d


def value(w, t, values):
    """Return the loss; w : (..., d) -> (...)."""
    x, a = offset(w, values), values["depth"]
    r = np.sqrt((x * x).mean(axis=-1))
    waves = np.exp(np.cos(values["frequency"] * x).mean(axis=-1))
    return -a * np.expm1(-values["steepness"] * r) + np.e - waves
