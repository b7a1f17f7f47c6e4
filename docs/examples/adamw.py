"""AdamW from scratch, and a version with a bug: targets for `adamw conform`."""

import numpy as np


def adamw(w0, lr, weight_decay, betas, eps):
    """AdamW as PyTorch defines it."""
    w, m, v, t = w0.copy(), np.zeros_like(w0), np.zeros_like(w0), 0
    beta1, beta2 = betas

    def step(g, lr):
        nonlocal w, m, v, t
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        w = w - lr * weight_decay * w - lr * m_hat / (np.sqrt(v_hat) + eps)
        return w

    return step


def buggy(w0, lr, weight_decay, betas, eps):
    """Decay without the learning rate, and eps inside the root: found in libraries, and hard to see in a loss curve."""
    w, m, v, t = w0.copy(), np.zeros_like(w0), np.zeros_like(w0), 0
    beta1, beta2 = betas

    def step(g, lr):
        nonlocal w, m, v, t
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        w = w * (1 - weight_decay) - lr * m_hat / np.sqrt(v_hat + eps)
        return w

    return step
