r"""RMSprop, plain or centered, with or without momentum.

    g <- g + weight_decay w
    v_t = alpha v + (1 - alpha) g^2            a_t = alpha a + (1 - alpha) g
    b_t = momentum b + g / (sqrt(v_t) + eps)   (centered: sqrt(v_t - a_t^2) + eps)
    w_t = w - lr b_t

PyTorch's conventions: no bias correction, eps outside the root, momentum on what has been divided. Deviations: where the
divisor is 0 the quotient is 0 instead of 0/0; where rounding makes v_t - a_t^2 negative it is 0 instead of no number, which
a constant gradient comes to, with eps alone left to divide by.

Source: Tieleman and Hinton, Coursera lecture 6.5, 2012; centered: Graves, "Generating Sequences With Recurrent Neural
Networks", 2013. Reference implementation: torch.optim.RMSprop.

The first step, by hand: v = (1 - 0.75) g^2, so w moves by lr/sqrt(0.25):

>>> w, v, a, b = update(1.0, 4.0, 0.0, 0.0, 0.0, 0.1, 0.75, 0.0, 0.0, 0.0, False)
>>> round(float(w), 12), v
(0.8, 4.0)
"""

import numpy as np

from adamw_cli.vocabulary import EPS, L2, LR, Coupled, OwnStep, Parameter, Rule

SPEC = Rule(
    parameters=(
        LR,
        Parameter("alpha", 0.99, "decay rate of the averages", per_coordinate=True, ge=0, lt=1),
        EPS.but(doc="added to the root"),
        L2,
        Parameter("momentum", 0.0, "decay rate of the buffer", per_coordinate=True, ge=0),
        Parameter("centered", False, "divide by the standard deviation", kind="bool"),
    ),
    state=("v", "a", "b"),
    step=OwnStep(eps="eps"),
    decay=Coupled("weight_decay"),
    reference="torch.optim.RMSprop",
)


def update(w, g, v, a, b, lr, alpha, eps, weight_decay, momentum, centered):
    """One step for one coordinate."""
    g = g + weight_decay * w
    v = alpha * v + (1.0 - alpha) * g * g
    if centered:
        a = alpha * a + (1.0 - alpha) * g
        denominator = np.sqrt(max(v - a * a, 0.0)) + eps
    else:
        denominator = np.sqrt(v) + eps
    u = g / denominator if denominator != 0.0 else 0.0
    b = momentum * b + u
    return w - lr * b, v, a, b
