"""A random walk added to every coordinate of the gradient: errors that last.

    b_t = b + sigma z,  b = 0 before the first step,    noisy(g) = g + b_t,    z = Phi^-1(u)

so that the error of step t has mean 0 and variance t sigma^2, and that of steps s <= t the covariance s sigma^2. u is uniform
in (0, 1); coordinates and trials have walks of their own.

Source: Einstein, "Ueber die von der molekularkinetischen Theorie der Waerme geforderte Bewegung", Annalen der Physik 17, 1905: a
sum of independent normal steps. As drift of the target it is the random walk model of Widrow, McCool, Larimore, Johnson,
"Stationary and nonstationary learning characteristics of the LMS adaptive filter", Proceedings of the IEEE 64, 1976.
noises/_quantile.py has the source of Phi^-1.

Phi^-1(0.975) is 1.959964; half of it is added to where the walk was, -1:

>>> [round(float(value), 6) for value in noisy(2.0, 0.975, rarity(0.975), 0.5, -1.0)]
[1.979982, -0.020018]
"""

from adamw_cli.noises._quantile import normal_quantile, rarity
from adamw_cli.vocabulary import REQUIRED, Noise, Parameter

SPEC = Noise(
    parameters=(Parameter("sigma", REQUIRED, "standard deviation of one step", per_coordinate=True, ge=0),),
    prepare=rarity,
    state=("b",),
    examples=({"sigma": 1.0}, {"sigma": 1e-3}),
)


def noisy(g, u, x, sigma, b):
    """Return the gradient with noise and the walk's new place; u uniform in (0, 1), x = rarity(u)."""
    b = b + sigma * normal_quantile(u, x)
    return g + b, b
