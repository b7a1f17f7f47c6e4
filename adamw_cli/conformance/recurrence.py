"""The recurrence that every variant is a case of: one update rule for the engine, and the gradient of the probes.

With lr_t the learning rate of step t, lr the one at the start, lam = weight_decay, and s_t = lr_t lam, lam, lr_t^2 lam or lr_t lam/lr:

    g_m = g + [decay in m] (s_t/lr_t) w           m = beta1 m + (1 - beta1) g_m
    g_v = g + [decay in v] (s_t/lr_t) w           v = beta2 v + (1 - beta2) g_v^2
    m_hat = m/c1,  V = v/k^2 or its maximum       c1 = 1 - beta1^t, k^2 = 1 - beta2^t, or what the correction says
    u = (m_hat + [preconditioned] (s_t/lr_t) w) / max(sqrt(V + a) + b, c)
    w = w - s_t w - lr_t u,  or  (1 - s_t)(w - lr_t u)

eps is one of a, b and c, as it is or corrected, the others are 0. Where the divisor is 0 the step is 0; `unbounded` becomes 1 then and
stays so, because an implementation without eps may get nan or infinity there.

The functions here are compiled for numbers, and `update` runs on arrays too, where `chosen` is np.where: see runs.py.

Sources: Kingma and Ba, ICLR 2015; Loshchilov and Hutter, ICLR 2019; Reddi, Kale and Kumar, ICLR 2018 (amsgrad).
"""

import numpy as np

# The column of `update` that has eps, by the value of the axis.
EPSILON = {
    "outside": "eps_outside",
    "eps_hat": "eps_hat",
    "inside": "eps_inside",
    "inside_hat": "eps_inside_hat",
    "floor": "eps_floor",
}
# What else differs between variants: on which values of which axis a column is 1. Elsewhere it is 0.
SWITCHES = {
    "in_m": ("decay", "coupled", "first_moment"),
    "in_v": ("decay", "coupled"),
    "preconditioned": ("decay", "preconditioned"),
    "shrinks": ("decay", "decoupled"),
    "grows": ("decay", "wrong_sign"),
    "new": ("decay_order", "new"),
    "accumulating": ("bias_correction", "accumulating"),
    "max_before": ("amsgrad", "before"),
    "max_after": ("amsgrad", "after"),
}
STATE = ("m", "v", "v_max", "unbounded")
COEFFICIENTS = ("lr_t", "decay", "c1", "k2")


def chosen(condition, yes, no):
    """Return one of two numbers."""
    return yes if condition else no


def update(
    w, g, m, v, v_max, unbounded, lr, beta1, beta2, eps_outside, eps_hat, eps_inside, eps_inside_hat, eps_floor,
    in_m, in_v, preconditioned, shrinks, grows, new, accumulating, max_before, max_after, probe, scale, correction,
    lr_t, decay, c1, k2,
):  # fmt: skip
    """One step of one weight.

    decay = s_t; c1 and k2 as in the formulas; the five eps_ are eps in its place and 0 elsewhere; SWITCHES has the others.
    What `lr`, `probe`, `scale` and `correction` say is in the coefficients already.
    """
    pull = decay / lr_t * w
    m = beta1 * m + (1.0 - beta1) * (g + in_m * pull)
    seen = g + in_v * pull
    v = beta2 * v + (1.0 - beta2) * (seen * seen)
    m_hat = m / c1
    v_hat = v / k2
    # Accumulated averages are stored corrected: what follows finds nothing left to correct.
    stored = accumulating != 0.0
    m = chosen(stored, m_hat, m)
    v = chosen(stored, v_hat, v)
    k2 = chosen(stored, 1.0, k2)
    v_max = np.maximum(v_max, chosen(max_after != 0.0, v_hat, v))
    v_used = chosen(max_after != 0.0, v_max, chosen(max_before != 0.0, v_max / k2, v_hat))
    root = np.sqrt(v_used + (eps_inside + eps_inside_hat / k2))
    divisor = np.maximum(root + (eps_outside + eps_hat / np.sqrt(k2)), eps_floor)
    unbounded = chosen(divisor == 0.0, 1.0, unbounded)
    u = chosen(divisor == 0.0, 0.0, (m_hat + preconditioned * pull) / divisor)
    part = (shrinks - grows) * decay
    kept = w - lr_t * u
    w = chosen(new != 0.0, kept - part * kept, w - part * w - lr_t * u)
    return w, m, v, v_max, unbounded


def gradient(w, g, d, lanes, t, p):
    """Fill g with the gradient of step t: curvature (w - center) + forcing_t; p = curvature | center | forcing of step 1 | 2 | ..., d numbers each."""
    row = d * (1 + int(t))
    for i in range(d):
        for lane in range(lanes):
            g[i, lane] = p[i] * (w[i, lane] - p[d + i]) + p[row + i]
