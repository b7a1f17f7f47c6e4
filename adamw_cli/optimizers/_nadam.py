"""What the coupled and the decoupled form of NAdam have in common: the update u, and what SPEC says of how it is made."""

from typing import Any

import numpy as np

from adamw_cli.vocabulary import OwnStep, Parameter


def _coefficients(t, beta2_t, beta1, momentum_decay):
    """(1/(1 - beta2^t), mu_t, mu_{t+1}) with mu_t = beta1 (1 - 0.96^(t momentum_decay)/2)."""
    now, then = (beta1 * (1.0 - 0.5 * 0.96 ** (s * momentum_decay)) for s in (t, t + 1))
    return 1.0 / (1.0 - beta2_t), now, then


MOMENTUM_DECAY = Parameter("momentum_decay", 4e-3, "how fast mu rises from beta1/2 to beta1", per_coordinate=True, ge=0)
NADAM: dict[str, Any] = {
    "state": ("m", "v", "q"),
    "coefficients": ("c2", "mu", "mu_next"),
    "coefficient_arguments": ("beta2",),
    "coefficient_inputs": ("beta1", "momentum_decay"),
    "coefficient_values": _coefficients,
    "step": OwnStep(betas=("beta1", "beta2"), eps="eps"),
    "reference": "torch.optim.NAdam",
}


def nadam(g, m, v, q, beta1, beta2, eps, c2, mu, mu_next):
    """(u, m, v, q); q = 1 - mu_1 ... mu_t."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    q = 1.0 - (1.0 - q) * mu
    q_next = 1.0 - (1.0 - q) * mu_next
    denominator = np.sqrt(v * c2) + eps
    mixed = mu_next / q_next * m + (1.0 - mu) / q * g
    u = mixed / denominator if denominator != 0.0 else 0.0
    return u, m, v, q
