r"""AdamC: AdamW whose decay follows the square of the schedule, for weights in front of a normalisation.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = w - (lr_t^2 / lr_max) weight_decay w - lr_t m_hat / (sqrt(v_hat) + eps)

lr_t is lr times the schedule's factor s, and lr_max is lr: the learning rate where the factor is 1. So the decay is
lr s^2 weight_decay, and is that of AdamW where s is 1. Weights whose size has no effect on the loss settle where decay and
gradient balance, at a size that does not change with s then. Deviation: where sqrt(v_hat) + eps is 0 the gradient step is 0
instead of 0/0.

Source: Defazio, "Why Gradients Rapidly Increase Near the End of Training", arXiv:2506.02285, 2025, algorithm 1. No
reference implementation: the one in pytorch_optimizer has eps elsewhere. Checked against the formula in plain Python.

The first step, by hand: m_hat = g and v_hat = g^2, so u = sign(g):

>>> coefficients = SPEC.coefficient_values(1, 0.9**1, 0.999**1, 0.5)
>>> w, m, v = update(1.0, 4.0, 0.0, 0.0, 0.05, 0.5, 0.9, 0.999, 0.0, *coefficients)
>>> round(float(w), 12)   # lr = 0.1, s = 0.5: 1 - 0.1*0.25*0.5*1 - 0.05
0.9375
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, DECAY, EPS, LR, AdamStep, Decoupled, Eps, Rule

SPEC = Rule(
    parameters=(
        LR,
        DECAY.but(default=1e-2, doc="decoupled decay; w shrinks by lr*schedule^2*weight_decay per step"),
        BETAS,
        EPS,
    ),
    state=("m", "v"),
    coefficients=("c1", "c2", "schedule"),
    coefficient_arguments=("beta1", "beta2"),
    coefficient_inputs=("schedule",),
    coefficient_values=lambda t, beta1_t, beta2_t, schedule: (1.0 / (1.0 - beta1_t), 1.0 / (1.0 - beta2_t), schedule),
    step=AdamStep("beta1", "beta2", Eps("eps")),
    decay=Decoupled("weight_decay", scale="lr*schedule*lambda"),
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c1, c2, schedule):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t), lr is multiplied by schedule."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return w - lr * schedule * weight_decay * w - lr * u, m, v
