"""Gradient flip: a constant gradient that reverses, to see how long momentum runs on.

    grad f_t = G for t <= flip_at, then -G;  f_t(w) = sum_i (grad f_t)_i w_i

With `period`, the sign goes on flipping every `period` steps after `flip_at`.

>>> [gradient(0.0, float(t), 2.0, 3.0, float("inf")) for t in (3, 4, 100)]
[2.0, -2.0, -2.0]
>>> [gradient(0.0, float(t), 2.0, 3.0, 2.0) for t in (3, 4, 5, 6, 7, 8)]
[2.0, -2.0, -2.0, 2.0, 2.0, -2.0]
"""

import numpy as np

from adamw_cli.landscapes._derived import spread
from adamw_cli.vocabulary import REQUIRED, Form, Landscape, Parameter, Switching


def _after(values):
    return "reversed" if values["period"] is None else "periodic"


SPEC = Landscape(
    parameters=(
        Parameter("gradient", REQUIRED, "G, the gradient until the flip", per_coordinate=True),
        Parameter("flip_at", REQUIRED, "the last step with gradient G", kind="int", ge=0),
        Parameter("period", None, "flip again every so many steps after flip_at", kind="int", ge=1),
    ),
    gradient=Switching("gradient", last="flip_at", after=_after),
    minimizer=None,  # a slope has no minimum, whichever way it points
    part=True,
    examples=((2, {"gradient": 0.7, "flip_at": 11}), (1, {"gradient": -1.0, "flip_at": 5, "period": 7})),
)


def gradient(w, t, slope, flip_at, period):
    """G or -G by the step alone; an infinite period means a single flip."""
    if t <= flip_at:
        return slope
    turns = np.floor((t - flip_at - 1.0) / period)
    return -slope if turns - 2.0 * np.floor(turns / 2.0) == 0.0 else slope


def height(w, t, slope, flip_at, period):
    """Loss of one coordinate at step t."""
    flips = (t > flip_at) * (1.0 + np.floor((t - flip_at - 1.0) / period))
    return (1.0 - 2.0 * (flips - 2.0 * np.floor(flips / 2.0))) * slope * w


def lower(dimension, values):
    """Return the only form of this landscape."""
    period = np.inf if values["period"] is None else values["period"]
    rows = tuple(spread(dimension, row) for row in (values["gradient"], values["flip_at"], period))
    return Form("plain", gradient, separable=True, rows=rows, height=height)
