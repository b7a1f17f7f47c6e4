r"""AdamW with a decay that neither the learning rate nor the schedule multiplies.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = w - weight_decay w - lr m_hat / (sqrt(v_hat) + eps)

At the end of a schedule that goes to 0 this decay goes on, where every other form stops. Deviation: where
sqrt(v_hat) + eps is 0 the gradient step is 0 instead of 0/0.

Source: a convention of implementations; AdamW: Loshchilov and Hutter, ICLR 2019, algorithm 2.
Reference implementation: pytorch_optimizer.AdEMAMix with fixed_decay=True and alpha=0, where it is AdamW with that decay.

The first step, by hand: m_hat = g and v_hat = g^2, so u = sign(g):

>>> coefficients = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v = update(1.0, 4.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, *coefficients)
>>> round(float(w), 12)   # 1 - 0.5*1 - 0.1
0.4
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, BIAS_CORRECTION, DECAY, EPS, LR, AdamStep, Decoupled, Eps, Rule

SPEC = Rule(
    parameters=(LR, DECAY.but(doc="w shrinks by weight_decay per step, whatever lr and schedule"), BETAS, EPS),
    state=("m", "v"),
    **BIAS_CORRECTION,
    step=AdamStep("beta1", "beta2", Eps("eps")),
    decay=Decoupled("weight_decay", scale="lambda"),
    reference="pytorch_optimizer.AdEMAMix",
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c1, c2):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return w - weight_decay * w - lr * u, m, v
