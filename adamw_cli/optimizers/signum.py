r"""Signum: the sign of an average of gradients, with decoupled weight decay; sign descent with beta = 0.

    m_t = beta m + (1 - beta) g
    w_t = w - lr (sign(m_t) + weight_decay w)

Source: Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems", ICML 2018, algorithm 2.
Reference implementation: optax.signum, which has no decay.

The first step, by hand: 1 - 0.1 (sign(0.4) + 0.5*1):

>>> w, m = update(1.0, 4.0, 0.0, 0.1, 0.9, 0.5)
>>> round(float(w), 12), round(m, 12)
(0.85, 0.4)
"""

import numpy as np

from adamw_cli.vocabulary import DECAY, LR, Decoupled, Parameter, Rule, SignStep

SPEC = Rule(
    parameters=(LR, Parameter("beta", 0.9, "decay rate of the average", per_coordinate=True, ge=0, lt=1), DECAY),
    state=("m",),
    step=SignStep(mixture="beta", average="beta"),
    decay=Decoupled("weight_decay"),
    reference="optax.signum",
)


def update(w, g, m, lr, beta, weight_decay):
    """One step for one coordinate."""
    m = beta * m + (1.0 - beta) * g
    return w - lr * (np.sign(m) + weight_decay * w), m
