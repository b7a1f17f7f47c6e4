r"""Stochastic gradient descent with momentum and decoupled weight decay.

    b_t = momentum b + g
    w_t = w - lr (b_t + weight_decay w)

The decay acts on the weight from before the step, is multiplied by the learning rate, and never
enters the buffer.

Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 1, with PyTorch's
convention that the learning rate multiplies buffer and decay. No reference implementation in torch.optim;
with weight_decay 0 it is torch.optim.SGD with that momentum.

The first step, by hand: 1 - 0.1 (4 + 0.5 * 1):

>>> w, b = update(1.0, 4.0, 0.0, 0.1, 0.9, 0.5)
>>> round(float(w), 12), b
(0.55, 4.0)
"""

from adamw_cli.vocabulary import DECAY, LR, Decoupled, MomentumStep, Parameter, Rule

SPEC = Rule(
    parameters=(LR, Parameter("momentum", 0.0, "decay rate of the buffer", per_coordinate=True, ge=0), DECAY),
    state=("buffer",),
    step=MomentumStep("momentum"),
    decay=Decoupled("weight_decay"),
)


def update(w, g, buffer, lr, momentum, weight_decay):
    """One step for one coordinate."""
    buffer = momentum * buffer + g
    return w - lr * (buffer + weight_decay * w), buffer
