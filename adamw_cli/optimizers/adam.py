r"""Adam, without decay.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = w - lr m_hat / (sqrt(v_hat) + eps)

With amsgrad, v_hat uses the running maximum of v_t, taken before the correction. Deviation: where
sqrt(v_hat) + eps is 0 the step is 0 instead of 0/0.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.
Reference implementation: torch.optim.Adam with weight_decay=0.

The first step, by hand: m_hat = g and v_hat = g^2, so w moves by lr against the sign of g:

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v, v_max = update(1.0, -4.0, 0.0, 0.0, 0.0, 0.1, 0.9, 0.999, 0.0, c1, c2, False)
>>> round(float(w), 12)
1.1
"""

import numpy as np

from adamw_cli.vocabulary import AMSGRAD, BETAS, BIAS_CORRECTION, EPS, LR, AdamStep, Eps, Maximum, NoDecay, Rule

SPEC = Rule(
    parameters=(LR, BETAS, EPS, AMSGRAD),
    state=("m", "v", "v_max"),
    **BIAS_CORRECTION,
    step=AdamStep("beta1", "beta2", Eps("eps"), maximum=Maximum(switch="amsgrad")),
    decay=NoDecay(),
    reference="torch.optim.Adam",
)


def update(w, g, m, v, v_max, lr, beta1, beta2, eps, c1, c2, amsgrad):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    if amsgrad:
        v_max = max(v_max, v)
        denominator = np.sqrt(v_max * c2) + eps
    else:
        denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return w - lr * u, m, v, v_max
