"""A Laplace variable added to every coordinate of the gradient, anew at each step: heavier tails than normal ones.

    noisy(g) = g - b sign(u - 1/2) ln(1 - 2 |u - 1/2|)

with mean g and standard deviation sqrt(2) b; beyond b x lies a part exp(-x) of the sizes. u is uniform in (0, 1).

Source: Kotz, Kozubowski, Podgorski, "The Laplace Distribution and Generalizations", 2001, section 2.1: the inverse of
the distribution function.

u = 3/4 is at ln 2 times b, by hand:

>>> [round(float(noisy(1.0, u, size(u), 2.0)), 6) for u in (0.75, 0.25)]
[2.386294, -0.386294]
"""

from adamw_cli.noises._quantile import log2
from adamw_cli.vocabulary import REQUIRED, Noise, Parameter


def size(u):
    """Return -ln(1 - 2 |u - 1/2|), the size of a variable of scale 1."""
    return -0.6931471805599453 * log2(1.0 - 2.0 * abs(u - 0.5))


SPEC = Noise(
    parameters=(Parameter("scale", REQUIRED, "the scale b: mean size of the noise", per_coordinate=True, ge=0),),
    prepare=size,
    examples=({"scale": 1.0}, {"scale": 0.3}),
)


def noisy(g, u, x, scale):
    """Return the gradient with noise; u uniform in (0, 1), x = size(u)."""
    return g + scale * (x if u > 0.5 else -x)
