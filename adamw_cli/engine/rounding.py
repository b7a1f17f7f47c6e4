"""Numbers of float64 rounded to a format of fewer bits, exactly: scalar functions in plain Python, compiled into store kernels.

Both take apart a number's bits, as integers, so that they vectorise: 52 bits of significand behind a leading one, the last
`shift` of which have to go. Below the smallest normal number of the format, where its numbers are equally far apart, adding and
subtracting `magic` = 1.5 2^52 times that distance rounds to nearest, halves to even, in float64's own arithmetic.
"""

import math

import numpy as np

from adamw_cli.formats import NumberFormat

_SIZE = 0x7FFFFFFFFFFFFFFF  # all bits but the sign


def nearest(x, shift, smallest, magic, largest, beyond):
    """Return x rounded to nearest, halves to even; the constants as in `constants`.

    >>> from adamw_cli.formats import FORMATS
    >>> [float(nearest(x, *constants(FORMATS["bfloat16"]))) for x in (0.1, 1.00390625, -3.4e38, 3.4e38)]
    [0.10009765625, 1.0, -inf, inf]

    """
    number = x if x == x else 0.0
    bits = int(np.float64(number).view(np.int64))
    size = abs(number)
    whole = bits & _SIZE
    kept = (whole + ((whole >> shift) & 1) + (1 << (shift - 1)) - 1) >> shift << shift
    normal = np.int64(kept).view(np.float64)
    found = (size + magic) - magic if size < smallest else normal
    found = beyond if found > largest else found
    found = -found if bits < 0 else found
    return found if x == x else x


def stochastic(x, u, shift, smallest, magic, largest, beyond):
    """Return x rounded up or down, up with the probability by which it lies nearer to there; u is uniform in (0, 1).

    >>> from adamw_cli.formats import FORMATS
    >>> c = constants(FORMATS["bfloat16"])
    >>> [float(stochastic(1.001953125, u, *c)) for u in (0.1, 0.7, 0.8)]   # a quarter of the way to 1.0078125
    [1.0, 1.0, 1.0078125]

    """
    number = x if x == x else 0.0
    bits = int(np.float64(number).view(np.int64))
    size = abs(number)
    whole = bits & _SIZE
    kept = (whole + int(u * (1 << shift))) >> shift << shift
    normal = np.int64(kept).view(np.float64)
    # 32 bits of u are added to whole numbers below 2^24, which no rounding spoils.
    step = magic / 6755399441055744.0
    small = np.floor((size if size < smallest else 0.0) / step + int(u * 4294967296.0) / 4294967296.0) * step
    found = small if size < smallest else normal
    found = beyond if found > largest else found
    found = -found if bits < 0 else found
    return found if x == x else x


def constants(form: NumberFormat) -> tuple[int, float, float, float, float]:
    """Shift, smallest normal number, magic, largest number, and what is beyond it, of a format with fewer bits than float64."""
    smallest = math.ldexp(1.0, form.smallest_exponent)
    return 53 - form.bits, smallest, 1.5 * 2.0**52 * form.smallest_step, form.largest, form.beyond
