r"""Cautious AdamW: no step where momentum and gradient disagree; decoupled weight decay.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    u = m_hat / (sqrt(v_hat) + eps)  if m_t g > 0, else 0
    w_t = w - lr weight_decay w - lr u         with m_hat = m_t/(1 - beta1^t), v_hat = v_t/(1 - beta2^t)

Without the factor d/(n + 1) by which the paper makes up for the steps left out, d being the number of coordinates of a
tensor and n of those that move: here each coordinate is by itself. Deviation: where sqrt(v_hat) + eps is 0 the gradient step
is 0 instead of 0/0.

Source: Liang et al., "Cautious Optimizers: Improving Training with One Line of Code", 2024, algorithm 1.
Reference implementation: pytorch_optimizer.AdEMAMix with cautious=True and alpha=0, where it is AdamW with that mask; with a
tensor for each coordinate, which makes the factor 1/2, and twice the lr for half the weight_decay.

Two steps, by hand, with gradients 4 and -1: the first moves by lr, at the second m = 0.9*0.4 - 0.1 is still positive:

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v = update(1.0, 4.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, c1, c2)
>>> round(float(w), 12)   # 1 - 0.1*0.5*1 - 0.1
0.85
>>> w, m, v = update(w, -1.0, m, v, 0.1, 0.5, 0.9, 0.999, 0.0, *SPEC.coefficient_values(2, 0.9**2, 0.999**2))
>>> round(float(w), 12), round(m, 12)   # 0.85 - 0.1*0.5*0.85
(0.8075, 0.26)
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, BIAS_CORRECTION, DECAY, EPS, LR, Decoupled, OwnStep, Rule

SPEC = Rule(
    parameters=(LR, DECAY.but(default=1e-2), BETAS, EPS),
    state=("m", "v"),
    **BIAS_CORRECTION,
    step=OwnStep(betas=("beta1", "beta2"), eps="eps"),
    decay=Decoupled("weight_decay"),
    reference="pytorch_optimizer.AdEMAMix",
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c1, c2):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 and m * g > 0.0 else 0.0
    return w - lr * weight_decay * w - lr * u, m, v
