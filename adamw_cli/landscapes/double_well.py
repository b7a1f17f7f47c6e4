"""Double well: two valleys with a hill between them, tilted if wanted.

    f(w) = sum_i D_i (x_i^2/r_i^2 - 1)^2 + a_i x_i,  df/dw_i = 4 D_i/r_i^2 x_i (x_i^2/r_i^2 - 1) + a_i,  x = w - c

Without a tilt both wells, c - r and c + r, are minimisers. With one the deeper well is where x has the sign of -a, and the other
is there as long as |a| r < 8 D / sqrt(27).

>>> [gradient(w, 1.0, 1.5, 2.0, 3.0, 0.25) for w in (3.5, 1.5, 2.5)]   # 4 3/4 1 (1/4 - 1) + 1/4
[0.25, 0.25, -2.0]
"""

import math

from adamw_cli.landscapes._derived import spread
from adamw_cli.vocabulary import REQUIRED, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        Parameter("center", REQUIRED, "the middle c of the two wells", per_coordinate=True),
        Parameter("radius", 1.0, "distance r of each well from the middle", per_coordinate=True, gt=0),
        Parameter("depth", 1.0, "height D of the hill between them", per_coordinate=True, gt=0),
        Parameter("tilt", 0.0, "slope a that is added", per_coordinate=True),
    ),
    part=True,
    examples=(
        (2, {"center": (0.7, -0.3), "radius": (1.0, 0.8), "depth": 0.5, "tilt": (0.2, -3.0)}),
        (1, {"center": 0.5}),
    ),
)


def gradient(w, t, center, radius, depth, tilt):
    """Gradient of one coordinate."""
    u = (w - center) / radius
    return 4.0 * depth / radius * u * (u * u - 1.0) + tilt


def height(w, t, center, radius, depth, tilt):
    """Loss of one coordinate."""
    x = w - center
    hill = (x / radius) * (x / radius) - 1.0
    return depth * hill * hill + tilt * x


def _deeper(center, radius, depth, tilt):
    """Root of u^3 - u + p = 0 farthest from 0, on the other side than p = a r/(4 D)."""
    p = abs(tilt) * radius / (4.0 * depth)
    q = 1.5 * math.sqrt(3.0) * p
    if not math.isfinite(q):
        return math.nan
    u = 2.0 / math.sqrt(3.0) * (math.cos(math.acos(q) / 3.0) if q <= 1.0 else math.cosh(math.acosh(q) / 3.0))
    return center - math.copysign(radius * u, tilt)


def minimizer(dimension, values):
    """Return the deeper well of each coordinate; None where a coordinate is not tilted, and so has two."""
    rows = [spread(dimension, values[p.name]).tolist() for p in SPEC.parameters]
    if not all(rows[3]):
        return None
    found = [_deeper(*row) for row in zip(*rows, strict=True)]
    return found if all(map(math.isfinite, found)) else None
