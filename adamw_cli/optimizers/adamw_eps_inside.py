r"""AdamW with eps inside the root.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = w - lr weight_decay w - lr m_hat / sqrt(v_hat + eps)

A gradient far below sqrt(eps) moves a weight by lr g/sqrt(eps), where AdamW has lr g/eps: the same number means another
thing here, and eps = 1e-16 is nearest to AdamW's 1e-8. Deviation: where v_hat + eps is 0 the gradient step is 0 instead of
0/0.

Source: a convention of implementations; AdamW: Loshchilov and Hutter, ICLR 2019, algorithm 2.
Reference implementation: optax.adamw with eps=0 and this eps as eps_root.

The first step, by hand: m_hat = 3, v_hat = 9 and eps = 16, so u = 3/5:

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v = update(1.0, 3.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 16.0, c1, c2)
>>> round(float(w), 12)   # 1 - 0.1*0.5*1 - 0.1*0.6
0.89
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, BIAS_CORRECTION, DECAY, EPS, LR, AdamStep, Decoupled, Eps, Rule

SPEC = Rule(
    parameters=(LR, DECAY.but(default=1e-2), BETAS, EPS.but(doc="added to v_hat inside the root")),
    state=("m", "v"),
    **BIAS_CORRECTION,
    step=AdamStep("beta1", "beta2", Eps("eps", "inside")),
    decay=Decoupled("weight_decay"),
    reference="optax.adamw",
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c1, c2):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2 + eps)
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return w - lr * weight_decay * w - lr * u, m, v
