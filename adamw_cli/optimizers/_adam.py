"""What rules with Adam's averages have in common: the update u, and what SPEC says of how it is made."""

from typing import Any

import numpy as np

from adamw_cli.vocabulary import BIAS_CORRECTION, AdamStep, Eps, Maximum

ADAM: dict[str, Any] = {"state": ("m", "v"), **BIAS_CORRECTION, "step": AdamStep("beta1", "beta2", Eps("eps"))}
ADAM_WITH_SCHEDULE: dict[str, Any] = {
    **ADAM,
    "coefficients": ("c1", "c2", "schedule"),
    "coefficient_inputs": ("schedule",),
    "coefficient_values": lambda t, beta1_t, beta2_t, schedule: (
        1.0 / (1.0 - beta1_t),
        1.0 / (1.0 - beta2_t),
        schedule,
    ),
}
ADAM_OR_AMSGRAD: dict[str, Any] = {
    **ADAM,
    "state": ("m", "v", "v_max"),
    "step": AdamStep("beta1", "beta2", Eps("eps"), maximum=Maximum(switch="amsgrad")),
}


def adam(g, m, v, beta1, beta2, eps, c1, c2):
    """(u, m, v) with u = m_hat / (sqrt(v_hat) + eps), and 0 where that is 0/0."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return u, m, v


def adam_or_amsgrad(g, m, v, v_max, beta1, beta2, eps, c1, c2, amsgrad):
    """(u, m, v, v_max); with amsgrad, v_hat uses the running maximum of v, taken before the correction."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    if amsgrad:
        v_max = max(v_max, v)
        denominator = np.sqrt(v_max * c2) + eps
    else:
        denominator = np.sqrt(v * c2) + eps
    u = m * c1 / denominator if denominator != 0.0 else 0.0
    return u, m, v, v_max
