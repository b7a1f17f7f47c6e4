"""What landscapes share in which every coordinate has a scalar gradient of its own, with parameters per coordinate."""

import numpy as np

from adamw_cli.vocabulary import REQUIRED, Form, Parameter

# Required: with the optimum at the origin, decay would be rewarded for nothing.
CENTER = Parameter("center", REQUIRED, "the minimiser c", per_coordinate=True)


def plain(gradient, height, parameters, dimension, values, box=None):
    """Return the form of `gradient(w, t, *parameters)` and `height`, one number per coordinate and parameter."""
    rows = tuple(spread(dimension, values[p.name]) for p in parameters)
    return Form("plain", gradient, separable=True, rows=rows, height=height, box=box)


def total(height, parameters, w, t, values):
    """Return the sum of `height` over the coordinates; w : (..., d), t : (...) -> (...) float64."""
    rows = (np.asarray(values[p.name], dtype=np.float64) for p in parameters)
    return height(np.asarray(w, dtype=np.float64), np.asarray(t)[..., None], *rows).sum(axis=-1)


def spread(dimension, value):
    """Return a parameter with one value per coordinate, (d,) float64."""
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (dimension,))


def center(dimension, values):
    """Return the center as a minimiser: one float per coordinate."""
    return spread(dimension, values["center"]).tolist()


def offset(w, values):
    """Return w - c; w : (..., d) -> (..., d) float64."""
    return np.asarray(w, dtype=np.float64) - np.asarray(values["center"], dtype=np.float64)
