r"""ADOPT: the gradient is divided before it is averaged, and by a second moment that has not seen it; decoupled weight decay.

    t = 1:  v_1 = g^2, and no gradient step
    t > 1:  c = clip(g / max(sqrt(v_{t-1}), eps), -clip_t, clip_t)        clip_t = (t - 1)^(1/4)
            m_t = beta1 m + (1 - beta1) c      v_t = beta2 v + (1 - beta2) g^2
    w_t = w - lr (m_t + weight_decay w)

No bias correction. The decay acts from the first step on, as optax composes it. Deviation: where max(sqrt(v), eps) is 0 the
quotient is 0 instead of 0/0.

Source: Taniguchi et al., "ADOPT: Modified Adam Can Converge with Any beta2 with the Optimal Rate", NeurIPS 2024, algorithm
2. Reference implementation: optax.contrib.adopt, which has no decay.

Two steps, by hand, with gradients 4 and 2: c = 2/4, so m = 0.1*0.5:

>>> w, m, v = update(1.0, 4.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.75, 0.0, *SPEC.coefficient_values(1))
>>> round(float(w), 12), m, v   # 1 - 0.1*0.5*1
(0.95, 0.0, 16.0)
>>> w, m, v = update(w, 2.0, m, v, 0.1, 0.0, 0.9, 0.75, 0.0, *SPEC.coefficient_values(2))
>>> round(float(w), 12), round(float(m), 12), v
(0.945, 0.05, 13.0)
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, DECAY, EPS, LR, Decoupled, OwnStep, Rule

SPEC = Rule(
    parameters=(
        LR,
        DECAY,
        BETAS.but(default=(0.9, 0.9999)),
        EPS.but(default=1e-6, doc="least value of what a gradient is divided by"),
    ),
    state=("m", "v"),
    coefficients=("first", "clip"),
    coefficient_values=lambda t: ((t == 1) * 1.0, (t - 1) ** 0.25),
    step=OwnStep(betas=("beta1", "beta2"), eps="eps"),
    decay=Decoupled("weight_decay"),
    reference="optax.contrib.adopt",
)


def update(w, g, m, v, lr, weight_decay, beta1, beta2, eps, first, clip):
    """One step for one coordinate; first = 1 at the first step, then 0, and clip = (t - 1)^(1/4)."""
    divisor = max(np.sqrt(v), eps)
    c = g / divisor if divisor != 0.0 else 0.0
    c = min(max(c, -clip), clip)
    m = 0.0 if first != 0.0 else beta1 * m + (1.0 - beta1) * c
    v = g * g if first != 0.0 else beta2 * v + (1.0 - beta2) * g * g
    return w - lr * (m + weight_decay * w), m, v
