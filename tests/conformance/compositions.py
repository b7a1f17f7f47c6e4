"""Any composition of axis values, one weight at a time in scalar arithmetic: a second implementation of the space.

Written as a chain of ifs for reading, in NumPy scalars of the type asked for, so that float32 is float32 throughout.
"""

from __future__ import annotations

import numpy as np


class _Weight:
    """One weight of an optimizer that does what `axes` says."""

    def __init__(self, axes, w, lr, weight_decay, betas, eps, kind):
        self.axes, self.kind = axes, kind
        self.w, self.lr0, self.lam = kind(w), kind(lr), kind(weight_decay)
        self.beta1, self.beta2, self.eps = kind(betas[0]), kind(betas[1]), kind(eps)
        self.m, self.v, self.largest, self.t = kind(0), kind(0), kind(0), 0

    def step(self, g, lr):
        g, lr, one = self.kind(g), self.kind(lr), self.kind(1)
        self.t += 1
        decay, scale = self.axes["decay"], self.axes["decay_scale"]
        penalty = self.lam * self.w * (lr if scale == "lr^2*lambda" else one)
        g_m = g + penalty if decay in ("coupled", "first_moment") else g
        g_v = g + penalty if decay == "coupled" else g
        self.m = self.beta1 * self.m + (one - self.beta1) * g_m
        self.v = self.beta2 * self.v + (one - self.beta2) * g_v * g_v
        direction = self._direction(penalty if decay == "preconditioned" else self.kind(0))
        part = {"lr*lambda": lr * self.lam, "lambda": self.lam, "lr^2*lambda": lr * lr * self.lam}.get(
            scale, lr / self.lr0 * self.lam
        )
        if decay == "wrong_sign":
            part = -part
        if decay not in ("decoupled", "wrong_sign"):
            part = self.kind(0)
        if self.axes["decay_order"] == "new":
            moved = self.w - lr * direction
            self.w = moved - part * moved
        else:
            self.w = self.w * (one - part) - lr * direction
        return self.w

    def _direction(self, extra):
        one = self.kind(1)
        correction, epsilon, amsgrad = (self.axes[name] for name in ("bias_correction", "epsilon", "amsgrad"))
        t = self.t + {"step+1": 1, "step-1": -1}.get(correction, 0)
        t = max(t, 1)
        c1, c2 = one - self.beta1**t, one - self.beta2**t
        m_hat = self.m if correction in ("none", "second") else self.m / c1
        if correction == "accumulating":
            self.m, self.v = self.m / c1, self.v / c2
            root = one
        elif correction in ("none", "first"):
            root = one
        elif correction == "without_root":
            root = c2
        else:
            root = np.sqrt(c2)
        if amsgrad == "after":
            self.largest = max(self.largest, self.v / root / root)
            v_hat = self.largest
        elif amsgrad == "before":
            self.largest = max(self.largest, self.v)
            v_hat = self.largest / root / root
        else:
            v_hat = self.v / root / root
        if epsilon == "outside":
            below = np.sqrt(v_hat) + self.eps
        elif epsilon == "eps_hat":
            below = np.sqrt(v_hat) + self.eps / root
        elif epsilon == "floor":
            below = max(np.sqrt(v_hat), self.eps)
        elif epsilon == "inside":
            below = np.sqrt(v_hat + self.eps)
        elif epsilon == "inside_hat":
            below = np.sqrt(v_hat + self.eps / root / root)
        else:
            below = np.sqrt(v_hat)
        return (m_hat + extra) / below


def optimizer(axes, kind=np.float64):
    """A plain callable that does what the axis values say."""

    def make(w0, lr, weight_decay, betas, eps):
        weights = [_Weight(axes, w, lr, weight_decay, betas, eps, kind) for w in w0]

        def step(g, lr):
            return np.array([weight.step(each, lr) for weight, each in zip(weights, g, strict=True)])

        return step

    return make
