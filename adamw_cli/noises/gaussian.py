"""A normal variable added to every coordinate of the gradient, anew at each step.

    noisy(g) = g + sigma z,    z = Phi^-1(u),    Phi(z) = (1 + erf(z/sqrt(2)))/2

with mean g and standard deviation sigma. u is uniform in (0, 1).

Source: Mandt, Hoffman, Blei, "Stochastic Gradient Descent as Approximate Bayesian Inference", JMLR 18, 2017, equation 3:
minibatch gradients by the central limit theorem. noises/_quantile.py has the source of Phi^-1.

Phi^-1(0.975) is 1.959964, so that half of it is added:

>>> round(float(noisy(1.0, 0.975, rarity(0.975), 0.5)), 6)
1.979982
"""

from adamw_cli.noises._quantile import normal_quantile, rarity
from adamw_cli.vocabulary import REQUIRED, Noise, Parameter

SPEC = Noise(
    parameters=(Parameter("sigma", REQUIRED, "standard deviation", per_coordinate=True, ge=0),),
    prepare=rarity,
    gaussian="sigma",
    examples=({"sigma": 1.0}, {"sigma": 1e-3}, {"sigma": 1e10}),
)


def noisy(g, u, x, sigma):
    """Return the gradient with noise; u uniform in (0, 1), x = rarity(u)."""
    return g + sigma * normal_quantile(u, x)
