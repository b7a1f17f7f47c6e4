r"""Lion: the sign of a mixture of gradient and momentum, with decoupled weight decay.

    u = sign(beta1 m + (1 - beta1) g)          m_t = beta2 m + (1 - beta2) g
    w_t = w - lr (u + weight_decay w)

Every step is lr long, or 0 where the mixture is exactly 0. The average m is updated after it has been used.

Source: Chen et al., "Symbolic Discovery of Optimization Algorithms", NeurIPS 2023, algorithm 2.
Reference implementation: optax.lion.

Two steps, by hand, with gradients 4 and -1: m = 0.01*4, and 0.9*0.04 - 0.1 is negative:

>>> w, m = update(1.0, 4.0, 0.0, 0.1, 0.5, 0.9, 0.99)
>>> round(float(w), 12), round(m, 12)   # 1 - 0.1*(1 + 0.5*1)
(0.85, 0.04)
>>> w, m = update(w, -1.0, m, 0.1, 0.0, 0.9, 0.99)
>>> round(float(w), 12), round(m, 12)
(0.95, 0.0296)
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, DECAY, LR, Decoupled, Rule, SignStep

SPEC = Rule(
    parameters=(
        LR,
        DECAY.but(default=1e-3),
        BETAS.but(default=(0.9, 0.99), doc="weight of m in the mixture, decay rate of m"),
    ),
    state=("m",),
    step=SignStep(mixture="beta1", average="beta2"),
    decay=Decoupled("weight_decay"),
    reference="optax.lion",
)


def update(w, g, m, lr, weight_decay, beta1, beta2):
    """One step for one coordinate."""
    u = np.sign((1.0 - beta1) * g + beta1 * m)
    m = beta2 * m + (1.0 - beta2) * g
    return w - lr * (u + weight_decay * w), m
