r"""Adadelta: steps in the units of the weights, from the root mean square of earlier steps.

    g <- g + weight_decay w
    v_t = rho v + (1 - rho) g^2
    u = sqrt(d + eps) / sqrt(v_t + eps) g      d_t = rho d + (1 - rho) u^2
    w_t = w - lr u

eps is inside both roots. Deviation: where v_t + eps is 0 the step is 0 instead of 0/0; with eps = 0 no weight ever moves,
as d stays 0.

Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", arXiv:1212.5701, 2012, algorithm 1; lr is an addition of the
implementations, 1 in the paper. Reference implementation: torch.optim.Adadelta.

The first step, by hand, with rho = 0.75: v = 0.25 * 16, so u = sqrt(1/(4 + 1)) 4:

>>> w, v, d = update(1.0, 4.0, 0.0, 0.0, 1.0, 0.75, 1.0, 0.0)
>>> round(float(w) - (1.0 - 4.0 / 5.0**0.5), 12) + 0.0, v, round(float(d), 12)
(0.0, 4.0, 0.8)
"""

import numpy as np

from adamw_cli.vocabulary import EPS, L2, LR, Coupled, OwnStep, Parameter, Rule

SPEC = Rule(
    parameters=(
        LR,
        Parameter("rho", 0.9, "decay rate of both averages", per_coordinate=True, ge=0, lt=1),
        EPS.but(default=1e-6, doc="added inside both roots"),
        L2,
    ),
    state=("v", "d"),
    step=OwnStep(eps="eps"),
    decay=Coupled("weight_decay"),
    reference="torch.optim.Adadelta",
)


def update(w, g, v, d, lr, rho, eps, weight_decay):
    """One step for one coordinate."""
    g = g + weight_decay * w
    v = rho * v + (1.0 - rho) * g * g
    u = np.sqrt(d + eps) / np.sqrt(v + eps) * g if v + eps != 0.0 else 0.0
    d = rho * d + (1.0 - rho) * u * u
    return w - lr * u, v, d
