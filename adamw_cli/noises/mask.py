"""Every coordinate of the gradient is dropped with a probability, anew at each step.

    noisy(g) = 0 if u < p, else g

with mean (1 - p) g: what is kept is not enlarged. u is uniform in (0, 1).

Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: A Simple Way to Prevent Neural Networks from
Overfitting", JMLR 15, 2014, section 4: the Bernoulli mask, here on the gradient.

>>> noisy(2.0, 0.1, 0.3), noisy(2.0, 0.5, 0.3)
(0.0, 2.0)
"""

from adamw_cli.vocabulary import REQUIRED, Noise, Parameter

SPEC = Noise(
    parameters=(Parameter("p", REQUIRED, "probability that a gradient is dropped", per_coordinate=True, ge=0, le=1),),
    examples=({"p": 0.3}, {"p": 1.0}),
)


def noisy(g, u, p):
    """Return the gradient or 0; u uniform in (0, 1)."""
    return 0.0 if u < p else g
