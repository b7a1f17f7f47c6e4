r"""AdamW with cautious weight decay: decay only where the gradient step does not pull away from 0.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    u = m_hat / (sqrt(v_hat) + eps)            with m_hat = m_t/(1 - beta1^t), v_hat = v_t/(1 - beta2^t)
    w_t = w - lr (u + weight_decay w)  if u w >= 0,  else w - lr u

A step that takes a weight outwards is not held back, so no box |w| <= 1/weight_decay holds weights under a gradient; without
any gradient it is AdamW's decay. Deviation: where sqrt(v_hat) + eps is 0 the gradient step is 0 instead of 0/0.

Source: Chen et al., "Cautious Weight Decay", arXiv:2510.12402, 2025, algorithm 1 on AdamW. No reference implementation:
checked against the paper's algorithm in plain Python.

The first step, by hand, where u = sign(g): inwards with decay, outwards without:

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v = update(1.0, 4.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, c1, c2)
>>> round(float(w), 12)   # 1 - 0.1 - 0.1*0.5*1
0.85
>>> w, m, v = update(1.0, -4.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, c1, c2)
>>> round(float(w), 12)
1.1
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, BIAS_CORRECTION, DECAY, EPS, LR, AdamStep, Eps, OwnDecay, Rule

SPEC = Rule(
    parameters=(LR, DECAY.but(default=1e-2, doc="decoupled decay where a step does not lead outwards"), BETAS, EPS),
    state=("m", "v"),
    **BIAS_CORRECTION,
    step=AdamStep("beta1", "beta2", Eps("eps")),
    decay=OwnDecay("weight_decay"),
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c1, c2):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    shrunk = lr * weight_decay * w if u * w >= 0.0 else 0.0
    return w - shrunk - lr * u, m, v
