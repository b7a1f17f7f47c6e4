"""Inverse distribution functions without branches, so that a loop over them becomes vector instructions.

Each is in two parts, for two loops: in one, the long chain of operations that wait for one another took 2.5 instead of 1.6 ns
per number; for the same reason a polynomial is a product of quadratics. Products are rounded apart from sums, in plain Python as in compiled code, so that both give the same bits.
"""

import numpy as np


def log2(x):
    """Return the logarithm of a normal x > 0 to base 2, to 1e-9 of its size.

    x = 2^e m with sqrt(1/2) <= m < sqrt(2), and s = (m - 1)/(m + 1):
    log2 x = e + s C(s^2), C a minimax fit of 2 artanh(s)/(s ln 2) of degree 3 (6.9e-10).

    Source: the reduction is that of FreeBSD's e_log.c (fdlibm), the fit our own.

    >>> float(log2(1.0)), float(log2(0.125)), round(float(log2(10.0)), 8)
    (0.0, -3.0, 3.32192809)
    """
    bits = np.float64(x).view(np.int64)
    e = (bits - 0x3FE6A09E667F3BCD) >> 52  # the bits of sqrt(1/2)
    m = np.int64(bits - (e << 52)).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    low = 2.8853900797892655 + 0.9617988474340945 * z
    high = 0.5767144027792144 + 0.43173545301698135 * z
    return float(e) + s * (low + high * (z * z))


def rarity(u):
    """Return -log2(4 u (1 - u)): 0 in the centre, one more for each halving of a tail."""
    return -2.0 - log2(u * (1.0 - u))


def normal_quantile(u, x):
    """Return the z below which a standard normal variable is with probability u, given x = rarity(u).

        z = (u - 1/2) P(x) / Q(x)     for 2^-53 <= u <= 1 - 2^-53

    z/(u - 1/2) is a smooth function of x, from sqrt(2 pi) in the centre to the tails' sqrt(8 ln 2 x), so that one quotient
    of polynomials serves all. P and Q, of degree 8, are a minimax fit to 40 digits; the largest relative error, with that of
    x, is 2e-10. None of their factors has a real zero for x >= 0.

    Source: Giles, "Approximating the erfinv function", GPU Computing Gems (Jade edition), 2012, for ln(4 u (1 - u)) as the
    variable; the fit is our own.

    The 97.5 % point:

    >>> round(float(normal_quantile(0.975, rarity(0.975))), 9)
    1.959963985
    """
    top = (((x - 10.718229521738522) * x + 378.07035620526517) * ((x + 202.14157141902217) * x + 2089.037502574215)) * (
        ((x + 2.9665394610189924) * x + 107.83124867308574) * ((x + 16.656117295630263) * x + 123.30926338986815)
    )
    bottom = (
        ((x - 10.739549612758148) * x + 377.08185048094896) * ((x + 927.6456059183628) * x + 57545.92129537769)
    ) * (((x + 0.5796374660003865) * x + 87.41702492586747) * ((x + 13.47263488623961) * x + 243.7847808627981))
    return 110.37825457595909 * (u - 0.5) * (top / bottom)
