"""The function of Styblinski and Tang: two wells per coordinate, the deeper one on the negative side.

    f(w) = sum_i (w_i^4 - 16 w_i^2 + 5 w_i) / 2,  df/dw_i = 2 w_i^3 - 16 w_i + 5/2

The minimiser is -2.903534 in every coordinate, with a loss of -39.16617 each; the other well is at 2.746803. Both are roots of
w^3 - 8 w + 5/4 = 0, and known as cosines.

Source: Styblinski and Tang, "Experiments in nonconvex optimization: stochastic approximation with function smoothing and simulated
annealing", Neural Networks 3 (1990).

>>> gradient(1.0, 1.0)
-11.5
"""

import math

from adamw_cli.vocabulary import Landscape

SPEC = Landscape(parameters=(), part=True, examples=((1, {}), (3, {})))


def gradient(w, t):
    """Gradient of one coordinate."""
    return 2.0 * w * w * w - 16.0 * w + 2.5


def height(w, t):
    """Loss of one coordinate."""
    return 0.5 * w * (5.0 + w * (w * w - 16.0))


def minimizer(dimension, values):
    """Return the lowest root in every coordinate."""
    size = 2.0 * math.sqrt(8.0 / 3.0)  # w = size cos(a) turns w^3 - 8w + 5/4 = 0 into cos(3a) = -5/size^3
    return [size * math.cos((math.acos(-5.0 / size**3) + 2.0 * math.pi) / 3.0)] * dimension
