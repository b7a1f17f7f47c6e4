"""Plateau: no gradient anywhere, so that only decay and leftover momentum move a weight.

    f(w) = 0,  grad f = 0

>>> gradient(3.0, 1.0)
0.0
"""

import numpy as np

from adamw_cli.vocabulary import Form, Landscape, Zero

SPEC = Landscape(parameters=(), gradient=Zero(), part=True, examples=((1, {}), (3, {})))


def gradient(w, t):
    """Zero for every weight and step."""
    return 0.0


def height(w, t):
    """Zero for every weight and step."""
    return 0.0


def lower(dimension, values):
    """Return the only form of this landscape."""
    return Form("plain", gradient, separable=True, height=height)


def value(w, t, values):
    """Return the loss, 0 everywhere; w : (..., d) -> (...)."""
    return np.zeros(np.shape(w)[:-1])


def minimizer(dimension, values):
    """Every point is a minimiser, so none is singled out."""
    return None
