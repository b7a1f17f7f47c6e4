"""Sign descent with decoupled weight decay.

    w_t = w - lr (sign(g) + weight_decay w)

Source: Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems", ICML 2018.

>>> [float(w) for w in update(1.0, -3.0, 0.25, 0.0)]
[1.25]
"""

import numpy as np

from adamw_cli.vocabulary import LR, Decoupled, Parameter, Rule

SPEC = Rule(
    parameters=(LR, Parameter("weight_decay", 0.0, "decoupled decay", per_coordinate=True)),
    state=(),
    decay=Decoupled("weight_decay"),
)


def update(w, g, lr, weight_decay):
    """One step for one coordinate."""
    return (w - lr * (np.sign(g) + weight_decay * w),)
