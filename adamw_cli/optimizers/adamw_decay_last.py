r"""AdamW with the decay last: the gradient step first, then the decay of what it has moved.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = (1 - lr weight_decay) (w - lr m_hat / (sqrt(v_hat) + eps))

What "decay after the step" means if it is taken by its word. AdamW as published and as PyTorch has it decays the
weight from before the step. The two differ by lr^2 weight_decay u per step: under a constant gradient this one settles at
(1 - lr weight_decay)/weight_decay instead of 1/weight_decay. amsgrad and eps = 0 are as in adamw.

Source: catalogue, implementation notes; for an implementation that once did this, the 8-bit AdamW of bitsandbytes.
No reference implementation in torch.optim; with weight_decay 0 it is torch.optim.Adam.

The first step, by hand: m_hat = g and v_hat = g^2, so w moves by lr sign(g) and shrinks by 1 - lr weight_decay:

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v, v_max = update(1.0, 4.0, 0.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, c1, c2, False)
>>> round(float(w), 12)   # (1 - 0.1*0.5) (1 - 0.1)
0.855
"""

import numpy as np

from adamw_cli.vocabulary import (
    AMSGRAD,
    BETAS,
    BIAS_CORRECTION,
    DECAY,
    EPS,
    LR,
    AdamStep,
    Decoupled,
    Eps,
    Maximum,
    Rule,
)

SPEC = Rule(
    parameters=(LR, DECAY.but(default=1e-2, doc="decoupled decay, after the gradient step"), BETAS, EPS, AMSGRAD),
    state=("m", "v", "v_max"),
    **BIAS_CORRECTION,
    step=AdamStep("beta1", "beta2", Eps("eps"), maximum=Maximum(switch="amsgrad")),
    decay=Decoupled("weight_decay", order="new"),
)


def update(w, g, m, v, v_max, lr, weight_decay, beta1, beta2, eps, c1, c2, amsgrad):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    if amsgrad:
        v_max = max(v_max, v)
        denominator = np.sqrt(v_max * c2) + eps
    else:
        denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    moved = w - lr * u
    return moved - lr * weight_decay * moved, m, v, v_max
