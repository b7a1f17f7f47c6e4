"""Rastrigin's function: a bowl with waves on it, and so with a minimum near every whole number.

    f(w) = sum_i x_i^2 + A (1 - cos(2 pi x_i)),  df/dw_i = 2 x_i + 2 pi A sin(2 pi x_i),  x = w - c

The usual form has its minimiser at the origin, which `center` moves.

Source: Rastrigin, "Systems of Extremal Control" (1974); with any number of coordinates, Muehlenbein, Schomisch and Born, "The parallel
genetic algorithm as function optimizer", Parallel Computing 17 (1991).

>>> round(float(gradient(1.75, 1.0, 1.5, 10.0)), 12)   # 2/4 + 20 pi sin(pi/2)
63.331853071796
"""

import numpy as np

from adamw_cli.vocabulary import CENTER, Landscape, Parameter

SPEC = Landscape(
    parameters=(
        CENTER,
        Parameter("amplitude", 10.0, "height A of the waves", per_coordinate=True, ge=0),
    ),
    minimizer="center",
    part=True,
    examples=((2, {"center": (0.7, -0.3)}), (1, {"center": 1.2, "amplitude": 0.5})),
)


def gradient(w, t, center, amplitude):
    """Gradient of one coordinate."""
    x = w - center
    return 2.0 * x + 2.0 * np.pi * amplitude * np.sin(2.0 * np.pi * x)


def height(w, t, center, amplitude):
    """Loss of one coordinate."""
    x = w - center
    return x * x + amplitude * (1.0 - np.cos(2.0 * np.pi * x))
