"""Optimizers as people write them, right and wrong: plain callables, sharing nothing with the package.

Each of the wrong ones has been published at some time, in this or another form.
"""

from __future__ import annotations

import numpy as np


class _State:
    def __init__(self, w0, betas):
        self.w = np.array(w0)
        self.m = np.zeros_like(self.w)
        self.v = np.zeros_like(self.w)
        self.t = 0
        self.beta1, self.beta2 = betas

    def moments(self, g):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g**2

    def corrected(self):
        return self.m / (1 - self.beta1**self.t), self.v / (1 - self.beta2**self.t)


def _with_decay(decay):
    """AdamW with `decay(w, lr, weight_decay, lr0)` subtracted before the step."""

    def make(w0, lr, weight_decay, betas, eps):
        s, lr0 = _State(w0, betas), lr

        def step(g, lr):
            s.moments(g)
            s.w = s.w - decay(s.w, lr, weight_decay, lr0)
            m_hat, v_hat = s.corrected()
            s.w = s.w - lr * m_hat / (np.sqrt(v_hat) + eps)
            return s.w

        return step

    return make


def _with_update(update):
    """Decoupled decay, then `update(state, eps)` times lr."""

    def make(w0, lr, weight_decay, betas, eps):
        s = _State(w0, betas)

        def step(g, lr):
            s.w = s.w * (1 - lr * weight_decay)
            s.moments(g)
            s.w = s.w - lr * update(s, eps)
            return s.w

        return step

    return make


adamw = _with_decay(lambda w, lr, wd, lr0: lr * wd * w)
no_decay = _with_decay(lambda w, lr, wd, lr0: 0.0)
decay_not_times_lr = _with_decay(lambda w, lr, wd, lr0: wd * w)
decay_sign = _with_decay(lambda w, lr, wd, lr0: -lr * wd * w)
decay_times_lr_squared = _with_decay(lambda w, lr, wd, lr0: lr**2 * wd * w)
paper = _with_decay(lambda w, lr, wd, lr0: lr / lr0 * wd * w)


def coupled_l2(w0, lr, weight_decay, betas, eps):
    s = _State(w0, betas)

    def step(g, lr):
        s.moments(g + weight_decay * s.w)
        m_hat, v_hat = s.corrected()
        s.w = s.w - lr * m_hat / (np.sqrt(v_hat) + eps)
        return s.w

    return step


def decay_after_the_update(w0, lr, weight_decay, betas, eps):
    s = _State(w0, betas)

    def step(g, lr):
        s.moments(g)
        m_hat, v_hat = s.corrected()
        s.w = s.w - lr * m_hat / (np.sqrt(v_hat) + eps)
        s.w = s.w - lr * weight_decay * s.w
        return s.w

    return step


def decay_through_the_preconditioner(w0, lr, weight_decay, betas, eps):
    s = _State(w0, betas)

    def step(g, lr):
        s.moments(g)
        m_hat, v_hat = s.corrected()
        s.w = s.w - lr * (m_hat + weight_decay * s.w) / (np.sqrt(v_hat) + eps)
        return s.w

    return step


no_bias_correction = _with_update(lambda s, eps: s.m / (np.sqrt(s.v) + eps))
no_first_correction = _with_update(lambda s, eps: s.m / (np.sqrt(s.v / (1 - s.beta2**s.t)) + eps))
second_correction_without_root = _with_update(
    lambda s, eps: s.m / (1 - s.beta1**s.t) / (np.sqrt(s.v) / (1 - s.beta2**s.t) + eps)
)


@_with_update
def accumulating_correction(s, eps):
    s.m /= 1 - s.beta1**s.t
    s.v /= 1 - s.beta2**s.t
    return s.m / (np.sqrt(s.v) + eps)


@_with_update
def step_off_by_one(s, eps):
    t = s.t + 1
    return s.m / (1 - s.beta1**t) / (np.sqrt(s.v / (1 - s.beta2**t)) + eps)


@_with_update
def eps_inside_the_root(s, eps):
    m_hat, v_hat = s.corrected()
    return m_hat / np.sqrt(v_hat + eps)


@_with_update
def eps_before_correction(s, eps):
    return np.sqrt(1 - s.beta2**s.t) / (1 - s.beta1**s.t) * s.m / (np.sqrt(s.v) + eps)


@_with_update
def eps_as_a_floor(s, eps):
    m_hat, v_hat = s.corrected()
    return m_hat / np.maximum(np.sqrt(v_hat), eps)


@_with_update
def eps_dropped(s, eps):
    m_hat, v_hat = s.corrected()
    return m_hat / np.sqrt(v_hat)


def keras_like(w0, lr, weight_decay, betas, eps):
    return eps_before_correction(w0, lr, weight_decay, betas, eps)


def transformers_like(w0, lr, weight_decay, betas, eps):
    s = _State(w0, betas)

    def step(g, lr):
        s.moments(g)
        size = lr * np.sqrt(1 - s.beta2**s.t) / (1 - s.beta1**s.t)
        s.w = s.w - size * s.m / (np.sqrt(s.v) + eps)
        s.w = s.w - lr * weight_decay * s.w
        return s.w

    return step


def addons_like(w0, lr, weight_decay, betas, eps):
    s = _State(w0, betas)

    def step(g, lr):
        s.w = s.w - weight_decay * s.w
        s.moments(g)
        size = lr * np.sqrt(1 - s.beta2**s.t) / (1 - s.beta1**s.t)
        s.w = s.w - size * s.m / (np.sqrt(s.v) + eps)
        return s.w

    return step


def bert_like(w0, lr, weight_decay, betas, eps):
    s = _State(w0, betas)

    def step(g, lr):
        s.moments(g)
        update = s.m / (np.sqrt(s.v) + eps)
        update = update + weight_decay * s.w
        s.w = s.w - lr * update
        return s.w

    return step


# What each bug is, in the words of the space; on the other axes it is AdamW.
BUGS = {
    "coupled_l2": {"decay": "coupled"},
    "no_decay": {"decay": "none"},
    "decay_not_times_lr": {"decay_scale": "lambda"},
    "decay_after_the_update": {"decay_order": "new"},
    "decay_sign": {"decay": "wrong_sign"},
    "decay_times_lr_squared": {"decay_scale": "lr^2*lambda"},
    "decay_through_the_preconditioner": {"decay": "preconditioned"},
    "no_bias_correction": {"bias_correction": "none"},
    "no_first_correction": {"bias_correction": "second"},
    "second_correction_without_root": {"bias_correction": "without_root"},
    "accumulating_correction": {"bias_correction": "accumulating"},
    "step_off_by_one": {"bias_correction": "step+1"},
    "eps_inside_the_root": {"epsilon": "inside"},
    "eps_before_correction": {"epsilon": "eps_hat"},
    "eps_dropped": {"epsilon": "none"},
}
# The term that each is to be blamed on.
TERMS = {
    **dict.fromkeys(list(BUGS)[:7], "decay"),
    **dict.fromkeys(list(BUGS)[7:12], "correction"),
    **dict.fromkeys(list(BUGS)[12:], "epsilon"),
}
# The right form under each convention.
CONVENTIONS = {
    "adamw": "adamw",
    "pytorch": "adamw",
    "optax": "adamw",
    "apex": "adamw",
    "adam": "no_decay",
    "adam_l2": "coupled_l2",
    "l2": "coupled_l2",
    "adamw_decay_last": "decay_after_the_update",
    "decay-last": "decay_after_the_update",
    "paper": "paper",
    "independent": "decay_not_times_lr",
    "keras": "keras_like",
    "tfa": "addons_like",
    "transformers-old": "transformers_like",
    "bert": "bert_like",
    "heavyball": "eps_as_a_floor",
}
