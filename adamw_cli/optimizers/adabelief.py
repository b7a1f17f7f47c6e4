r"""AdaBelief: Adam divided by how far gradients are from their average, with decoupled weight decay.

    m_t = beta1 m + (1 - beta1) g              s_t = beta2 s + (1 - beta2) (g - m_t)^2 + eps_root
    m_hat = m_t / (1 - beta1^t)                s_hat = s_t / (1 - beta2^t)
    w_t = w - lr weight_decay w - lr m_hat / (sqrt(s_hat) + eps)

eps_root is added to s itself at every step, as in the paper, so that it accumulates. Under a constant gradient g - m fades,
and steps grow until eps_root and eps bound them. Deviation: where the divisor is 0 the gradient step is 0 instead of 0/0.

Source: Zhuang et al., "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients", NeurIPS 2020,
algorithm 2. Reference implementation: optax.adabelief, which has no decay.

The first step, by hand: m_hat = g, and g - m = 0.9 g with s_hat its square, so w moves by lr/0.9:

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, s = update(1.0, 4.0, 0.0, 0.0, 0.09, 0.5, 0.9, 0.999, 0.0, 0.0, c1, c2)
>>> round(float(w), 12)   # 1 - 0.09*0.5*1 - 0.1
0.855
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, BIAS_CORRECTION, DECAY, EPS, LR, Decoupled, OwnStep, Parameter, Rule

SPEC = Rule(
    parameters=(
        LR,
        DECAY,
        BETAS,
        EPS.but(default=1e-16, doc="added to sqrt(s_hat)"),
        Parameter("eps_root", 1e-16, "added to s at every step", per_coordinate=True, ge=0),
    ),
    state=("m", "s"),
    **BIAS_CORRECTION,
    step=OwnStep(betas=("beta1", "beta2"), eps="eps"),
    decay=Decoupled("weight_decay"),
    reference="optax.adabelief",
)


def update(w, g, m, s, lr, weight_decay, beta1, beta2, eps, eps_root, c1, c2):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    s = beta2 * s + (1.0 - beta2) * (g - m) * (g - m) + eps_root
    denominator = np.sqrt(s * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return w - lr * weight_decay * w - lr * u, m, s
