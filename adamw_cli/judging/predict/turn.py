"""What momentum does after a gradient has gone or turned round: read off the path, or for coupled decay approximated."""

import math
from collections.abc import Callable

from adamw_cli.judging.predict.path import Path, path_of
from adamw_cli.judging.predict.situation import Formula, Prediction, Situation, each, per_coordinate, where
from adamw_cli.theory import flip, flip_l2, plateau_l2, residual

NEVER_FLIPS = "the momentum never turns: weight_decay*w is at least G, so the regularised gradient keeps its sign"
NOT_PUSHED = "nothing pushed before the gradient changed, or no step follows"
_SLOWLY = "w changes little while the averages remember; a flip long after the start; eps far below |G|"
# How much lam*w/G may change while the averages remember, and what beta1^T may be, for the formulas of coupled decay.
_DRIFT = 0.05
_FORGOTTEN = 1e-6


def _beyond(facts: Situation, path: Path, i: int) -> list[float] | None:
    """How far the weight is beyond where it was at the turn, 0, 1, ... steps after it; None if it was not pushed."""
    T = facts.turn
    G = facts.slope(i)
    if T is None or facts.steps <= T or G == 0.0:
        return None
    at_turn = path.at(i, T)
    return [-math.copysign(1.0, G) * (path.at(i, t) - at_turn) for t in range(T, facts.steps + 1)]


def _after_turn(value: Callable[[list[float]], float | None], otherwise: str) -> Formula:
    def formula(facts: Situation) -> Prediction | None:
        path = path_of(facts) if facts.after_turn in ("zero", "reversed") else None
        if path is None:
            return None

        def one(i: int) -> float | None:
            beyond = _beyond(facts, path, i)
            return None if beyond is None else value(beyond)

        return per_coordinate(each(facts, one), path.condition, otherwise)

    return formula


def _return(beyond: list[float]) -> float | None:
    out = next((n for n, distance in enumerate(beyond) if distance > 0.0), len(beyond))
    back = next((n for n in range(out + 1, len(beyond)) if beyond[n] <= 0.0), None)
    return None if back is None else float(back)


def _peak(beyond: list[float]) -> float:
    return float(beyond.index(max(beyond)))


def _flip_steps(facts: Situation) -> Prediction | None:
    T = facts.turn
    if not facts.normalises or T is None or facts.steps <= T:
        return None
    if facts.after_turn == "zero" and facts.decays_beside:
        return Prediction(None, note="without a gradient the momentum fades and never turns")
    if facts.after_turn != "reversed":
        return None
    if not facts.decays_beside:
        return _coupled_flip(facts) if facts.coupled else None

    def one(i: int) -> float | None:
        steps = flip.flip_steps(T, facts.momentum[i])
        return float(steps) if facts.slope(i) and steps <= facts.steps - T else None

    holds_when = "gradient G until the flip, then -G: m/G = (2 - beta1^T) beta1^n - 1"
    return per_coordinate(each(facts, one), holds_when, "it does not turn within the run")


def _mu(facts: Situation, i: int) -> float | None:
    """The ratio lam w/G at the flip for coupled decay, where the formulas that take it constant hold; else None."""
    T, G, lr, lam = facts.turn or 0, facts.slope(i), facts.lr[i], facts.lam[i]
    if not G or not facts.constant_lr or facts.maximum:
        return None
    at_flip = facts.start[i] - lr * T * math.copysign(1.0, G)
    first, last = lam * facts.start[i] / G, lam * at_flip / G
    remembered = min(T, 5.0 / (1.0 - facts.beta2[i]))
    steady = abs(lam * lr / G) * remembered <= _DRIFT * abs(1.0 - last)
    keeps_sign = first > -1.0 + _DRIFT and last > -1.0 + _DRIFT
    known = facts.eps[i] <= 1e-4 * abs(G) * min(1.0, abs(1.0 - last))
    return last if steady and keeps_sign and known and facts.momentum[i] ** T <= _FORGOTTEN else None


def _coupled_flip(facts: Situation) -> Prediction | None:
    mu = each(facts, lambda i: _mu(facts, i))
    if any(m is None for m in mu):
        return None
    steps = [flip_l2.l2_flip_steps(m or 0.0, facts.momentum[i]) for i, m in enumerate(mu)]
    if all(n is None for n in steps):
        return Prediction(None, note=NEVER_FLIPS)
    return per_coordinate([None if n is None else float(n) for n in steps], f"coupled decay: {_SLOWLY}")


def _overshoot(facts: Situation) -> Prediction | None:
    if facts.decays_beside:
        return _after_turn(max, NOT_PUSHED)(facts)
    T = facts.turn
    applies = facts.after_turn == "reversed" and facts.normalises and facts.coupled
    if not applies or T is None or facts.steps <= T:
        return None
    mu = each(facts, lambda i: _mu(facts, i))
    if any(m is None or m >= 1.0 for m in mu):
        return None
    found = [flip_l2.l2_overshoot(m or 0.0, facts.lr[i], facts.momentum[i]) for i, m in enumerate(mu)]
    return per_coordinate(found, f"coupled decay, approximate, to about 0.1 lam*w/G: {_SLOWLY}")


def _residual_drift(facts: Situation) -> Prediction | None:
    return _after_turn(lambda beyond: beyond[-1], NOT_PUSHED)(facts) if facts.after_turn == "zero" else None


def _critical_lambda(facts: Situation, after: int = 1) -> Prediction | None:
    path = path_of(facts) if facts.after_turn == "zero" else None
    k = facts.turn
    if path is None or k is None or k + after > facts.steps:
        return None

    def one(i: int) -> float | None:
        G, w = facts.slope(i), path.at(i, k + after - 1)
        return residual.critical_lambda(w, G, k, after, *facts.adam(i))

    return per_coordinate(each(facts, one), path.condition, "the momentum does not push the weight outward")


def _pulse_under_coupled_decay(facts: Situation) -> bool:
    coupled = facts.coupled and facts.normalises and facts.constant_lr
    return facts.after_turn == "zero" and facts.turn is not None and coupled and not facts.maximum


@where(
    _pulse_under_coupled_decay,
    "coupled decay, approximate: weight_decay*|w| far below |G|, a pulse longer than v remembers, w hardly moves",
)
def _v_forget_time(facts: Situation, i: int) -> float | None:
    k, G, lr, lam, beta2 = facts.turn or 0, facts.slope(i), facts.lr[i], facts.lam[i], facts.beta2[i]
    if not G or lam <= 0.0 or beta2**k > _DRIFT:
        return None
    w = facts.start[i] - lr * k * math.copysign(1.0, G)
    if not 0.0 < lam * abs(w) <= 0.05 * abs(G) or lam * abs(facts.start[i]) > 0.05 * abs(G):
        return None
    wait = plateau_l2.v_forget_time(G, w, lam, beta2)
    # Meanwhile the weight itself must hardly have moved.
    moved = lr / math.sqrt(2.0) * 2.0 / -math.log(beta2)
    return wait if wait <= facts.steps - k and moved <= 0.05 * abs(w) else None


RULES: dict[str, Formula] = {
    "flip_steps": _flip_steps,
    "overshoot": _overshoot,
    "peak_step": _after_turn(_peak, NOT_PUSHED),
    "return_time": _after_turn(_return, "it does not go beyond, or not back within the run"),
    "residual_drift": _residual_drift,
    "critical_lambda": _critical_lambda,
    "v_forget_time": _v_forget_time,
}
