r"""AdamW with eps added before the bias correction, as in TensorFlow and Keras: epsilon hat.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = w - lr weight_decay w - lr_t m_t / (sqrt(v_t) + eps)    with lr_t = lr sqrt(1 - beta2^t) / (1 - beta1^t)

The same as AdamW with eps / sqrt(1 - beta2^t) in place of eps, which is eps in the end, but 32 times that in the first step
with beta2 = 0.999. Deviation: where sqrt(v_t) + eps is 0 the gradient step is 0 instead of 0/0.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, the more efficient order at the end of
section 2; the decay as in torch.optim.AdamW, which it is where eps is 0. No reference implementation: checked against the
formula in plain Python.

The first step, by hand: m_hat = g and v_hat = g^2, so u = sign(g):

>>> coefficients = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v = update(1.0, 4.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, *coefficients)
>>> round(float(w), 12)   # 1 - 0.1*0.5*1 - 0.1
0.85
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, DECAY, EPS, LR, AdamStep, Decoupled, Eps, Rule

SPEC = Rule(
    parameters=(LR, DECAY.but(default=1e-2), BETAS, EPS.but(doc="added to sqrt(v)")),
    state=("m", "v"),
    coefficients=("c",),
    coefficient_arguments=("beta1", "beta2"),
    coefficient_values=lambda t, beta1_t, beta2_t: ((1.0 - beta2_t) ** 0.5 / (1.0 - beta1_t),),
    step=AdamStep("beta1", "beta2", Eps("eps", "eps_hat")),
    decay=Decoupled("weight_decay"),
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c):
    """One step for one coordinate; c = sqrt(1 - beta2^t)/(1 - beta1^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v) + eps
    u = m * c / denominator if denominator != 0.0 else 0.0
    return w - lr * weight_decay * w - lr * u, m, v
