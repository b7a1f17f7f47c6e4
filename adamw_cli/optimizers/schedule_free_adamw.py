r"""Schedule-free AdamW: gradients at a point between a fast sequence z and its average x.

The weight that this rule moves, and at which gradients are taken, is y, as in the reference implementation between its
train() and eval():

    v_t = beta2 v + (1 - beta2) g^2            u = g / (sqrt(v_hat) + eps) + weight_decay y
    z_t = z - lr u                             x_t = (1 - c_t) x + c_t z_t
    y_t = beta1 x_t + (1 - beta1) z_t,  so     w_t = y_t = (1 - c_t) y + c_t z - lr (1 - beta1 (1 - c_t)) u

with z_0 = x_0 = y_0, v_hat = v_t/(1 - beta2^t), and c_t the part that step t has in the sum of all t^r lr_max^weight_lr_power up
to t, lr_max being the largest learning rate so far. What is meant to be used in the end is x = (w - (1 - beta1) z)/beta1, with
z among the recorded states; metrics, like every weight in a trace, are of y. Decay acts at y and on both sequences, so that its
rate is not lr weight_decay. Deviation: where sqrt(v_hat) + eps is 0 the gradient step is 0 instead of 0/0.

Warm-up is the scenario's schedule: `{kind: constant, warmup_steps: N}` is the reference's warmup_steps.

Source: Defazio et al., "The Road Less Scheduled", NeurIPS 2024, algorithm 1.
Reference implementation: schedulefree.AdamWScheduleFree.

The first step, by hand: c = 1, so that y moves from z_0 = y_0 by the whole lr u, like z, and u = sign(g) + 0.5*1:

>>> coefficients = SPEC.coefficient_values(1, 0.999**1, 0.0)
>>> w, z, v, lr_max, total = update(1.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.5, 0.9, 0.999, 0.0, 0.0, 2.0, *coefficients)
>>> round(float(w), 12), round(float(z), 12)
(0.85, 0.85)
"""

import numpy as np

from adamw_cli.vocabulary import BETAS, DECAY, EPS, LR, OwnDecay, OwnStep, Parameter, Rule

SPEC = Rule(
    parameters=(
        LR,
        DECAY.but(doc="decay of the point where gradients are taken"),
        BETAS,
        EPS,
        Parameter("r", 0.0, "step t has the weight t^r in the average", per_coordinate=True),
        Parameter("weight_lr_power", 2.0, "times the largest learning rate so far to this power", per_coordinate=True),
    ),
    state=("z", "v", "lr_max", "total"),
    coefficients=("first", "c2", "t_r"),
    coefficient_arguments=("beta2",),
    coefficient_inputs=("r",),
    coefficient_values=lambda t, beta2_t, r: ((t == 1) * 1.0, 1.0 / (1.0 - beta2_t), t**r),
    step=OwnStep(betas=("beta1", "beta2"), eps="eps"),
    decay=OwnDecay("weight_decay"),
    reference="schedulefree.AdamWScheduleFree",
)


def update(
    w, g, z, v, lr_max, total, lr, weight_decay, beta1, beta2, eps, r, weight_lr_power, first, c2, t_r
):  # fmt: skip
    """One step for one coordinate; first = 1 at the first step, then 0, c2 = 1/(1 - beta2^t), t_r = t^r."""
    z = w if first != 0.0 else z
    lr_max = max(lr, lr_max)
    weight = t_r * lr_max**weight_lr_power
    total = total + weight
    c = weight / total if total != 0.0 else 0.0
    v = beta2 * v + (1.0 - beta2) * g * g
    denominator = np.sqrt(v * c2) + eps
    u = (g / denominator if denominator != 0.0 else 0.0) + weight_decay * w
    w = w + c * (z - w) + lr * (beta1 * (1.0 - c) - 1.0) * u
    return w, z - lr * u, v, lr_max, total
