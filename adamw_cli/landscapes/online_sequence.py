"""Reddi's sequence: one large gradient in every n, and small ones the other way in between.

    f_t(w) = sum_i g_(t,i) w_i,  g_t = C if t mod n = 1, else c  (-1 by default)

With C > n - 1 the average gradient is positive, so that the best fixed point is the lower end of the box, but a rule that divides by
a root mean square sees the large gradient shrunk. Adam with beta1 = 0, beta2 = 1/(1 + C^2) and n = 3 goes to the upper end.

With `bound` b every weight is put back into [-b, b] after each step, as the analysis of online learning has it; `bound: null` leaves
it free. Projection is not decay: a weight inside the box is not touched.

Source: Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond", ICLR 2018, section 3.

>>> [gradient(0.0, float(t), 4.0, -1.0, 3.0) for t in (1, 2, 3, 4)]
[4.0, -1.0, -1.0, 4.0]
"""

import numpy as np

from adamw_cli.landscapes._derived import spread
from adamw_cli.vocabulary import REQUIRED, Form, Landscape, Nonlinear, Parameter

SPEC = Landscape(
    parameters=(
        Parameter("peak", REQUIRED, "the large gradient C", per_coordinate=True),
        Parameter("rest", -1.0, "the gradient c at all other steps", per_coordinate=True),
        Parameter("every", 3, "n: steps 1, 1 + n, 1 + 2n, ... have the large gradient", kind="int", ge=2),
        Parameter("bound", None, "weights are put back into [-b, b] after each step", gt=0),
    ),
    gradient=Nonlinear(),  # constant in w, but the closed forms are for other sequences, and none is for a projection
    minimizer=None,  # no step's loss has a minimum; in a box the average has one at an end of it
    examples=((2, {"peak": (4.0, 2.5), "bound": 1.0}), (1, {"peak": 5.0, "rest": -0.5, "every": 4})),
)


def gradient(w, t, peak, rest, every):
    """C or c by the step alone."""
    return peak if t - every * np.floor(t / every) == 1.0 else rest


def height(w, t, peak, rest, every):
    """Loss of one coordinate at step t."""
    large = t - every * np.floor(t / every) == 1.0
    return (large * peak + (1.0 - large) * rest) * w


def lower(dimension, values):
    """Return the only form of this landscape, with its box if it has one."""
    rows, bound = tuple(spread(dimension, values[name]) for name in ("peak", "rest", "every")), values["bound"]
    box = None if bound is None else (-bound, bound)
    return Form("plain", gradient, separable=True, rows=rows, height=height, box=box)
