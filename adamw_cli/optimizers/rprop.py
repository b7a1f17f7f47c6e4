r"""Rprop: the sign of the gradient, and a step size that grows while the sign stays and shrinks when it changes.

    s_t = clamp(s * etaplus)  if g * g_prev > 0
          clamp(s * etaminus) if g * g_prev < 0, and then g <- 0
          clamp(s)            otherwise                    (clamp to the range of step_sizes)
    w_t = w - s_t sign(g)                      g_prev <- g

The first step size is the first step's learning rate; no later learning rate has any effect. No weight decay.

Source: Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm", ICNN
1993; without going back after a change of sign. Reference implementation: torch.optim.Rprop.

Three steps, by hand, with gradients 4, 2 and -1: 0.1, then 0.1*1.5, then none, as the sign has changed:

>>> first, = SPEC.coefficient_values(1)
>>> w, g_prev, s = update(1.0, 4.0, 0.0, 0.0, 0.1, 0.5, 1.5, 1e-6, 50.0, first)
>>> round(float(w), 12), s
(0.9, 0.1)
>>> w, g_prev, s = update(w, 2.0, g_prev, s, 0.1, 0.5, 1.5, 1e-6, 50.0, 0.0)
>>> round(float(w), 12), round(s, 12)
(0.75, 0.15)
>>> w, g_prev, s = update(w, -1.0, g_prev, s, 0.1, 0.5, 1.5, 1e-6, 50.0, 0.0)
>>> round(float(w), 12), g_prev, round(s, 12)
(0.75, 0.0, 0.075)
"""

import numpy as np

from adamw_cli.optimizers._given import pairs
from adamw_cli.vocabulary import LR, NoDecay, Parameter, Rule


def _constraint(values):
    if not all(0 < low < 1 < high for low, high in pairs(values["etas"])):
        return "'etas' are a factor between 0 and 1 and one above 1"
    if not all(low <= high for low, high in pairs(values["step_sizes"])):
        return "'step_sizes' are the smallest and the largest, in this order"
    return None


SPEC = Rule(
    parameters=(
        LR,
        Parameter(
            "etas",
            (0.5, 1.2),
            "factors of the step size after a change of sign and without",
            kind="pair",
            per_coordinate=True,
            gt=0,
            components=("etaminus", "etaplus"),
        ),
        Parameter(
            "step_sizes",
            (1e-6, 50.0),
            "smallest and largest step size",
            kind="pair",
            per_coordinate=True,
            gt=0,
            components=("smallest", "largest"),
        ),
    ),
    state=("g_prev", "s"),
    coefficients=("first",),
    coefficient_values=lambda t: ((t == 1) * 1.0,),
    decay=NoDecay(),
    reference="torch.optim.Rprop",
    constraint=_constraint,
)


def update(w, g, g_prev, s, lr, etaminus, etaplus, smallest, largest, first):
    """One step for one coordinate; first = 1 at the first step, then 0."""
    s = lr if first != 0.0 else s
    agreement = g * g_prev
    factor = etaplus if agreement > 0.0 else etaminus if agreement < 0.0 else 1.0
    s = min(max(s * factor, smallest), largest)
    g = 0.0 if agreement < 0.0 else g
    return w - s * np.sign(g), g, s
