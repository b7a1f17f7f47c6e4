"""A valley whose bottom is a whole curve: the product of the weights has a target, and no weight has one of its own.

    f(w) = (w_0 w_1 ... w_(d-1) - a)^2 / 2,  df/dw_i = (P - a) prod_(j != i) w_j,  P the product of all

In two coordinates the bottom is x y = a: a linear network of two layers with one unit each. Its curvature along the way
across is |w|^2 there, so it is flattest where |x| = |y| = sqrt(|a|). Gradient flow keeps x^2 - y^2; coupled decay makes
it fade, and so leads to the balanced point.

Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", ICLR
2014, for one mode.

>>> import numpy as np
>>> w, g = np.array([[3.0], [0.5]]), np.zeros((2, 1))
>>> gradient(w, g, 2, 1, 1.0, np.array([1.0]))
>>> g.ravel().tolist()   # P - a = 1/2
[0.25, 1.5]
"""

import numpy as np

from adamw_cli.vocabulary import Landscape, Parameter

SPEC = Landscape(
    parameters=(Parameter("target", 1.0, "what the product should be, a"),),
    minimizer=None,  # every point whose product is the target is a minimiser, so none is singled out
    min_dimension=2,
    examples=((2, {}), (3, {"target": -2.0})),
)


def gradient(w, g, d, lanes, t, p):
    """Gradient of every coordinate; p = (a,)."""
    for lane in range(lanes):
        product = 1.0
        for i in range(d):
            product *= w[i, lane]
        for i in range(d):
            others = product - p[0]
            for j in range(d):
                if j != i:
                    others *= w[j, lane]
            g[i, lane] = others


def value(w, t, values):
    """Return the loss; w : (..., d) -> (...)."""
    return 0.5 * (np.asarray(w, dtype=np.float64).prod(axis=-1) - values["target"]) ** 2
