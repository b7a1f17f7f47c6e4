r"""AdamProx: Adam with an exact proximal step, scaled by the schedule alone as AdamW's decay is where it was published.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = (w - s_t lr m_hat / (sqrt(v_hat) + eps)) / (1 + s_t weight_decay)

s_t is the schedule's factor at step t. `adamw_prox` is the same step with weight_decay times lr. To first order in s_t weight_decay
it is `adamw_independent`, AdamW as published. Deviation: where sqrt(v_hat) + eps is 0 the gradient step is 0 instead of 0/0.

Source: Zhuang et al., "Understanding AdamW through Proximal Methods and Scale-Freeness", TMLR 2022, with lr for their alpha, s
for their eta and weight_decay for their lambda. No reference implementation: checked against the paper's algorithm in plain
Python.

The first step, by hand: m_hat = g and v_hat = g^2, so u = sign(g):

>>> coefficients = SPEC.coefficient_values(1, 0.9**1, 0.999**1, 0.5)
>>> w, m, v = update(1.0, 4.0, 0.0, 0.0, 0.05, 0.5, 0.9, 0.999, 0.0, *coefficients)
>>> round(float(w), 12)   # lr = 0.1, s = 0.5: (1 - 0.05) / (1 + 0.5*0.5)
0.76
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, DECAY, EPS, LR, AdamStep, Decoupled, Eps, Rule

SPEC = Rule(
    parameters=(LR, DECAY.but(doc="w is divided by 1 + schedule*weight_decay, whatever lr"), BETAS, EPS),
    state=("m", "v"),
    coefficients=("c1", "c2", "schedule"),
    coefficient_arguments=("beta1", "beta2"),
    coefficient_inputs=("schedule",),
    coefficient_values=lambda t, beta1_t, beta2_t, schedule: (1.0 / (1.0 - beta1_t), 1.0 / (1.0 - beta2_t), schedule),
    step=AdamStep("beta1", "beta2", Eps("eps")),
    decay=Decoupled("weight_decay", scale="schedule*lambda", order="new", shrink="1/(1 + x)"),
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c1, c2, schedule):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t), lr is multiplied by schedule."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return (w - lr * u) / (1.0 + schedule * weight_decay), m, v
