"""What the coupled and the decoupled form of RAdam have in common: the update u, and what SPEC says of how it is made."""

from typing import Any

import numpy as np

from adamw_cli.vocabulary import OwnStep


def _coefficients(t, beta1_t, beta2_t, beta2):
    """(1/(1 - beta1^t), whether rho_t > 5, r_t sqrt(1 - beta2^t)); the last is 0 where rho_t is not above 5.

    rho_inf = 2/(1 - beta2) - 1,  rho_t = rho_inf - 2 t beta2^t/(1 - beta2^t),
    r_t^2 = (rho_t - 4)(rho_t - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho_t)
    """
    rho_inf = 2.0 / (1.0 - beta2) - 1.0
    rho = rho_inf - 2.0 * t * beta2_t / (1.0 - beta2_t)
    on = (rho > 5.0) * 1.0
    # 6 stands in for both where r_t is not used, and might not be defined.
    top, bottom = rho * on + 6.0 * (1.0 - on), rho_inf * on + 6.0 * (1.0 - on)
    r = np.sqrt((top - 4.0) * (top - 2.0) * bottom / ((bottom - 4.0) * (bottom - 2.0) * top))
    return 1.0 / (1.0 - beta1_t), on, on * r * np.sqrt(1.0 - beta2_t)


RADAM: dict[str, Any] = {
    "state": ("m", "v"),
    "coefficients": ("c1", "rectified", "r"),
    "coefficient_arguments": ("beta1", "beta2"),
    "coefficient_inputs": ("beta2",),
    "coefficient_values": _coefficients,
    "step": OwnStep(betas=("beta1", "beta2"), eps="eps"),
    "reference": "torch.optim.RAdam",
}


def radam(g, m, v, beta1, beta2, eps, c1, rectified, r):
    """(u, m, v); r = r_t sqrt(1 - beta2^t)."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v) + eps
    scale = r / denominator if denominator != 0.0 else 0.0
    u = m * c1 * (scale if rectified != 0.0 else 1.0)
    return u, m, v
