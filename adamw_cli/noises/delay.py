"""The rule sees the gradient of some steps ago: stale gradients, as workers that do not wait for one another send them.

    noisy(g) = g_(t - steps) at step t,  0 as long as t <= steps

g_t is the gradient at the weights from before step t. During the first `steps` steps nothing has arrived, and the rule sees 0. With
steps = 0 nothing changes.

Source: Agarwal, Duchi, "Distributed Delayed Stochastic Optimization", NIPS 2011, section 2: cyclic delayed updates; Lian, Huang, Li,
Liu, "Asynchronous Parallel Stochastic Gradient for Nonconvex Optimization", NIPS 2015.

>>> noisy(2.0, 0.5, 3.0, -1.0)
-1.0
"""

from adamw_cli.vocabulary import REQUIRED, Noise, Parameter

SPEC = Noise(
    parameters=(
        Parameter("steps", REQUIRED, "how old the gradient is", kind="int", per_coordinate=True, ge=0, le=10_000),
    ),
    back="steps",
    random=False,
    examples=({"steps": 3}, {"steps": 1}),
)


def noisy(g, u, steps, then):
    """Return the gradient of then, `steps` steps ago."""
    return then
