r"""LARS: momentum of gradients that are scaled to the norm of the weights, layer by layer.

    ratio = trust_coefficient ||w|| / (||g|| + weight_decay ||w||),  and 1 where ||w|| or the divisor is 0
    d = ratio (g + weight_decay w)
    b_t = momentum b + (1 - dampening) d
    w_t = w - lr b_t                        (nesterov: w - lr (d + momentum b_t))

The norms are over all coordinates, which are one layer; hyperparameters may differ between them. A step without momentum is at most
lr trust_coefficient ||w|| long. Decay alone then multiplies all weights by 1 - lr trust_coefficient, whatever its size.

Conventions: those of the reference, which scales matrices so and leaves vectors to plain momentum. The learning rate multiplies the
whole buffer, while in the paper, and in optax.lars, it is inside; the first buffer is dampened like the others. The divisor is
the paper's; optax.lars divides by ||g + weight_decay w||.

Source: You, Gitman and Ginsburg, "Large Batch Training of Convolutional Networks", 2017, algorithm 1.
Reference implementation: pytorch_optimizer.LARS.

The first step of two weights, by hand: ||w|| = 5, ||g|| = 2.5, ratio = 0.01*5/(2.5 + 0.5*5) = 0.01:

>>> given = (0.1, 0.9, 0.0, 0.5, 0.01)
>>> w, b = update(3.0, 1.5, 0.0, *given, 5.0, 2.5, False)
>>> round(float(w), 12), round(float(b), 12)   # b = 0.01 (1.5 + 0.5*3)
(2.997, 0.03)
"""

from adamw_cli.optimizers._given import numbers
from adamw_cli.vocabulary import L2, LR, OwnDecay, Parameter, Rule


def _constraint(values):
    still = 0 in numbers(values["momentum"])
    return "'nesterov' needs a momentum above 0" if values["nesterov"] and still else None


SPEC = Rule(
    parameters=(
        LR,
        Parameter("momentum", 0.9, "decay rate of the buffer", per_coordinate=True, ge=0, lt=1),
        Parameter("dampening", 0.0, "1 - dampening multiplies what is new", per_coordinate=True, ge=0, lt=1),
        L2.but(ge=0),
        Parameter("trust_coefficient", 1e-3, "length of a step in units of lr ||w||", per_coordinate=True, ge=0),
        Parameter("nesterov", False, "look ahead along the buffer", kind="bool"),
    ),
    state=("buffer",),
    norms=("w_norm", "g_norm"),
    normed=lambda w, g, *others: (w, g),
    decay=OwnDecay("weight_decay"),
    reference="pytorch_optimizer.LARS",
    constraint=_constraint,
)


def update(w, g, buffer, lr, momentum, dampening, weight_decay, trust_coefficient, w_norm, g_norm, nesterov):
    """One step for one coordinate; the norms over all coordinates."""
    divisor = g_norm + weight_decay * w_norm
    ratio = trust_coefficient * w_norm / divisor if w_norm > 0.0 and divisor > 0.0 else 1.0
    step = ratio * (g + weight_decay * w)
    buffer = momentum * buffer + (1.0 - dampening) * step
    if nesterov:
        step = step + momentum * buffer
    else:
        step = buffer if momentum != 0.0 else step
    return w - lr * step, buffer
