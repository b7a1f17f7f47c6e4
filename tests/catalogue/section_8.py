"""The proximal view: the figures of section 8, whose numbers are those of 1.2."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

from adamw_cli import simulate_batch
from adamw_cli.theory import constant_gradient
from tests.catalogue.figure import Figure


def factor_gap(x: float) -> float:
    """1/(1 + x) - (1 - x) in decimals."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(x)
        return float(1 / (1 + exact) - (1 - exact))


def from_exponential(x: float, proximal: bool) -> float:
    """How far one of the factors is from e^-x, over x^2."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(x)
        factor = 1 / (1 + exact) if proximal else 1 - exact
        return abs(float(factor - (-exact).exp())) / x**2


def after(rule: str, w: float, G: float, lr: float, lam: float, steps: int) -> float:
    values = {"lr": lr, "weight_decay": lam, "eps": 0.0}
    place = {"kind": "slope", "gradient": G} if G else {"kind": "plateau"}
    return float(simulate_batch(rule, place, [w], steps, hyperparameters=values).final_w[0, 0])


def ratio(x: float, steps: int) -> float:
    """(1 - x^2)^T."""
    return math.exp(steps * math.log1p(-x * x))


def full_step_gap() -> float:
    return after("adamw_prox", 2.0, 3.0, 0.1, 0.5, 1) - after("adamw", 2.0, 3.0, 0.1, 0.5, 1)


FIGURES = [
    *(
        Figure(
            "8",
            f"gap of the factors over x^2/(1+x), x={x:g}",
            1.0,
            1e-15,
            measured=lambda x=x: factor_gap(x) / (x * x / (1 + x)),
        )
        for x in (1e-6, 0.05, 1.0, 3.0)
    ),
    *(
        Figure(
            "8",
            f"distance of {name} from e^-x over x^2, x=1e-4",
            0.5,
            5e-4,
            measured=lambda proximal=proximal: from_exponential(1e-4, proximal),
        )
        for name, proximal in (("1/(1+x)", True), ("1-x", False))
    ),
    Figure(
        "8",
        "ratio of the two trajectories after 200 steps, x=.05, over (1-x^2)^T",
        1.0,
        1e-13,
        measured=lambda: (
            after("adamw", 1.0, 0.0, 0.1, 0.5, 200) / after("adamw_prox", 1.0, 0.0, 0.1, 0.5, 200) / ratio(0.05, 200)
        ),
    ),
    Figure(
        "8",
        "ln of that ratio over -x (xT), x=1e-3, T=1000",
        1.0,
        1e-6,
        theory=lambda: math.log(ratio(1e-3, 1000)) / -1e-3,
    ),
    Figure(
        "8",
        "gap of a full step over x^2 w/(1+x) + eta u x/(1+x), w=2, u=1, eta=.1, lam=.5",
        1.0,
        1e-13,
        measured=lambda: full_step_gap() / ((0.05 * 2.0 + 0.1 * 1.0) * 0.05 / 1.05),
    ),
    *(
        Figure(
            "8",
            f"fixed point under u=1 over -1/lam, {rule}",
            1.0,
            1e-12,
            theory=lambda: constant_gradient.equilibrium(3.0, 0.5, 0.0) / -2.0,
            measured=lambda rule=rule: after(rule, 2.0, 3.0, 0.1, 0.5, 1000) / -2.0,
        )
        for rule in ("adamw", "adamw_prox")
    ),
]
