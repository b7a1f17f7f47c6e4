r"""Adamax: Adam with the decaying maximum of the gradients in place of their root mean square.

    g <- g + weight_decay w
    m_t = beta1 m + (1 - beta1) g              n_t = max(beta2 n, |g| + eps)
    w_t = w - lr m_hat / n_t                   with m_hat = m_t / (1 - beta1^t)

PyTorch's convention: eps goes into the maximum. Deviation: where n_t is 0 (eps = 0 and no gradient so far) the step is 0
instead of 0/0.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 2.
Reference implementation: torch.optim.Adamax.

The first step, by hand: m_hat = g and n = |g|, so w moves by lr against the sign of g:

>>> c1, = SPEC.coefficient_values(1, 0.9**1)
>>> w, m, n = update(1.0, -4.0, 0.0, 0.0, 0.1, 0.0, 0.9, 0.999, 0.0, c1)
>>> round(float(w), 12), n
(1.1, 4.0)
"""

from adamw_cli.vocabulary import BETAS, EPS, L2, LR, Coupled, OwnStep, Rule

SPEC = Rule(
    parameters=(LR, L2, BETAS, EPS.but(doc="added to |g| inside the maximum")),
    state=("m", "n"),
    coefficients=("c1",),
    coefficient_arguments=("beta1",),
    coefficient_values=lambda t, beta1_t: (1.0 / (1.0 - beta1_t),),
    step=OwnStep(betas=("beta1", "beta2"), eps="eps"),
    decay=Coupled("weight_decay"),
    reference="torch.optim.Adamax",
)


def update(w, g, m, n, lr, weight_decay, beta1, beta2, eps, c1):
    """One step for one coordinate; c1 = 1/(1 - beta1^t)."""
    g = g + weight_decay * w
    m = beta1 * m + (1.0 - beta1) * g
    n = max(beta2 * n, abs(g) + eps)
    u = m * c1 / n if n != 0.0 else 0.0
    return w - lr * u, m, n
