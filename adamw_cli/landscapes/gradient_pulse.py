"""Gradient pulse: a constant gradient that stops, to see the momentum that is left.

    grad f_t = G for t <= pulse_steps, then 0;  f_t(w) = sum_i (grad f_t)_i w_i

>>> [gradient(0.0, float(t), 2.0, 3.0) for t in (3, 4)]
[2.0, 0.0]
"""

import numpy as np

from adamw_cli.spec import REQUIRED, Form, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        Parameter("gradient", REQUIRED, "G, the gradient during the pulse", per_coordinate=True),
        Parameter("pulse_steps", REQUIRED, "the last step with a gradient", kind="int", ge=0),
    ),
    gradient="switching",
    turn_step=lambda values: values["pulse_steps"],
    after_turn=lambda values: "zero",
    examples=((2, {"gradient": (1.0, -0.5), "pulse_steps": 9}),),
)


def gradient(w, t, slope, pulse_steps):
    """G during the pulse, then 0."""
    return slope if t <= pulse_steps else 0.0


def lower(dimension, values):
    """Return the only form of this landscape."""
    rows = tuple(np.broadcast_to(row, (dimension,)) for row in (values["gradient"], values["pulse_steps"]))
    return Form("plain", gradient, separable=True, rows=rows)


def value(w, t, values):
    """Return the loss at step t, linear in w during the pulse; w : (..., d), t : (...) -> (...)."""
    height = np.where(np.asarray(t) <= values["pulse_steps"], 1.0, 0.0)
    return height * (np.asarray(w) * np.asarray(values["gradient"])).sum(axis=-1)


def minimizer(dimension, values):
    """Neither a slope nor a plateau singles out a minimiser."""
    return None
