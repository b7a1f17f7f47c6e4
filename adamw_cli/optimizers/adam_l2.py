r"""Adam with L2 regularisation: decay coupled to the gradient, through both moments.

    g <- g + weight_decay w
    m_t = beta1 m + (1 - beta1) g              v_t = beta2 v + (1 - beta2) g^2
    m_hat = m_t / (1 - beta1^t)                v_hat = v_t / (1 - beta2^t)
    w_t = w - lr m_hat / (sqrt(v_hat) + eps)

What torch.optim.Adam does with weight_decay. With amsgrad, v_hat uses the running maximum of v_t,
taken before the correction. Deviation: where sqrt(v_hat) + eps is 0 the step is 0 instead of 0/0.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1; the coupling as
criticised by Loshchilov and Hutter, ICLR 2019, algorithm 2 (line 6).
Reference implementation: torch.optim.Adam.

The first step, by hand, with no data gradient: g = weight_decay w, so w moves by lr whatever w is:

>>> c1, c2 = SPEC.coefficient_values(1, 0.9**1, 0.999**1)
>>> w, m, v, v_max = update(4.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, c1, c2, False)
>>> round(float(w), 12)   # 4 - 0.1 * sign(0.5 * 4)
3.9
"""

from adamw_cli.optimizers._adam import ADAM_OR_AMSGRAD, adam_or_amsgrad
from adamw_cli.vocabulary import AMSGRAD, BETAS, EPS, L2, LR, Coupled, Rule

SPEC = Rule(
    parameters=(LR, L2, BETAS, EPS, AMSGRAD),
    **ADAM_OR_AMSGRAD,
    decay=Coupled("weight_decay"),
    reference="torch.optim.Adam",
)


def update(w, g, m, v, v_max, lr, weight_decay, beta1, beta2, eps, c1, c2, amsgrad):
    """One step for one coordinate; c1 = 1/(1 - beta1^t), c2 = 1/(1 - beta2^t)."""
    g = g + weight_decay * w
    u, m, v, v_max = adam_or_amsgrad(g, m, v, v_max, beta1, beta2, eps, c1, c2, amsgrad)
    return w - lr * u, m, v, v_max
