r"""LAMB: Adam's step and the decay, scaled together so that their norm is lr times that of the weights.

    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    u = m_hat / (sqrt(v_hat) + eps) + weight_decay w
    w_t = w - lr ratio u,  ratio = ||w|| / ||u||, and 1 where one of the norms is 0

The norms are over all coordinates, which are one layer; hyperparameters may differ between them. Unless one of the norms is 0, every
step is lr ||w|| long, whatever the gradients: weight_decay turns it towards 0 and makes it no longer. Decay alone multiplies all
weights by 1 - lr, whatever its size.

Conventions: phi of the paper is the identity, where pytorch_optimizer.Lamb ends ||w|| at 10; averages are corrected,
which that one leaves out. Where sqrt(v_hat) + eps is 0 (eps = 0 and no gradient so far) m_hat/(...) is 0 instead of 0/0.

Source: You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 Minutes", ICLR 2020, algorithm 2.
Reference implementation: optax.lamb.

The first step of two weights, by hand: u = sign(g) + 0.5 w = (2.5, 3), so ratio = sqrt(3^2 + 4^2)/sqrt(2.5^2 + 3^2):

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> given = (0.1, 0.5, 0.9, 0.999, 0.0, c1, c2)
>>> [round(float(x), 12) for w in (3.0, 4.0) for x in SPEC.normed(w, 2.0, 0.0, 0.0, *given)]
[3.0, 2.5, 4.0, 3.0]
>>> norms = 5.0, 15.25**0.5
>>> w, m, v = update(3.0, 2.0, 0.0, 0.0, *given, *norms)
>>> round(float(w), 12) == round(3.0 - 0.1 * 5.0 / 15.25**0.5 * 2.5, 12)
True
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, BIAS_CORRECTION, DECAY, EPS, LR, OwnDecay, OwnStep, Rule


def _direction(w, g, m, v, weight_decay, beta1, beta2, eps, c1, c2):
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return u + weight_decay * w, m, v


def _normed(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c1, c2):
    return w, _direction(w, g, m, v, weight_decay, beta1, beta2, eps, c1, c2)[0]


SPEC = Rule(
    parameters=(
        LR,
        DECAY.but(doc="weight_decay*w is added to the step before it is scaled"),
        BETAS,
        EPS.but(default=1e-6),
    ),
    state=("m", "v"),
    **BIAS_CORRECTION,
    norms=("w_norm", "u_norm"),
    normed=_normed,
    step=OwnStep(betas=("beta1", "beta2"), eps="eps"),
    decay=OwnDecay("weight_decay"),
    reference="optax.lamb",
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, c1, c2, w_norm, u_norm):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t); the norms over all coordinates."""
    u, m, v = _direction(w, g, m, v, weight_decay, beta1, beta2, eps, c1, c2)
    ratio = w_norm / u_norm if w_norm != 0.0 and u_norm != 0.0 else 1.0
    return w - lr * ratio * u, m, v
