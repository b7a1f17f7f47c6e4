r"""NAdam: Adam with Nesterov momentum, whose coefficient rises slowly; coupled weight decay.

    g <- g + weight_decay w
    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    mu_t = beta1 (1 - 0.96^(t momentum_decay)/2)
    u = (mu_{t+1} m_t / (1 - mu_1 ... mu_{t+1}) + (1 - mu_t) g / (1 - mu_1 ... mu_t)) / (sqrt(v_hat) + eps)
    w_t = w - lr u                           with v_hat = v_t / (1 - beta2^t)

The state q is 1 - mu_1 ... mu_t, which starts at 0. PyTorch keeps that product in its default precision: seven digits, unless
torch.set_default_dtype says otherwise. Deviation: where sqrt(v_hat) + eps is 0 the gradient step is 0 instead of 0/0.

Source: Dozat, "Incorporating Nesterov Momentum into Adam", ICLR workshop 2016, algorithm 2 with the schedule of mu as PyTorch
has it.
Reference implementation: torch.optim.NAdam.

The first step, by hand, with momentum_decay = 0, so that mu is beta1/2 = 0.4: sqrt(v_hat) = 4 and m = 0.2*4, so that
u = (0.4*0.8/(1 - 0.16) + 0.6*4/(1 - 0.4))/4:

>>> coefficients = SPEC.coefficient_values(1, 0.999**1, 0.8, 0.0)
>>> w, m, v, q = update(1.0, 4.0, 0.0, 0.0, 0.0, 0.1, 0.0, 0.8, 0.999, 0.0, 0.0, *coefficients)
>>> abs(float(w) - (1.0 - 0.1 * (0.32 / 0.84 + 4.0) / 4.0)) < 1e-15, round(q, 12)
(True, 0.6)
"""

import numpy as np

from adamw_cli.optimizers import _coefficients
from adamw_cli.vocabulary import BETAS, EPS, L2, LR, Coupled, OwnStep, Parameter, Rule

SPEC = Rule(
    parameters=(
        LR,
        L2,
        BETAS,
        EPS,
        Parameter("momentum_decay", 4e-3, "how fast mu rises from beta1/2 to beta1", per_coordinate=True, ge=0),
    ),
    state=("m", "v", "q"),
    coefficients=("c2", "mu", "mu_next"),
    coefficient_arguments=("beta2",),
    coefficient_inputs=("beta1", "momentum_decay"),
    coefficient_values=_coefficients.nadam,
    step=OwnStep(betas=("beta1", "beta2"), eps="eps"),
    decay=Coupled("weight_decay"),
    reference="torch.optim.NAdam",
)


def update(w, g, m, v, q, lr, weight_decay, beta1, beta2, eps, momentum_decay, c2, mu, mu_next):
    """One step for one coordinate; c2 = 1/(1 - beta2^t)."""
    g = g + weight_decay * w
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    q = 1.0 - (1.0 - q) * mu
    q_next = 1.0 - (1.0 - q) * mu_next
    denominator = np.sqrt(v * c2) + eps
    mixed = mu_next / q_next * m + (1.0 - mu) / q * g
    u = mixed / denominator if denominator != 0.0 else 0.0
    return w - lr * u, m, v, q
