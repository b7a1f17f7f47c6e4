"""What conventions of AdamW differ in, apart from a factor on weight_decay: which weights decay, and where eps is.

With m_hat, v_hat the corrected averages, c2 = 1 - beta2^t, s_t the schedule and x = lr * weight_decay:

    from the old weights  w' = (1 - s_t x) w - s_t lr u         PyTorch, optax, Keras; the paper
    from the new weights  w' = (1 - s_t x) (w - s_t lr u)       transformers' former AdamW
    eps outside           u = m_hat / (sqrt(v_hat) + eps)       the paper's algorithm, PyTorch
    eps-hat               u = m_hat / (sqrt(v_hat) + eps/sqrt(c2)), from lr sqrt(c2)/(1 - beta1^t) m / (sqrt(v) + eps)
    eps in the root       u = m_hat / (sqrt(v_hat + eps_root) + eps)

Holds when: the rule is AdamW, in either convention.
Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2; Kingma and Ba, "Adam", ICLR
2015, the remark on efficiency in section 2; docs/conventions.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from adamw_cli.errors import UsageError


def _rest(x: float) -> float:
    if not 0.0 <= x < 1.0:
        raise UsageError(
            f"lr * weight_decay is {x:g}: decay of the old and of the new weights can be turned into each other below 1 only",
            "give a smaller lr or weight_decay",
        )
    return 1.0 - x


def lr_for_new_weights(lr: float, x: float) -> float:
    """Lr with which decay of the new weights does what decay of the old ones does with `lr`: lr / (1 - x).

    As (1 - x) (w - lr/(1 - x) u) = (1 - x) w - lr u.

    Holds when: lr is constant; x stays the same.

    >>> lr_for_new_weights(0.125, 0.5)
    0.25

    """
    return lr / _rest(x)


def lr_for_old_weights(lr: float, x: float) -> float:
    """Lr with which decay of the old weights does what decay of the new ones does with `lr`: lr (1 - x).

    The inverse of `lr_for_new_weights`.

    Holds when: lr is constant; x stays the same.

    >>> lr_for_old_weights(0.25, 0.5)
    0.125

    """
    return lr * _rest(x)


def largest_step_error(x: float, factors: Iterable[float], new_weights: bool) -> float:
    """Largest relative error of a step of size lr, where those two lr are used under a schedule s: max_t |(1 - s_t x)/(1 - x) - 1|.

    At a factor s the decay of the new weights steps by s (1 - s x) times its lr, and a constant lr can make up for 1 - x
    alone: (1 - s x)/(1 - x) of what is wanted where `new_weights` is converted to, (1 - x)/(1 - s x) where it is converted from.

    Parameters
    ----------
    x : lr * weight_decay where the schedule is 1, below 1.
    factors : the schedule's factor at every step; inf is returned where s x is 1, and no step is wanted.
    new_weights : whether decay of the new weights is what is converted to.

    >>> largest_step_error(0.5, [1.0, 0.5], new_weights=True), largest_step_error(0.5, [1.0, 0.0], new_weights=False)
    (0.5, 0.5)

    """
    rest = _rest(x)
    left = (1.0 - s * x for s in factors)
    if new_weights:
        return max((abs(part / rest - 1.0) for part in left), default=0.0)
    return max((abs(rest / part - 1.0) if part != 0.0 else math.inf for part in left), default=0.0)


def eps_hat_ratio(beta2: float, step: int) -> float:
    """How much an eps-hat counts at a step, as an eps outside: 1/sqrt(1 - beta2^t), which falls to 1.

    >>> f"{eps_hat_ratio(0.999, 1):.4f}", f"{eps_hat_ratio(0.999, 10_000):.6f}", eps_hat_ratio(0.0, 1)
    ('31.6228', '1.000023', 1.0)

    """
    return 1.0 if beta2 == 0.0 else 1.0 / math.sqrt(-math.expm1(step * math.log(beta2)))


def eps_hat_settles(beta2: float, tolerance: float = 0.01) -> int:
    """First step at which `eps_hat_ratio` is at most 1 + tolerance: ln(1 - 1/(1 + tolerance)^2) / ln(beta2), rounded up.

    Parameters
    ----------
    tolerance : how far above 1 the ratio may be, above 0.

    >>> eps_hat_settles(0.999), eps_hat_settles(0.0)
    (3925, 1)

    """
    if beta2 == 0.0:
        return 1
    return max(1, math.ceil(math.log(1.0 - (1.0 + tolerance) ** -2) / math.log(beta2)))


def eps_without_root(eps: float, eps_root: float) -> float:
    """Eps to use where there is no eps_root: eps + sqrt(eps_root).

    Right for v_hat = 0 and for v_hat far above eps_root. Between them sqrt(v_hat) + sqrt(eps_root) is larger than
    sqrt(v_hat + eps_root), by at most a factor of sqrt(2), so that steps are up to 1 - 1/sqrt(2) = 29 % smaller.

    >>> eps_without_root(0.125, 0.25)
    0.625

    """
    return eps + math.sqrt(eps_root)


# Of a step, at most, by `eps_without_root`: where v_hat = eps_root and eps = 0.
EPS_ROOT_ERROR = 1.0 - 1.0 / math.sqrt(2.0)
