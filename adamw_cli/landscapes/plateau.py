"""Plateau: no gradient anywhere, so that only decay and leftover momentum move a weight.

    f(w) = 0,  grad f = 0

>>> gradient(3.0, 1.0)
0.0
"""

from adamw_cli.vocabulary import Landscape, Zero

SPEC = Landscape(
    parameters=(),
    gradient=Zero(),
    minimizer=None,  # every point is a minimiser, so none is singled out
    part=True,
    examples=((1, {}), (3, {})),
)


def gradient(w, t):
    """Zero for every weight and step."""
    return 0.0


def height(w, t):
    """Zero for every weight and step."""
    return 0.0
