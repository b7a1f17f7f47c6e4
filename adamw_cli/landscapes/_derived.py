"""What follows from a landscape's parameters, its gradient, and its height if every coordinate has one of its own."""

import numpy as np

from adamw_cli.vocabulary import Form


def complete(module):
    """Give a landscape's module `lower`, `value` and `minimizer`, as vocabulary.Landscape describes them, where it has none."""

    def lower(dimension, values):
        """Return the form of a scalar gradient, with a row for each parameter, or of a block function, with all numbers in one."""
        parameters = module.SPEC.parameters
        if hasattr(module, "height"):
            rows = tuple(spread(dimension, values[p.name]) for p in parameters)
            return Form("plain", module.gradient, separable=True, rows=rows, height=module.height)
        numbers = [values[p.name] for p in parameters if not p.per_coordinate]
        numbers += [number for p in parameters if p.per_coordinate for number in spread(dimension, values[p.name])]
        return Form("plain", module.gradient, separable=False, shared=tuple(numbers))

    def value(w, t, values):
        """Return the loss, the sum of all heights; w : (..., d), t : (...) -> (...) float64."""
        w = np.asarray(w, dtype=np.float64)
        form = module.lower(w.shape[-1], values)
        heights = form.height(w, np.asarray(t)[..., None], *form.rows)
        return np.broadcast_arrays(heights, w)[0].sum(axis=-1)  # a height may be one number for all weights

    def minimizer(dimension, values):
        """Return the parameter that is declared to be the minimiser, one float per coordinate."""
        name = module.SPEC.minimizer
        return None if name is None else spread(dimension, values[name]).tolist()

    for function in (lower, value, minimizer):
        vars(module).setdefault(function.__name__, function)


def spread(dimension, value):
    """Return a parameter with one value per coordinate, (d,) float64."""
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (dimension,))


def offset(w, values):
    """Return w - c; w : (..., d) -> (..., d) float64."""
    return np.asarray(w, dtype=np.float64) - np.asarray(values["center"], dtype=np.float64)
