r"""AMSGrad with the maximum taken after the bias correction, and decoupled weight decay.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_max = max(v_max, v_t / (1 - beta2^t))
    w_t = w - lr weight_decay w - lr m_hat / (sqrt(v_max) + eps)

The other order, the maximum of v_t and then the correction, is PyTorch's: the switch `amsgrad` of adam, adam_l2 and adamw.
Here the maximum remembers the first steps, where v_t / (1 - beta2^t) is one squared gradient or the mean of a few; there the
correction shrinks the maximum of a faded v_t as t grows. Deviation: where sqrt(v_max) + eps is 0 the gradient step is 0
instead of 0/0.

Source: Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond", ICLR 2018, algorithm 2, which has no bias correction.
Reference implementation: optax.amsgrad, which has no decay.

Two steps, by hand, with gradients 4 and 0: v_max stays at 4^2, and m_hat = 0.9*0.4/(1 - 0.81):

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v, v_max = update(1.0, 4.0, 0.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, c1, c2)
>>> round(float(w), 12), round(float(v_max), 12)   # 1 - 0.1*0.5*1 - 0.1
(0.85, 16.0)
>>> c1, c2 = SPEC.coefficient_values(2, 0.9**2, 0.999**2)
>>> w, m, v, v_max = update(1.0, 0.0, m, v, v_max, 0.1, 0.0, 0.9, 0.999, 0.0, c1, c2)
>>> abs(float(w) - (1.0 - 0.1 * 0.36 / 0.19 / 4.0)) < 1e-15, round(float(v_max), 12)
(True, 16.0)
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, BIAS_CORRECTION, DECAY, EPS, LR, AdamStep, Decoupled, Eps, Maximum, Rule

SPEC = Rule(
    parameters=(LR, DECAY, BETAS, EPS),
    state=("m", "v", "v_max"),
    **BIAS_CORRECTION,
    step=AdamStep("beta1", "beta2", Eps("eps"), maximum=Maximum(place="after")),
    decay=Decoupled("weight_decay"),
    reference="optax.amsgrad",
)


def update(w, g, m, v, v_max, lr, weight_decay, beta1, beta2, eps, c1, c2):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    v_max = max(v_max, v * c2)
    denominator = np.sqrt(v_max) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return w - lr * weight_decay * w - lr * u, m, v, v_max
