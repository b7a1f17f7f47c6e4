"""A Cauchy variable added to every coordinate of the gradient, anew at each step: so heavy tails that it has no mean.

    noisy(g) = g + scale tan(pi (u - 1/2))

Half of the variables are within `scale` of 0, and beyond scale x lies a part of about 2/(pi x) of the sizes; neither mean nor
variance exists, and an average over steps is as far off as one of them. u is uniform in (0, 1).

Source: Johnson, Kotz, Balakrishnan, "Continuous Univariate Distributions", volume 1, 2nd edition 1994, chapter 16: the inverse of
the distribution function. Schaul, Antonoglou, Silver, "Unit Tests for Stochastic Optimization", ICLR 2014, has it as a
noise prototype.

u = 3/4 is at tan(pi/4) = 1 times the scale, by hand; u = 0.9 at tan(0.4 pi) = 3.0776835:

>>> [round(float(noisy(1.0, u, tangent(u), 2.0)), 6) for u in (0.75, 0.25, 0.9)]
[3.0, -1.0, 7.155367]
"""

from adamw_cli.vocabulary import REQUIRED, Noise, Parameter

_PI = 3.141592653589793


def tangent(u):
    """Return |tan(pi (u - 1/2))|; in compiled code the same bits as in Python, which a library's tangent would not have.

    Lambert's continued fraction, tan y = y/(1 - y^2/(3 - y^2/(5 - ...))), for y up to pi/4; beyond, 1/tan(pi/2 - y).
    """
    v = abs(u - 0.5)
    near = v <= 0.25
    y = _PI * (v if near else 0.5 - v)
    s = y * y
    f = 9.0 - s / (11.0 - s / (13.0 - s / (15.0 - s / 17.0)))
    f = y / (1.0 - s / (3.0 - s / (5.0 - s / (7.0 - s / f))))
    return f if near else 1.0 / f


SPEC = Noise(
    parameters=(Parameter("scale", REQUIRED, "half of the noise is smaller than this", per_coordinate=True, ge=0),),
    prepare=tangent,
    examples=({"scale": 1.0}, {"scale": 1e-3}),
)


def noisy(g, u, x, scale):
    """Return the gradient with noise; u uniform in (0, 1), x = tangent(u)."""
    return g + scale * (x if u > 0.5 else -x)
