"""Noise in proportion to the gradient: every coordinate is multiplied by a normal variable around 1, anew at each step.

    noisy(g) = g (1 + sigma z),    z = Phi^-1(u)

with mean g and standard deviation sigma |g|: the ratio of signal to noise is 1/sigma everywhere, and where the gradient
vanishes the noise does. u is uniform in (0, 1).

Source: Wu, Hu, Xiong, Huan, Braverman, Zhu, "On the Noisy Gradient Descent that Generalizes as SGD", ICML 2020, section 3.
noises/_quantile.py has the source of Phi^-1.

Phi^-1(0.975) is 1.959964, so that half of twice that is added to 2:

>>> round(float(noisy(2.0, 0.975, rarity(0.975), 0.5)), 6)
3.959964
"""

from adamw_cli.noises._quantile import normal_quantile, rarity
from adamw_cli.vocabulary import REQUIRED, Noise, Parameter

SPEC = Noise(
    parameters=(
        Parameter("sigma", REQUIRED, "standard deviation as a part of the gradient", per_coordinate=True, ge=0),
    ),
    prepare=rarity,
    examples=({"sigma": 1.0}, {"sigma": 0.1}),
)


def noisy(g, u, x, sigma):
    """Return the gradient with noise; u uniform in (0, 1), x = rarity(u)."""
    return g + g * (sigma * normal_quantile(u, x))
