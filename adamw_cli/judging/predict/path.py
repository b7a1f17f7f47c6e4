"""The whole path of a weight in closed form, for the situations in which there is one.

`derived.py` and `turn.py` read metrics off it, and `--plot` draws it over what was measured.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from operator import mul

from adamw_cli.judging.predict.situation import SMALLEST_GRADIENT, Situation
from adamw_cli.theory import constant_gradient, descent, flip, half_life, plateau_l2, residual
from adamw_cli.vocabulary import Constant

# A path is written down step by step where that takes well under a second.
MOST_WRITTEN = 300_000


@dataclass(frozen=True)
class Path:
    """A weight's path in closed form.

    Attributes
    ----------
    at : (coordinate, step) -> the weight after that step.
    condition : when it holds.
    monotone : whether every weight moves one way throughout, so that its extremes are its ends.
    update : (coordinate, step) -> u, what the gradient step is to lr; None where a rule does not normalise.
    largest_update : coordinate -> the largest |u| of the run; None as above.

    """

    at: Callable[[int, int], float]
    condition: str
    monotone: bool = False
    update: Callable[[int, int], float] | None = None
    largest_update: Callable[[int], float] | None = None


def path_of(facts: Situation) -> Path | None:
    """Return the closed form that applies, or None; written down once for all metrics that are read off it."""
    if "path" not in facts.known:
        forms = (form(facts) for form in (_shrinking, _descending, _constant, _fading, _reversing))
        facts.known["path"] = next((found for found in forms if found is not None), None)
    found: Path | None = facts.known["path"]
    return found


def drawn(facts: Situation, steps: Sequence[int]) -> list[list[float | None]]:
    """Theory's weights after some ascending steps, for each coordinate; all None where no path is known.

    Beside the paths in closed form this has the differential equation of coupled decay, up to the first change of sign.
    """
    path = path_of(facts)
    if path is not None and facts.constant_lr:
        return [[path.at(i, t) for t in steps] for i in facts.coordinates]
    if path is not None:  # decay under a schedule: the factors one after the other
        return [_multiplied(facts, i, steps) for i in facts.coordinates]
    if coupled_alone(facts) and steps[-1] <= MOST_WRITTEN:
        return [_by_equation(facts, i, steps) for i in facts.coordinates]
    return [[None] * len(steps) for _ in facts.coordinates]


def _multiplied(facts: Situation, i: int, steps: Sequence[int]) -> list[float | None]:
    shrinks = accumulate((1.0 - facts.x[i] * factor for factor in facts.factors()), mul, initial=facts.start[i])
    wanted = set(steps)
    return [w for t, w in enumerate(shrinks) if t in wanted]


def coupled_alone(facts: Situation) -> bool:
    """Adam with L2 on a plateau."""
    return facts.coupled and facts.normalises and not facts.maximum and facts.still


def _by_equation(facts: Situation, i: int, steps: Sequence[int]) -> list[float | None]:
    if facts.start[i] == 0.0 or facts.lam[i] <= 0.0 or not facts.constant_lr:
        return [None] * len(steps)
    found = plateau_l2.ode_path(facts.start[i], facts.lr[i], facts.momentum[i], facts.beta2[i], steps[-1])
    return [found[t] if t < len(found) else None for t in steps]


def _shrinking(facts: Situation) -> Path | None:
    proximal = facts.proximal
    followed = facts.constant_lr or not (proximal or facts.too_long)
    if not facts.shrinks_alone or not followed or facts.divides_by_zero:
        return None

    def left(x: float, t: int) -> float:
        if facts.constant_lr:
            return half_life.shrink_after(x / (1.0 + x) if proximal else x, t)
        return half_life.total_shrink(x, islice(facts.factors(), t))

    known: dict[tuple[float, int], float] = {}

    def at(i: int, t: int) -> float:
        key = (facts.x[i], t)
        if key not in known:
            known[key] = left(*key)
        return facts.start[i] * known[key]

    step = "1/(1 + lr*weight_decay)" if proximal else "1 - lr*schedule(t)*weight_decay"
    return Path(
        at,
        f"zero gradient; the product of {step} over the run",
        monotone=facts.constant_lr and (proximal or all(0.0 <= x <= 1.0 for x in facts.x)),
        update=(lambda i, t: 0.0) if facts.decays_beside else None,
        largest_update=(lambda i: 0.0) if facts.decays_beside else None,
    )


def _descending(facts: Situation) -> Path | None:
    """Gradient descent without momentum, on a slope or on a parabola for each coordinate."""
    # Any other decay than through the gradient does the same here only if it acts beside it, on the old weight.
    if not facts.descends or not facts.decay.published or not facts.constant_lr:
        return None
    if isinstance(facts.gradient, Constant):
        return Path(
            lambda i, t: descent.slope_weight(facts.start[i], facts.slope(i), t, facts.lr[i], facts.lam[i]),
            "gradient descent without momentum, constant gradient, constant lr",
            monotone=all(0.0 <= x <= 1.0 for x in facts.x),
        )
    if facts.bowl is None or any(h + facts.lam[i] == 0.0 for i, h in enumerate(facts.bowl[0])):
        return None
    return Path(
        lambda i, t: descent.weight(facts.start[i], *facts.parabola(i), t, facts.lr[i], facts.lam[i]),
        "gradient descent without momentum, diagonal quadratic, constant lr",
        monotone=all(0.0 <= facts.lr[i] * (h + facts.lam[i]) <= 1.0 for i, h in enumerate(facts.bowl[0])),
    )


def _normalised(facts: Situation, *, order: bool = False) -> bool:
    """Whether steps are lr*u with u in closed form, beside a decay of 1 - x; `order`: also with the decay last."""
    plain = facts.decays_beside and not facts.proximal and (order or not facts.decay.last)
    if not plain or not facts.normalises or not facts.constant_lr or facts.slopes is None or facts.still:
        return False
    return all(G == 0.0 or abs(G) >= SMALLEST_GRADIENT for G in facts.slopes)


def _u(facts: Situation, i: int) -> float:
    """The update G/(|G| + eps), whatever the betas: bias correction makes m_hat = G and sqrt(v_hat) = |G|."""
    G = facts.slope(i)
    return G / (abs(G) + facts.eps[i]) if G else 0.0


def _constant(facts: Situation) -> Path | None:
    if not isinstance(facts.gradient, Constant) or not _normalised(facts, order=True):
        return None
    last = facts.decay.last

    def at(i: int, t: int) -> float:
        G, lr, lam = facts.slope(i), facts.lr[i], facts.lam[i]
        moved = facts.start[i] - lr * _u(facts, i) if last and t else facts.start[i]
        # With the decay last, what the gradient has moved follows the same recurrence, one step ahead.
        w = constant_gradient.weight(moved, G, t - 1 if last and t else t, lr, lam, facts.eps[i])
        return (1.0 - lr * lam) * w if last and t else w

    return Path(
        at,
        "constant gradient from step 1, so that m_hat = G and sqrt(v_hat) = |G|; constant lr",
        monotone=all(0.0 <= x <= 1.0 for x in facts.x),
        update=lambda i, t: _u(facts, i),
        largest_update=lambda i: abs(_u(facts, i)),
    )


def _written(facts: Situation, write: Callable[[int], list[float]]) -> Callable[[int, int], float]:
    """Look steps up in a path that is written down when it is first needed."""
    paths: dict[int, list[float]] = {}

    def at(i: int, t: int) -> float:
        if i not in paths:
            paths[i] = write(i)
        return paths[i][t]

    return at


def _fading(facts: Situation) -> Path | None:
    k = facts.turn
    applies = facts.after_turn == "zero" and _normalised(facts) and not facts.maximum
    if not applies or k is None or facts.steps > MOST_WRITTEN:
        return None

    def write(i: int) -> list[float]:
        G, lr = facts.slope(i), facts.lr[i]
        return residual.path(facts.start[i], G, k, facts.steps, lr, facts.lam[i], *facts.adam(i))

    def update(i: int, t: int) -> float:
        return _u(facts, i) if t <= k else residual.update(facts.slope(i), k, t - k, *facts.adam(i))

    def largest(i: int) -> float:
        after = (abs(update(i, t)) for t in range(k + 1, facts.steps + 1))
        return max(abs(_u(facts, i)) if k and facts.steps else 0.0, max(after, default=0.0))

    return Path(
        _written(facts, write),
        "constant gradient for pulse_steps, then none; constant lr",
        update=update,
        largest_update=largest,
    )


def _reversing(facts: Situation) -> Path | None:
    T = facts.turn
    if facts.after_turn != "reversed" or not _normalised(facts) or T is None or facts.steps > MOST_WRITTEN:
        return None

    def write(i: int) -> list[float]:
        G, lr, eps = facts.slope(i), facts.lr[i], facts.eps[i]
        return flip.path(facts.start[i], G, T, facts.steps, lr, facts.lam[i], facts.momentum[i], eps)

    return Path(
        _written(facts, write),
        "gradient G until the flip, then -G, so that sqrt(v_hat) = |G|; constant lr",
        largest_update=lambda i: abs(_u(facts, i)),
    )
