"""Metrics that follow from a path in closed form: what a weight is at some steps is all that they need."""

import math
from collections.abc import Callable

from adamw_cli.judging.predict.path import MOST_WRITTEN, Path, path_of
from adamw_cli.judging.predict.situation import (
    FADED,
    OUT_OF_RANGE,
    TOO_LONG,
    Formula,
    Prediction,
    Situation,
    each,
    per_coordinate,
)
from adamw_cli.vocabulary import Constant

_ROUNDING = 1e-13
# A gradient step that is smaller than this part of the weight is lost in the weight's rounding.
_VISIBLE = 1e-9


def _path(facts: Situation, step: int | None = None) -> Path | Prediction | None:
    """The path, or why there is none that can be used up to a step, by default the last."""
    path = path_of(facts)
    if path is None:
        return Prediction(None, note=TOO_LONG) if facts.shrinks_alone and facts.too_long else None
    for i in facts.coordinates:
        end = path.at(i, facts.steps if step is None else step)
        if not math.isfinite(end) or (facts.shrinks_alone and facts.start[i] and abs(end) < FADED):
            return Prediction(None, note=OUT_OF_RANGE)
    return path


def _of_path(value: Callable[[Situation, Path, int], float | None]) -> Formula:
    """A formula with one value per coordinate."""

    def formula(facts: Situation) -> Prediction | None:
        path = _path(facts)
        if not isinstance(path, Path):
            return path
        return per_coordinate(each(facts, lambda i: value(facts, path, i)), path.condition)

    return formula


def _ends(value: Callable[[Situation, list[float]], float | None]) -> Formula:
    """A formula of all the last weights together."""

    def formula(facts: Situation) -> Prediction | None:
        path = _path(facts)
        if not isinstance(path, Path):
            return path
        found = value(facts, [path.at(i, facts.steps) for i in facts.coordinates])
        return None if found is None else Prediction(found + 0.0, path.condition)

    return formula


def _at_step(value: Callable[[Path, int, int], float]) -> Formula:
    """A formula of (path, coordinate, step), at the last step by default."""

    def formula(facts: Situation, step: int | None = None) -> Prediction | None:
        t = facts.steps if step is None else step
        path = _path(facts, t) if t <= facts.steps else None
        if not isinstance(path, Path):
            return path
        return per_coordinate(each(facts, lambda i: value(path, i, t)), path.condition)

    return formula


_step_size = _at_step(lambda path, i, t: abs(path.at(i, t) - path.at(i, t - 1)))


def _ratio(facts: Situation, path: Path, i: int) -> float | None:
    return path.at(i, facts.steps) / facts.start[i] if facts.start[i] else None


def _log_ratio(facts: Situation, path: Path, i: int) -> float | None:
    end = path.at(i, facts.steps)
    return math.log(abs(end)) - math.log(abs(facts.start[i])) if facts.start[i] and end else None


def _decay_rate(facts: Situation, path: Path, i: int) -> float | None:
    before = path.at(i, facts.steps - 1)
    return 1.0 - abs(path.at(i, facts.steps) / before) if before else None


def _extreme(best: Callable[[list[float]], float], step: bool) -> Formula:
    def value(facts: Situation, path: Path, i: int) -> float | None:
        # A weight that moves one way has its extremes at its ends.
        steps = [0, facts.steps] if path.monotone else range(facts.steps + 1)
        written = [path.at(i, t) for t in steps]
        found = best(written)
        if not step:
            return found
        at = steps[written.index(found)]
        # Where a step no longer moves the weight by more than rounding, rounding decides which is the first extreme.
        beside = [path.at(i, t) for t in (at - 1, at + 1) if 0 <= t <= facts.steps]
        return float(at) if all(abs(w - found) > _ROUNDING * abs(found) for w in beside) else None

    formula = _of_path(value)

    def bounded(facts: Situation) -> Prediction | None:
        path = path_of(facts)
        if path is not None and not path.monotone and (facts.steps > MOST_WRITTEN or not facts.constant_lr):
            return None
        return formula(facts)

    return bounded


def _overshoot_without_turn(facts: Situation) -> Prediction | None:
    """Beyond 0, where nothing but decay acts: nothing, or what the first step overshoots by."""
    if not facts.shrinks_alone or not facts.constant_lr or not all(0.0 <= x < 2.0 for x in facts.x):
        return None
    beyond = _of_path(
        lambda f, path, i: max(0.0, -path.at(i, 1) * math.copysign(1.0, f.start[i])) if f.start[i] else None
    )
    return beyond(facts)


def _direction_cosine(facts: Situation, ends: list[float]) -> float | None:
    size = math.hypot(*facts.start) * math.hypot(*ends)
    return sum(a * b for a, b in zip(facts.start, ends, strict=True)) / size if size else None


def _saturation(facts: Situation, ends: list[float]) -> float | None:
    return max(lam * abs(w) for lam, w in zip(facts.lam, ends, strict=True)) if max(facts.lam) > 0.0 else None


def _last_gradient(facts: Situation) -> list[float] | None:
    """The gradient that the last step saw, where it does not depend on the weights."""
    signs = {None: 1.0, "zero": 0.0, "reversed": -1.0}
    if facts.slopes is None or facts.still or facts.after_turn not in signs:
        return None
    turned = facts.turn is not None and facts.steps > facts.turn
    return [(signs[facts.after_turn] if turned else 1.0) * G for G in facts.slopes]


def _gradient_norm(facts: Situation) -> Prediction | None:
    slopes = _last_gradient(facts)
    return None if slopes is None else Prediction(math.hypot(*slopes), "a gradient that does not depend on the weights")


def _final_loss(facts: Situation, ends: list[float]) -> float | None:
    slopes = _last_gradient(facts)
    return None if slopes is None else sum(g * w for g, w in zip(slopes, ends, strict=True))


def _max_update_ratio(facts: Situation, path: Path, i: int) -> float | None:
    return None if path.largest_update is None else path.largest_update(i)


def _decay_to_gradient(facts: Situation, path: Path, i: int) -> float | None:
    if path.update is None or not facts.decoupled or not facts.lam[i]:
        return None
    u, w = abs(path.update(i, facts.steps)), abs(path.at(i, facts.steps - 1))
    return facts.lam[i] * w / u if facts.lr[i] * u > _VISIBLE * w else None


def _approach_rate(facts: Situation) -> Prediction | None:
    """Successive moves of a linear recurrence are in one ratio: what is left of the distance to its fixed point."""
    settles = facts.shrinks_alone or isinstance(facts.gradient, Constant) or facts.bowl is not None
    path = _path(facts)
    if not settles or not isinstance(path, Path) or not facts.constant_lr or facts.steps < 2:
        return None

    def rate(i: int) -> float | None:
        x = facts.lr[i] * (facts.lam[i] + (facts.bowl[0][i] if facts.bowl is not None else 0.0))
        return x / (1.0 + x) if facts.proximal else x

    return per_coordinate(each(facts, rate), path.condition)


RULES: dict[str, Formula] = {
    "weight": _at_step(lambda path, i, t: path.at(i, t)),
    "first_step": lambda facts: _step_size(facts, 1),
    "step_size": _step_size,
    "total_shrink": _of_path(_ratio),
    "log_shrink": _of_path(_log_ratio),
    "decay_rate": _of_path(_decay_rate),
    "approach_rate": _approach_rate,
    "weight_norm": _ends(lambda facts, ends: math.hypot(*ends)),
    "direction_cosine": _ends(_direction_cosine),
    "box_saturation": _ends(_saturation),
    "maximum": _extreme(max, step=False),
    "maximum_step": _extreme(max, step=True),
    "minimum": _extreme(min, step=False),
    "minimum_step": _extreme(min, step=True),
    "overshoot": _overshoot_without_turn,
    "gradient_norm": _gradient_norm,
    "final_loss": _ends(_final_loss),
    "max_update_ratio": _of_path(_max_update_ratio),
    "decay_to_gradient_ratio": _of_path(_decay_to_gradient),
}
