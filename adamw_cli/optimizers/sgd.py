r"""Stochastic gradient descent with momentum and coupled weight decay, as PyTorch defines it.

    g <- g + weight_decay w
    b_1 = g,  b_t = momentum b + (1 - dampening) g
    w_t = w - lr b_t                        (nesterov: w - lr (g + momentum b_t))

PyTorch's conventions: the first buffer is the gradient itself, undampened; with momentum 0 there is no buffer
and dampening has no effect; the learning rate multiplies the whole buffer, so a later learning rate also
rescales past gradients.

Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013;
the formula above is the one of the reference's documentation. Reference implementation: torch.optim.SGD.

The first step, by hand: w - lr (g + weight_decay w) = 1 - 0.1 (4 + 0.5):

>>> first, = SPEC.coefficient_values(1)
>>> w, b = update(1.0, 4.0, 0.0, 0.1, 0.9, 0.0, 0.5, first, False)
>>> round(float(w), 12), b
(0.55, 4.5)
"""

from adamw_cli.optimizers._given import numbers
from adamw_cli.vocabulary import L2, LR, Coupled, MomentumStep, Parameter, Rule


def _constraint(values):
    if values["nesterov"] and (0 in numbers(values["momentum"]) or any(numbers(values["dampening"]))):
        return "'nesterov' needs a momentum above 0 and zero dampening"
    return None


SPEC = Rule(
    parameters=(
        LR,
        Parameter("momentum", 0.0, "decay rate of the buffer", per_coordinate=True, ge=0),
        Parameter("dampening", 0.0, "1 - dampening multiplies a new gradient", per_coordinate=True),
        L2,
        Parameter("nesterov", False, "look ahead along the buffer", kind="bool"),
    ),
    state=("buffer",),
    coefficients=("first",),
    coefficient_values=lambda t: ((t == 1) * 1.0,),
    step=MomentumStep("momentum", dampening="dampening", nesterov="nesterov"),
    decay=Coupled("weight_decay"),
    reference="torch.optim.SGD",
    constraint=_constraint,
)


def update(w, g, buffer, lr, momentum, dampening, weight_decay, first, nesterov):
    """One step for one coordinate; first = 1 at the first step, then 0."""
    g = g + weight_decay * w
    buffer = g if first != 0.0 else momentum * buffer + (1.0 - dampening) * g
    if nesterov:
        step = g + momentum * buffer
    else:
        step = buffer if momentum != 0.0 else g
    return w - lr * step, buffer
