"""Quadratic bowl, diagonal or full.

    f(w) = (w - c)^T H (w - c) / 2,  grad f = H (w - c)

H = diag(curvature); or `matrix` as given (symmetric); or, in two dimensions, the diagonal rotated by
`rotation` degrees counterclockwise, H = R diag(curvature) R^T. `center` is required: with the optimum at the
origin, decay would be rewarded for nothing.

>>> gradient(3.0, 1.0, 10.0, 1.0)
20.0
"""

import math

import numpy as np

from adamw_cli.landscapes._derived import offset, spread
from adamw_cli.vocabulary import REQUIRED, Form, Landscape, Linear, Parameter


def _constraint(values):
    if (values["curvature"] is None) == (values["matrix"] is None):
        return "give either 'curvature' or 'matrix'"
    if values["matrix"] is not None and values["rotation"] is not None:
        return "'rotation' goes with 'curvature', not with 'matrix'"
    if values["matrix"] is not None:
        rows = values["matrix"]
        if any(len(row) != len(rows) for row in rows):
            return "'matrix' must be square"
        if any(rows[i][j] != rows[j][i] for i in range(len(rows)) for j in range(i)):
            return "'matrix' must be symmetric: it is the Hessian"
    return None


def _fits(dimension, values):
    if values["matrix"] is not None and len(values["matrix"]) != dimension:
        return f"'matrix' has {len(values['matrix'])} rows, but 'start' has {dimension} coordinates"
    if values["rotation"] is not None and dimension != 2:
        return f"'rotation' is for two coordinates, 'start' has {dimension}"
    return None


def _diagonal(values):
    return values["curvature"] if values["rotation"] is None else None  # there is none with a matrix


SPEC = Landscape(
    parameters=(
        Parameter("curvature", None, "diagonal of the Hessian", per_coordinate=True),
        Parameter("matrix", None, "the Hessian, symmetric, as rows", kind="matrix"),
        Parameter("center", REQUIRED, "the minimiser", per_coordinate=True),
        Parameter("rotation", None, "degrees counterclockwise, two dimensions only"),
    ),
    gradient=Linear(_diagonal, "center"),
    part=True,
    constraint=_constraint,
    fits=_fits,
    examples=(
        (3, {"curvature": (0.5, 2.0, 30.0), "center": 1.5}),
        (2, {"matrix": ((2.0, 1.5), (1.5, 2.0)), "center": (3.0, 0.5)}),
        (2, {"curvature": (1.0, 20.0), "center": (1.0, -1.0), "rotation": 30.0}),
    ),
)


def gradient(w, t, curvature, center):
    """Gradient of the diagonal form for one coordinate."""
    return curvature * (w - center)


def height(w, t, curvature, center):
    """Loss of the diagonal form for one coordinate."""
    x = w - center
    return 0.5 * curvature * x * x


def full_gradient(w, g, d, lanes, t, p):
    """Gradient of the full form; p = d*d entries of H, row by row, then d entries of c."""
    for i in range(d):
        for lane in range(lanes):
            g[i, lane] = 0.0
        for j in range(d):
            h = p[i * d + j]
            c = p[d * d + j]
            for lane in range(lanes):
                g[i, lane] += h * (w[j, lane] - c)


def _hessian(values):
    """Return the Hessian of the full form."""
    if values["matrix"] is not None:
        return np.array(values["matrix"], dtype=float)
    angle = math.radians(values["rotation"])
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return turn @ np.diag(spread(2, values["curvature"])) @ turn.T


def lower(dimension, values):
    """Diagonal unless a matrix or a rotation couples the coordinates."""
    center, diagonal = spread(dimension, values["center"]), _diagonal(values)
    if dimension == 1 and diagonal is None:
        diagonal = values["matrix"][0]
    if diagonal is not None:
        return Form("diagonal", gradient, separable=True, rows=(spread(dimension, diagonal), center), height=height)
    return Form("full", full_gradient, separable=False, shared=np.concatenate([_hessian(values).ravel(), center]))


def value(w, t, values):
    """Return the loss; w : (..., d) -> (...)."""
    x, diagonal = offset(w, values), _diagonal(values)
    if diagonal is not None:
        return 0.5 * np.einsum("...i,i,...i->...", x, spread(x.shape[-1], diagonal), x)
    return 0.5 * np.einsum("...i,ij,...j->...", x, _hessian(values), x)


def minimizer(dimension, values):
    """Return the center if the Hessian is positive definite, otherwise None."""
    diagonal = _diagonal(values)
    eigenvalues = np.linalg.eigvalsh(_hessian(values)) if diagonal is None else np.asarray(diagonal)
    return spread(dimension, values["center"]).tolist() if eigenvalues.min() > 0.0 else None
