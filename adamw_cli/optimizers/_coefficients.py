"""What the coupled and the decoupled form of a rule have in common outside the loop: how their coefficients depend on the step."""

import numpy as np


def nadam(t, beta2_t, beta1, momentum_decay):
    """(1/(1 - beta2^t), mu_t, mu_{t+1}) with mu_t = beta1 (1 - 0.96^(t momentum_decay)/2)."""
    now, then = (beta1 * (1.0 - 0.5 * 0.96 ** (s * momentum_decay)) for s in (t, t + 1))
    return 1.0 / (1.0 - beta2_t), now, then


def radam(t, beta1_t, beta2_t, beta2):
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
