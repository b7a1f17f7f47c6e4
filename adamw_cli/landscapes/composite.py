"""One landscape per coordinate, put together: as a sum or a norm, turned, with curl, switching, moving.

    f_t(w) = sum_i f_i(y_i),  or with `norm` q  (sum_i |f_i(y_i)|^q)^(1/q),  y = R^T (w - (t - 1) v)

`parts` are the f_i, landscapes of one coordinate each. R turns counterclockwise by `rotation` degrees, in more than two dimensions in
the planes of the coordinates 0 and 1, 1 and 2, ... one after the other: R = R_01 R_12 ... `drift` v moves everything by v a step.
With `others`, the f_i are those at the steps 1 to n = `switch_every`, the others for the next n, and so on.

The gradient is R (df/dy_i), where df/dy_i = f_i' for a sum and |f_i/f|^(q-1) sign(f_i) f_i' for a norm (0 where f = 0). `curl` k
then adds to it k times itself turned by 90 degrees, in the planes of the coordinates 0 and 1, 2 and 3, ...:
(g_0 - k g_1, g_1 + k g_0). What results is the derivative of no loss, but vanishes where it did before.

Source: Schaul, Antonoglou and Silver, "Unit Tests for Stochastic Optimization", ICLR 2014, whose curl adds a turned w instead; for
the loss |w|^2/2 that is the same.

>>> import numpy as np
>>> form = lower(2, {"parts": ({"kind": "slope", "gradient": 3.0}, {"kind": "abs", "center": 1.0, "slope": 2.0}), "others": None,
...                  "switch_every": None, "norm": None, "rotation": 0.0, "curl": 0.5, "drift": 0.0})
>>> w, g = np.array([[0.0], [5.0]]), np.zeros((2, 1))
>>> form.function(w, g, 2, 1, 1.0, form.shared)
>>> g.ravel().tolist()   # (3, 2) + (-2, 3)/2
[2.0, 3.5]
"""

import math
from functools import cache
from types import FunctionType

import numpy as np

from adamw_cli import registry
from adamw_cli.landscapes._derived import spread
from adamw_cli.vocabulary import REQUIRED, Form, Landscape, Parameter

NORM = False  # a switch, folded when the block function is made
_HEAD = 4


def _constraint(values):
    if (values["others"] is None) != (values["switch_every"] is None):
        return "'others' and 'switch_every' go together"
    if values["others"] is not None and len(values["others"]) != len(values["parts"]):
        return f"'others' has {len(values['others'])} entries, 'parts' has {len(values['parts'])}"
    return None


def _fits(dimension, values):
    if len(values["parts"]) != dimension:
        return f"'parts' has {len(values['parts'])} entries, but 'start' has {dimension}: one part per coordinate"
    for name in ("rotation", "curl"):
        if values[name] != 0.0 and dimension == 1:
            return f"'{name}' needs two coordinates or more, 'start' has 1"
    return None


SPEC = Landscape(
    parameters=(
        Parameter("parts", REQUIRED, "one landscape per coordinate, each with a kind", kind="parts"),
        Parameter("norm", None, "exponent q of the norm of the parts' losses; without it their sum", ge=1),
        Parameter("rotation", 0.0, "degrees counterclockwise"),
        Parameter("curl", 0.0, "how much of the gradient, turned by 90 degrees, is added to it"),
        Parameter("drift", 0.0, "how far everything moves in a step, v", per_coordinate=True),
        Parameter("others", None, "the parts that take turns with the first ones", kind="parts"),
        Parameter("switch_every", None, "steps after which they do", kind="int", ge=1),
    ),
    constraint=_constraint,
    fits=_fits,
    conservative=lambda values: values["curl"] == 0.0,
    examples=(
        (2, {"parts": ({"kind": "abs", "center": 0.7, "slope": 2.0}, {"kind": "cliff", "center": -0.3})}),
        (2, {
            "parts": ({"kind": "gaussian_well", "center": 0.7}, {"kind": "quadratic", "curvature": 2.0, "center": -0.3}),
            "norm": 2.0, "rotation": 30.0,
        }),
        (3, {
            "parts": ({"kind": "huber", "center": 1.0}, {"kind": "logcosh", "center": -0.5}, {"kind": "styblinski_tang"}),
            "norm": 1.5, "rotation": -20.0, "curl": 0.5,
        }),
        (2, {
            "parts": ({"kind": "exponential", "center": 0.5}, {"kind": "relu", "center": 0.2}),
            "others": ({"kind": "slope", "gradient": -0.5}, {"kind": "quartic", "center": 0.7}),
            "switch_every": 6, "drift": (0.01, -0.02), "rotation": 45.0,
        }),
    ),
)  # fmt: skip


def coordinate(w, lane, d, t, p, i):
    """y_i of a lane; p = q, k, n or 0, numbers per part, R row by row, v, parts, others."""
    y = 0.0
    for j in range(d):
        y += p[_HEAD + j * d + i] * (w[j, lane] - (t - 1.0) * p[_HEAD + d * d + j])
    return y


def gradients(kind, y, t, p, q):
    """f_i' of the kind with a number, whose parameters are p[q], p[q + 1], ...; _block puts the generated one in its place."""
    return 0.0


def heights(kind, y, t, p, q):
    """f_i likewise."""
    return 0.0


def gradient(w, g, d, lanes, t, p):
    """Gradient of every coordinate; a part in p is the number of its kind, then its parameters."""
    width = int(p[3])
    first = _HEAD + d * d + d
    if p[2] > 0.0:
        turns = np.floor((t - 1.0) / p[2])
        if turns - 2.0 * np.floor(turns / 2.0) == 1.0:
            first += d * width
    for lane in range(lanes):
        largest = 0.0
        size = 0.0
        if NORM:
            for i in range(d):
                q = first + i * width
                h = abs(heights(p[q], coordinate(w, lane, d, t, p, i), t, p, q + 1))
                largest = h if h > largest else largest
            # In units of the largest, so that no power leaves the range of float64.
            for i in range(d):
                q = first + i * width
                h = heights(p[q], coordinate(w, lane, d, t, p, i), t, p, q + 1)
                size += np.power(abs(h) / largest, p[0]) if largest > 0.0 else 0.0
            size = np.power(size, 1.0 / p[0])
        for j in range(d):
            g[j, lane] = 0.0
        for i in range(d):
            q = first + i * width
            y = coordinate(w, lane, d, t, p, i)
            slope = gradients(p[q], y, t, p, q + 1)
            if NORM:
                h = heights(p[q], y, t, p, q + 1)
                share = np.power(abs(h) / largest / size, p[0] - 1.0) * np.sign(h) if size > 0.0 else 0.0
                slope = slope * share
            for j in range(d):
                g[j, lane] += p[_HEAD + j * d + i] * slope
        for i in range(0, d - 1, 2):
            x = g[i, lane]
            g[i, lane] = x - p[1] * g[i + 1, lane]
            g[i + 1, lane] = g[i + 1, lane] + p[1] * x


def _form(part):
    return registry.load("landscapes", part["kind"]).lower(1, part)


def _dispatch(name, functions, counts):
    """Function (kind, y, t, p, q) that calls the one of some scalar functions that has the number `kind`."""
    lines = [f"def {name}(kind, y, t, p, q):"]
    for k, count in enumerate(counts):
        arguments = ", ".join(["y", "t", *(f"p[q + {j}]" for j in range(count))])
        lines += [f"    if kind == {k}.0:"] * (k < len(counts) - 1)
        lines += [f"    {'    ' * (k < len(counts) - 1)}return {name}_{k}({arguments})"]
    scope = {"__name__": __name__, **{f"{name}_{k}": function for k, function in enumerate(functions)}}
    exec("\n".join(lines), scope)
    return scope[name]


@cache
def _block(forms, norm):
    """The block function for some kinds of parts, each (gradient, height, number of parameters)."""
    counts = [count for _, _, count in forms]
    scope = {
        **globals(),
        "NORM": norm,
        "gradients": _dispatch("gradients", [function for function, _, _ in forms], counts),
        "heights": _dispatch("heights", [height for _, height, _ in forms], counts),
    }
    return FunctionType(gradient.__code__, scope, gradient.__name__)


def _turn(dimension, values):
    """R, (d, d): the product of the turns in the planes of neighbouring coordinates."""
    angle, found = math.radians(values["rotation"]), np.eye(dimension)
    for i in range(dimension - 1):
        plane = np.eye(dimension)
        plane[i : i + 2, i : i + 2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        found = found @ plane
    return found


def lower(dimension, values):
    """A block function for the kinds that there are, and one number for each kind, parameter and angle."""
    parts = (*values["parts"], *(values["others"] or ()))
    forms = [_form(part) for part in parts]
    kinds = sorted({part["kind"] for part in parts})
    distinct = [next(form for part, form in zip(parts, forms, strict=True) if part["kind"] == kind) for kind in kinds]
    width = 1 + max(len(form.rows) for form in forms)
    shared = [values["norm"] or 0.0, values["curl"], values["switch_every"] or 0.0, width]
    shared += [*_turn(dimension, values).ravel(), *spread(dimension, values["drift"])]
    for part, form in zip(parts, forms, strict=True):
        numbers = [kinds.index(part["kind"]), *(row[0] for row in form.rows)]
        shared += numbers + [0.0] * (width - len(numbers))
    function = _block(
        tuple((form.function, form.height, len(form.rows)) for form in distinct), values["norm"] is not None
    )
    name = "_".join([*kinds, *(["norm"] if values["norm"] is not None else [])])
    return Form(name, function, separable=False, shared=np.array(shared, dtype=np.float64))


def _losses(parts, y, t):
    """Loss of every part at its coordinate; y : (..., d) -> (..., d)."""
    found = [registry.load("landscapes", part["kind"]).value(y[..., i, None], t, part) for i, part in enumerate(parts)]
    return np.stack(np.broadcast_arrays(*found), axis=-1)


def value(w, t, values):
    """Return the loss at step t; w : (..., d), t : (...) -> (...)."""
    w, t = np.asarray(w, dtype=np.float64), np.asarray(t, dtype=np.float64)
    d = w.shape[-1]
    y = (w - (t[..., None] - 1.0) * spread(d, values["drift"])) @ _turn(d, values)
    losses = _losses(values["parts"], y, t)
    if values["others"] is not None:
        other = (t - 1.0) // values["switch_every"] % 2.0 == 1.0
        losses = np.where(other[..., None], _losses(values["others"], y, t), losses)
    if values["norm"] is None:
        return losses.sum(axis=-1)
    sizes = np.abs(losses)
    largest = sizes.max(axis=-1)
    unit = np.where((largest > 0.0) & (largest < np.inf), largest, 1.0)  # so that no power leaves the range of float64
    return largest * ((sizes / unit[..., None]) ** values["norm"]).sum(axis=-1) ** (1.0 / values["norm"])


def minimizer(dimension, values):
    """Return the parts' minimisers, turned; None if there is none, or none that is a float."""
    if values["others"] is not None or np.any(spread(dimension, values["drift"]) != 0.0):
        return None
    found = [registry.load("landscapes", part["kind"]).minimizer(1, part) for part in values["parts"]]
    if any(best is None for best in found):
        return None
    y = np.array(found)[:, 0]
    if values["norm"] is not None and np.any(_losses(values["parts"], y, 1.0) < 0.0):
        return None
    with np.errstate(over="ignore"):
        turned = _turn(dimension, values) @ y
    return turned.tolist() if np.all(np.isfinite(turned)) else None
