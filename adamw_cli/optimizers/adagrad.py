r"""Adagrad: every gradient counts for ever.

    g <- g + weight_decay w
    s_t = s + g^2                              s_0 = initial_accumulator_value
    w_t = w - lr / (1 + (t - 1) lr_decay) * g / (sqrt(s_t) + eps)

Deviation: where sqrt(s_t) + eps is 0 (eps = 0 and no gradient so far) the step is 0 instead of 0/0.

Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", JMLR
2011. Reference implementation: torch.optim.Adagrad.

The first step, by hand: s = 9 + 4^2, so w moves by lr 4/5:

>>> t, first = SPEC.coefficient_values(1)
>>> w, s = update(1.0, 4.0, 0.0, 0.1, 0.0, 0.0, 9.0, 0.0, t, first)
>>> round(float(w), 12), s
(0.92, 25.0)
"""

import numpy as np

from adamw_cli.vocabulary import EPS, L2, LR, Coupled, OwnStep, Parameter, Rule

SPEC = Rule(
    parameters=(
        LR,
        Parameter("lr_decay", 0.0, "lr is divided by 1 + (t - 1) lr_decay", per_coordinate=True, ge=0),
        L2,
        Parameter("initial_accumulator_value", 0.0, "the sum of squares at the start", per_coordinate=True, ge=0),
        EPS.but(default=1e-10, doc="added to the root"),
    ),
    state=("s",),
    coefficients=("t", "first"),
    coefficient_values=lambda t: (t, (t == 1) * 1.0),
    step=OwnStep(eps="eps"),
    decay=Coupled("weight_decay"),
    reference="torch.optim.Adagrad",
)


def update(w, g, s, lr, lr_decay, weight_decay, initial_accumulator_value, eps, t, first):
    """One step for one coordinate; first = 1 at the first step, then 0."""
    g = g + weight_decay * w
    s = s + first * initial_accumulator_value + g * g
    denominator = np.sqrt(s) + eps
    u = g / denominator if denominator != 0.0 else 0.0
    return w - lr / (1.0 + (t - 1.0) * lr_decay) * u, s
