"""A loss that depends on the direction of the weights alone, as under a layer that normalises.

With a `direction` u, of any length:

    f(w) = s (1 - u.w / (|u| |w|)),  grad f = s/|w| ((u.n) n - u)  for |u| = 1, n = w/|w|

Without one, in two coordinates: the angle of w, in radians from the first axis, so that there is no end to the way down:

    f(w) = s atan2(w_1, w_0),  grad f = s/|w|^2 (-w_1, w_0),  |grad f| = s/|w|

The gradient is orthogonal to w and falls as 1/|w|. A step of gradient descent therefore always makes w longer, and decay alone makes
it shorter: on the second form they balance at |w|^2 = lr s / sqrt(x (2 - x)), x = lr weight_decay. At w = 0 the gradient is taken as 0.

Source: van Laarhoven, "L2 Regularization versus Batch and Weight Normalization" (2017); Wan et al., "Spherical Motion
Dynamics", NeurIPS 2021.

>>> import numpy as np
>>> w, g = np.array([[3.0], [4.0]]), np.zeros((2, 1))
>>> turning(w, g, 2, 1, 1.0, np.array([50.0]))
>>> g.ravel().tolist()   # 50/25 (-4, 3)
[-8.0, 6.0]
>>> aiming(w, g, 2, 1, 1.0, np.array([25.0, 1.0, 0.0]))   # u.n = 0.6: 5 (0.36 - 1, 0.48)
>>> g.ravel().__mul__(10).round(9).tolist()
[-32.0, 24.0]
"""

import numpy as np

from adamw_cli.landscapes._derived import spread
from adamw_cli.vocabulary import Form, Landscape, Parameter


def _constraint(values):
    direction = values["direction"]
    if direction is not None and not 0.0 < np.hypot.reduce(np.atleast_1d(direction)) < np.inf:
        return "'direction' must have a length, neither 0 nor infinite"
    return None


def _fits(dimension, values):
    if values["direction"] is None and dimension != 2:
        return f"without a 'direction' the loss is an angle, for two coordinates; 'start' has {dimension}"
    return None


SPEC = Landscape(
    parameters=(
        Parameter("strength", 1.0, "s", gt=0),
        Parameter("direction", None, "where the loss is lowest; without it w turns for ever", per_coordinate=True),
    ),
    minimizer=None,  # lengths do not matter, so no point is singled out
    min_dimension=2,
    constraint=_constraint,
    fits=_fits,
    examples=((2, {"strength": 2.0}), (3, {"direction": (3.0, 1.0, -1.0)})),
)


def turning(w, g, d, lanes, t, p):
    """Gradient of the angle; p = (s,)."""
    for lane in range(lanes):
        x = w[0, lane]
        y = w[1, lane]
        squares = x * x + y * y
        size = p[0] / squares if squares > 0.0 else 0.0
        g[0, lane] = -size * y
        g[1, lane] = size * x


def aiming(w, g, d, lanes, t, p):
    """Gradient of the cosine; p = (s, u_0, ..., u_(d-1)), u of length 1."""
    for lane in range(lanes):
        squares = 0.0
        along = 0.0
        for i in range(d):
            squares += w[i, lane] * w[i, lane]
            along += w[i, lane] * p[1 + i]
        length = np.sqrt(squares)
        size = p[0] / length if squares > 0.0 else 0.0
        back = along / squares if squares > 0.0 else 0.0
        for i in range(d):
            g[i, lane] = size * (back * w[i, lane] - p[1 + i])


def _unit(dimension, values):
    direction = spread(dimension, values["direction"])
    return direction / np.hypot.reduce(direction)


def lower(dimension, values):
    """Turning without a direction, aiming with one."""
    if values["direction"] is None:
        return Form("turning", turning, separable=False, shared=(values["strength"],))
    return Form("aiming", aiming, separable=False, shared=(values["strength"], *_unit(dimension, values)))


def value(w, t, values):
    """Return the loss; w : (..., d) -> (...)."""
    w = np.asarray(w, dtype=np.float64)
    if values["direction"] is None:
        return values["strength"] * np.arctan2(w[..., 1], w[..., 0])
    cosine = (w * _unit(w.shape[-1], values)).sum(axis=-1) / np.sqrt((w * w).sum(axis=-1))
    return values["strength"] * (1.0 - cosine)
