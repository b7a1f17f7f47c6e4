"""Where a user is likely to be misled: settings outside what formulas and intuition assume, found from facts alone."""

import math
from collections.abc import Callable

from adamw_cli.judging.predict.situation import Situation, situation
from adamw_cli.scenario.model import Scenario
from adamw_cli.theory import frozen, transient, update_bound

# A first amplification that is worth a warning.
_NOTABLE = 1.5


def warnings(scenario: Scenario) -> list[str]:
    """One sentence for each thing, with the runs that it concerns in front."""
    found: dict[str, list[str]] = {}
    for name, config in scenario.optimizers.items():
        facts = situation(scenario, config)
        for warn in _WARNINGS:
            for text in dict.fromkeys(filter(None, (warn(facts, i) for i in facts.coordinates))):
                found.setdefault(text, []).append(name)
    return [f"{', '.join(names)}: {text}" for text, names in found.items()]


def _strong_decay(facts: Situation, i: int) -> str | None:
    x = facts.x[i]
    if not facts.decoupled or facts.proximal or x <= 1.0:
        return None
    after = (
        "and above 2 weights grow" if x > 2.0 else "the usual half-life, ln 2/-ln(1 - lr*weight_decay), does not exist"
    )
    return f"lr*weight_decay is {x:.4g}, above 1: decay alone changes the sign of a weight at every step; {after}"


def _long_momentum(facts: Situation, i: int) -> str | None:
    if not facts.normalises:
        return None
    beta1, beta2, _ = facts.adam(i)
    if beta1 == 0.0 or beta1**2 < beta2:
        return None
    return (
        f"beta1^2 >= beta2 ({beta1:g}^2 >= {beta2:g}): m outlives sqrt(v), so that after a gradient has gone the update "
        f"grows by {beta1 / math.sqrt(beta2) if beta2 else math.inf:.4g} per step until sqrt(v) is down to eps; there is no bound on |m|/sqrt(v)"
    )


def _large_eps(facts: Situation, i: int) -> str | None:
    """Eps above sqrt(v_hat), where that is known in advance."""
    if not facts.normalises or facts.clipped:
        return None
    eps, size, what = facts.eps[i], 0.0, ""
    if facts.slopes is not None and not facts.still:
        size, what = abs(facts.slope(i)), "|G|"
    elif facts.still and facts.coupled:
        size, what = facts.lam[i] * abs(facts.start[i]), "weight_decay*|w|"
    if size <= 0.0 or eps < size:
        return None
    return (
        f"eps = {eps:g} is not below sqrt(v_hat) = {what} = {size:.4g}: the rule is more like SGD with momentum at lr/eps, "
        "and decay weighs more against the gradient by 1 + eps/sqrt(v_hat)"
    )


def _transient(facts: Situation, i: int) -> str | None:
    """Bias correction in the first steps, with eps far above the gradients."""
    if facts.bowl is None or not facts.normalises or facts.clipped:
        return None
    (h, a), (momentum, _, eps) = facts.parabola(i), facts.adam(i)
    if momentum == 0.0 or eps <= h * abs(facts.start[i] - a) or h <= 0.0:
        return None
    x = facts.x[i] if facts.decoupled else 0.0
    kappa = facts.lr[i] * h / eps
    if not 0.0 <= x < 1.0 or kappa >= frozen.stability_threshold(momentum, x):
        return None
    peak, step = transient.bc_transient_peak(kappa, x, momentum)
    if peak < _NOTABLE:
        return None
    return (
        f"eps dominates and lr*h/eps = {kappa:.4g} is inside the limit of stability, "
        f"{frozen.stability_threshold(momentum, x):.4g}, but bias correction makes the first steps larger: the distance to the "
        f"minimum is multiplied by up to {peak:.3g} (step {step}) before it shrinks; warm-up avoids it"
    )


def update_bound_note(beta1: float, beta2: float) -> str:
    """How large an update can be at most, and what that means for the box."""
    bound = update_bound.max_update_ratio(beta1, beta2)
    if math.isinf(bound):
        return "updates have no bound with these betas, so |w| <= 1/weight_decay is no bound either"
    return (
        f"one update is at most {bound:.3f} lr with these betas, not lr: 1/weight_decay bounds |w| for a steady gradient, "
        f"{bound:.3f}/weight_decay for any"
    )


_WARNINGS: tuple[Callable[[Situation, int], str | None], ...] = (_strong_decay, _long_momentum, _large_eps, _transient)
