r"""RAdam: Adam that waits until its second moment is known well enough; coupled weight decay.

    g <- g + weight_decay w
    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    rho_inf = 2/(1 - beta2) - 1                rho_t = rho_inf - 2 t beta2^t / (1 - beta2^t)
    u = r_t m_hat sqrt(1 - beta2^t) / (sqrt(v_t) + eps)     if rho_t > 5, else m_hat
    w_t = w - lr u                           with m_hat = m_t / (1 - beta1^t)
    r_t^2 = (rho_t - 4)(rho_t - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho_t)

The first steps, five with beta2 = 0.999, are those of gradient descent with momentum; with beta2 of at most 2/3 all are.
PyTorch's convention: eps is added before the bias correction. Deviation: where sqrt(v_t) + eps is 0 the gradient step is 0
instead of 0/0.

Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", ICLR 2020, algorithm 2.
Reference implementation: torch.optim.RAdam.

The first step, by hand: rho_1 = 1, so u = m_hat = g:

>>> coefficients = SPEC.coefficient_values(1, 0.9**1, 0.999**1, 0.999)
>>> w, m, v = update(1.0, 4.0, 0.0, 0.0, 0.1, 0.0, 0.9, 0.999, 0.0, *coefficients)
>>> round(float(w), 12)   # 1.0 - 0.1*4
0.6
"""

import numpy as np

from adamw_cli.optimizers import _coefficients
from adamw_cli.vocabulary import BETAS, EPS, L2, LR, Coupled, OwnStep, Rule

SPEC = Rule(
    parameters=(LR, L2, BETAS, EPS.but(doc="added to sqrt(v)")),
    state=("m", "v"),
    coefficients=("c1", "rectified", "r"),
    coefficient_arguments=("beta1", "beta2"),
    coefficient_inputs=("beta2",),
    coefficient_values=_coefficients.radam,
    step=OwnStep(betas=("beta1", "beta2"), eps="eps"),
    decay=Coupled("weight_decay"),
    reference="torch.optim.RAdam",
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c1, rectified, r):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), r = r_t sqrt(1 - beta2^t)."""
    g = g + weight_decay * w
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v) + eps
    scale = r / denominator if denominator != 0.0 else 0.0
    u = m * c1 * (scale if rectified != 0.0 else 1.0)
    return w - lr * u, m, v
