r"""Yogi: Adam whose second moment moves by the squared gradient, never by a part of itself; with decoupled weight decay.

    m_t = beta1 m + (1 - beta1) g              v_t = v - (1 - beta2) sign(v - g^2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = w - lr weight_decay w - lr m_hat / (sqrt(v_hat) + eps)

m_0 = v_0 = initial_accumulator_value, as the implementations have it, so that a weight moves a little before there has been
any gradient. Deviation: where the divisor is 0 the gradient step is 0 instead of 0/0.

Source: Zaheer et al., "Adaptive Methods for Nonconvex Optimization", NeurIPS 2018, algorithm 2.
Reference implementation: optax.yogi, which has no decay.

The first step, by hand, with averages that start at 0: as Adam's, so w moves by lr weight_decay w + lr sign(g):

>>> c1, c2, first = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v = update(1.0, 4.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, 0.0, c1, c2, first)
>>> round(float(w), 12), round(float(v), 12)   # 1 - 0.1*0.5*1 - 0.1
(0.85, 0.016)
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, DECAY, EPS, LR, Decoupled, OwnStep, Parameter, Rule

SPEC = Rule(
    parameters=(
        LR,
        DECAY,
        BETAS,
        EPS.but(default=1e-3),
        Parameter("initial_accumulator_value", 1e-6, "both averages at the start", per_coordinate=True, ge=0),
    ),
    state=("m", "v"),
    coefficients=("c1", "c2", "first"),
    coefficient_arguments=("beta1", "beta2"),
    coefficient_values=lambda t, beta1_t, beta2_t: (1.0 / (1.0 - beta1_t), 1.0 / (1.0 - beta2_t), (t == 1) * 1.0),
    step=OwnStep(starts_moving=True, betas=("beta1", "beta2"), eps="eps"),
    decay=Decoupled("weight_decay"),
    reference="optax.yogi",
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, initial_accumulator_value, c1, c2, first):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t), first = 1 at the first step, then 0."""
    m = beta1 * (m + first * initial_accumulator_value) + (1.0 - beta1) * g
    v = v + first * initial_accumulator_value
    v = v - (1.0 - beta2) * np.sign(v - g * g) * (g * g)
    denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return w - lr * weight_decay * w - lr * u, m, v
