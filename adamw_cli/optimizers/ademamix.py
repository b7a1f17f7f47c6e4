r"""AdEMAMix: AdamW with a second, slow average of the gradients beside the first; decoupled weight decay.

    m1_t = beta1 m1 + (1 - beta1) g            v_t = beta2 v + (1 - beta2) g^2
    m2_t = beta3_t m2 + (1 - beta3_t) g        u = (m1_hat + alpha_t m2_t) / (sqrt(v_hat) + eps)
    w_t = w - lr weight_decay w - lr u         with m1_hat = m1_t/(1 - beta1^t), v_hat = v_t/(1 - beta2^t)

The slow average has no bias correction. With T = t_alpha_beta3 above 0 it is brought in over T steps:

    alpha_t = min(t/T, 1) alpha
    beta3_t = min(exp(ln beta1 ln beta3 / ((1 - t/T) ln beta3 + (t/T) ln beta1)), beta3) for t < T, then beta3

Under a constant gradient u goes to 1 + alpha, not to 1. Deviations: where sqrt(v_hat) + eps is 0 the gradient step is 0
instead of 0/0; t_alpha_beta3 needs a beta1 above 0.

Source: Pagliardini, Ablin and Grangier, "The AdEMAMix Optimizer: Better, Faster, Older", ICLR 2025, algorithm 1.
Reference implementation: pytorch_optimizer.AdEMAMix, with (beta1, beta2, beta3) as its betas.

The first step, by hand: m1_hat = g, v_hat = g^2 and m2 = 0.01 g, so u = (1 + 5*0.01) sign(g):

>>> coefficients = SPEC.coefficient_values(1, 0.9**1, 0.999**1, 0.9, 0.99, 5.0, 0.0)
>>> w, m1, m2, v = update(1.0, 4.0, 0.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.99, 5.0, 0.0, 0.0, *coefficients)
>>> round(float(w), 12)   # 1 - 0.1*0.5*1 - 0.1*1.05
0.845
"""

import numpy as np

from adamw_cli.optimizers._given import numbers, pairs
from adamw_cli.vocabulary import BETAS, DECAY, EPS, LR, Decoupled, OwnStep, Parameter, Rule


def _coefficients(t, beta1_t, beta2_t, beta1, beta3, alpha, t_alpha_beta3):
    """(1/(1 - beta1^t), 1/(1 - beta2^t), alpha_t, beta3_t)."""
    warm = np.asarray(t_alpha_beta3) > 0.0
    part = np.where(warm, np.minimum(t / np.where(warm, t_alpha_beta3, 1.0), 1.0), 1.0)
    fast, slow = (np.log(np.where(warm, beta, 0.5)) for beta in (beta1, beta3))
    rising = np.exp(fast * slow / ((1.0 - part) * slow + part * fast))
    beta3_t = np.where(part < 1.0, np.minimum(rising, beta3), beta3)
    return 1.0 / (1.0 - beta1_t), 1.0 / (1.0 - beta2_t), part * alpha, beta3_t


def _constraint(values):
    rates = *numbers(values["beta3"]), *(beta1 for beta1, _ in pairs(values["betas"]))
    if any(numbers(values["t_alpha_beta3"])) and not all(rates):  # none is below 0
        return "'t_alpha_beta3' needs a beta1 and a beta3 above 0"
    return None


SPEC = Rule(
    parameters=(
        LR,
        DECAY,
        BETAS,
        Parameter("beta3", 0.9999, "decay rate of the slow average", per_coordinate=True, ge=0, lt=1),
        Parameter("alpha", 5.0, "weight of the slow average", per_coordinate=True, ge=0),
        Parameter("t_alpha_beta3", 0.0, "steps over which it is brought in; 0: at once", per_coordinate=True, ge=0),
        EPS,
    ),
    state=("m1", "m2", "v"),
    coefficients=("c1", "c2", "alpha_t", "beta3_t"),
    coefficient_arguments=("beta1", "beta2"),
    coefficient_inputs=("beta1", "beta3", "alpha", "t_alpha_beta3"),
    coefficient_values=_coefficients,
    step=OwnStep(betas=("beta1", "beta2"), eps="eps"),
    decay=Decoupled("weight_decay"),
    reference="pytorch_optimizer.AdEMAMix",
    constraint=_constraint,
)


def update(
    w, g, m1, m2, v, lr, weight_decay, beta1, beta2, beta3, alpha, t_alpha_beta3, eps, c1, c2, alpha_t, beta3_t
):  # fmt: skip
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    m1 = beta1 * m1 + (1.0 - beta1) * g
    m2 = beta3_t * m2 + (1.0 - beta3_t) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2) + eps
    u = (m1 * c1 + alpha_t * m2) / denominator if denominator != 0.0 else 0.0
    return w - lr * weight_decay * w - lr * u, m1, m2, v
