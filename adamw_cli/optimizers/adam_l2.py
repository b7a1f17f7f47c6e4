r"""Adam with L2 regularisation: decay coupled to the gradient, through both moments.

    g <- g + weight_decay w
    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = w - lr m_hat / (sqrt(v_hat) + eps)

What torch.optim.Adam does with weight_decay. With amsgrad, v_hat uses the running maximum of v_t,
taken before the correction. Deviation: where sqrt(v_hat) + eps is 0 the step is 0 instead of 0/0.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1; the coupling as
criticised by Loshchilov and Hutter, ICLR 2019, algorithm 2 (line 6).
Reference implementation: torch.optim.Adam.

The first step, by hand, with no data gradient: g = weight_decay w, so w moves by lr whatever w is:

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v, v_max = update(4.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, c1, c2, False)
>>> round(float(w), 12)   # 4 - 0.1 * sign(0.5 * 4)
3.9
"""

import numpy as np

from adamw_cli.vocabulary import AMSGRAD, BETAS, BIAS_CORRECTION, EPS, L2, LR, AdamStep, Coupled, Eps, Maximum, Rule

SPEC = Rule(
    parameters=(LR, L2, BETAS, EPS, AMSGRAD),
    state=("m", "v", "v_max"),
    **BIAS_CORRECTION,
    step=AdamStep("beta1", "beta2", Eps("eps"), maximum=Maximum(switch="amsgrad")),
    decay=Coupled("weight_decay"),
    reference="torch.optim.Adam",
)


def update(w, g, m, v, v_max, lr, weight_decay, beta1, beta2, eps, c1, c2, amsgrad):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    g = g + weight_decay * w
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    if amsgrad:
        v_max = max(v_max, v)
        denominator = np.sqrt(v_max * c2) + eps
    else:
        denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return w - lr * u, m, v, v_max
