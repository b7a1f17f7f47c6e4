"""Logistic regression on twelve points in the plane.

    f(w) = 1/12 sum_k log(1 + exp(-m_k)),  m_k = y_k (w_0 a_k + w_1 b_k + w_2)
    grad f = -1/12 sum_k y_k (a_k, b_k, 1)/(1 + exp(m_k))

Three weights: two slopes and an intercept. No line divides the labels, so there is a maximum-likelihood estimate,
(0.444687, -1.706185, 1.005216). With `separable: true` two labels are put right, and a line does; then there is no estimate, the
weights grow for ever, and weight decay alone decides where they stop.

The points are made by the generator x -> 48271 x mod 2^31 - 1 from x = 3, u = x/(2^31 - 1): four numbers per point, a = 4 u_1 - 2 and
b = 4 u_2 - 2 to two decimals; y is the sign of a - 2 b + 1/2, or, with two of them wrong, of a - 2 b + 1/2 + 6 (u_3 - 1/2).

Source: the model, Cox, "The Regression Analysis of Binary Sequences", Journal of the Royal Statistical Society B 20 (1958); the
generator, Park, Miller and Stockmeyer, Communications of the ACM 36 (1993); the data are made up.

>>> import numpy as np
>>> w, g = np.zeros((3, 1)), np.zeros((3, 1))
>>> gradient(w, g, 3, 1, 1.0, np.array([2.0, 2.0, -4.0, 1.0, 1.0, 1.0, -1.0]))   # two points, m = 0: -1/2 their mean
>>> g.ravel().tolist()
[-0.75, 0.75, 0.0]
"""

import numpy as np

from adamw_cli.vocabulary import Form, Landscape, Parameter

POINTS = (
    (-2.0, -0.98), (1.62, 0.28), (1.15, -1.08), (0.99, -0.29), (0.52, 1.94), (1.57, -0.89),
    (0.82, 1.54), (0.88, 1.53), (1.7, 0.18), (-1.73, 0.53), (1.31, -0.81), (-0.09, -0.73),
)  # fmt: skip
SEPARABLE_LABELS = (1, 1, 1, 1, -1, 1, -1, -1, 1, -1, 1, 1)
LABELS = (1, 1, 1, 1, -1, 1, -1, 1, -1, -1, 1, 1)
_NEWTON_STEPS = 12

SPEC = Landscape(
    parameters=(Parameter("separable", False, "whether a line divides the labels", kind="bool"),),
    min_dimension=3,
    max_dimension=3,
    examples=((3, {}), (3, {"separable": True})),
)


def gradient(w, g, d, lanes, t, p):
    """Gradient of every coordinate; p = number of points n, then a row y_k (a_k, b_k, 1) for each."""
    points = int(p[0])
    for i in range(d):
        for lane in range(lanes):
            g[i, lane] = 0.0
    for k in range(points):
        for lane in range(lanes):
            margin = 0.0
            for i in range(d):
                margin += p[1 + k * d + i] * w[i, lane]
            e = np.exp(-abs(margin))  # never above 1
            share = (e if margin > 0.0 else 1.0) / (1.0 + e) / points
            for i in range(d):
                g[i, lane] -= share * p[1 + k * d + i]


def _rows(values):
    """y_k (a_k, b_k, 1), (12, 3)."""
    labels = np.array(SEPARABLE_LABELS if values["separable"] else LABELS, dtype=np.float64)
    return labels[:, None] * np.column_stack([POINTS, np.ones(len(POINTS))])


def lower(dimension, values):
    """Return the only form of this landscape."""
    rows = _rows(values)
    return Form("plain", gradient, separable=False, shared=(float(len(rows)), *rows.ravel()))


def value(w, t, values):
    """Return the loss; w : (..., 3) -> (...)."""
    return np.logaddexp(0.0, -np.asarray(w, dtype=np.float64) @ _rows(values).T).mean(axis=-1)


def minimizer(dimension, values):
    """Return the maximum-likelihood estimate by Newton's method; None where the labels are separable."""
    if values["separable"]:
        return None
    rows, w = _rows(values), np.zeros(dimension)
    for _ in range(_NEWTON_STEPS):
        wrong = 1.0 / (1.0 + np.exp(rows @ w))
        w = w + np.linalg.solve((rows.T * (wrong * (1.0 - wrong))) @ rows, wrong @ rows)
    return w.tolist()
