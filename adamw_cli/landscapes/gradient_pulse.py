"""Gradient pulse: a constant gradient that stops, to see the momentum that is left.

    grad f_t = G for t <= pulse_steps, then 0;  f_t(w) = sum_i (grad f_t)_i w_i

>>> [gradient(0.0, float(t), 2.0, 3.0) for t in (3, 4)]
[2.0, 0.0]
"""

from adamw_cli.vocabulary import REQUIRED, Landscape, Parameter, Switching

SPEC = Landscape(
    parameters=(
        Parameter("gradient", REQUIRED, "G, the gradient during the pulse", per_coordinate=True),
        Parameter("pulse_steps", REQUIRED, "the last step with a gradient", kind="int", ge=0),
    ),
    gradient=Switching("gradient", last="pulse_steps", after="zero"),
    minimizer=None,  # neither a slope nor a plateau singles out a minimiser
    part=True,
    examples=((2, {"gradient": (1.0, -0.5), "pulse_steps": 9}),),
)


def gradient(w, t, gradient, pulse_steps):
    """G during the pulse, then 0."""
    return gradient if t <= pulse_steps else 0.0


def height(w, t, gradient, pulse_steps):
    """Loss of one coordinate at step t."""
    return (t <= pulse_steps) * gradient * w
