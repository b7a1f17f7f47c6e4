r"""AdamW with an exact proximal step in place of its decay.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = (w - lr m_hat / (sqrt(v_hat) + eps)) / (1 + lr weight_decay)

The minimiser of |w' - (w - lr u)|^2/2 + lr weight_decay |w'|^2/2, of which AdamW's step is the first-order
approximation: 1 - x against 1/(1 + x), with x = lr weight_decay. It shrinks weights for every x above 0, where
AdamW's decay changes their sign above 1 and diverges above 2. amsgrad and eps = 0 are as in adamw.

Source: Zhuang et al., "Understanding AdamW through Proximal Methods and Scale-Freeness", TMLR 2022.
No reference implementation in torch.optim; with weight_decay 0 it is torch.optim.Adam.

The first step, by hand: m_hat = g and v_hat = g^2, so w moves by lr sign(g) and is divided by 1 + lr weight_decay:

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v, v_max = update(1.0, 4.0, 0.0, 0.0, 0.0, 0.1, 2.0, 0.9, 0.999, 0.0, c1, c2, False)
>>> round(float(w), 12)   # (1 - 0.1) / (1 + 0.1*2)
0.75
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
    parameters=(
        LR,
        DECAY.but(default=1e-2, doc="strength of the proximal step; w is divided by 1 + lr*weight_decay"),
        BETAS,
        EPS,
        AMSGRAD,
    ),
    state=("m", "v", "v_max"),
    **BIAS_CORRECTION,
    step=AdamStep("beta1", "beta2", Eps("eps"), maximum=Maximum(switch="amsgrad")),
    decay=Decoupled("weight_decay", order="new", shrink="1/(1 + x)"),
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
    return (w - lr * u) / (1.0 + lr * weight_decay), m, v, v_max
