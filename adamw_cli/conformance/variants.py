"""The space of variants: what may differ between two optimizers that both call themselves Adam or AdamW.

A variant is one value on each axis. The docstring of `recurrence` has the formulas. What no input can tell apart is one
variant with several names, and an axis that has no meaning for a variant has the value `any`.

>>> variants = space()
>>> len(variants)
2622
>>> Variant("none", "lambda", "new", "first", "eps_hat", "after").canonical()
Variant(decay='none', decay_scale='any', decay_order='any', bias_correction='first', epsilon='outside', amsgrad='before')
>>> names(_)["epsilon"]
('outside', 'eps_hat')
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from adamw_cli.errors import UsageError, suggestion
from adamw_cli.vocabulary import AdamStep, Coupled, Decay, Decoupled, NoDecay, Step

ANY = "any"

# Axis -> value -> what it means.
AXES: dict[str, dict[str, str]] = {
    "decay": {
        "decoupled": "subtracts a part of the weight, beside the gradient step",
        "coupled": "added to the gradient, so that it goes through both moments: L2",
        "first_moment": "added to the gradient in m but not in v",
        "preconditioned": "added to m_hat, so that it is divided by sqrt(v_hat) but not averaged",
        "none": "weight_decay does nothing",
        "wrong_sign": "decoupled, but the weight grows",
    },
    "decay_scale": {
        "lr*lambda": "the learning rate of the step multiplies the decay",
        "lambda": "weight_decay itself is the part subtracted",
        "lr^2*lambda": "the learning rate multiplies the decay twice",
        "schedule*lambda": "the factor of the schedule, lr of the step over lr at the start, multiplies the decay",
    },
    "decay_order": {
        "old": "decays the weight from before the gradient step",
        "new": "decays what the gradient step has moved",
    },
    "bias_correction": {
        "both": "m/(1 - beta1^t) and v/(1 - beta2^t)",
        "none": "no correction",
        "first": "m alone is corrected",
        "second": "v alone is corrected",
        "without_root": "sqrt(v) is divided by 1 - beta2^t instead of its root",
        "accumulating": "the corrected m and v are stored, and corrected again in the next step",
        "step+1": "t counts one too many",
        "step-1": "t counts one too few, from the second step on",
    },
    "epsilon": {
        "outside": "sqrt(v_hat) + eps",
        "eps_hat": "sqrt(v) + eps, corrected afterwards",
        "inside": "sqrt(v_hat + eps)",
        "inside_hat": "sqrt(v + eps), corrected afterwards",
        "floor": "the larger of sqrt(v_hat) and eps",
        "none": "sqrt(v_hat)",
    },
    "amsgrad": {
        "no": "v itself",
        "before": "the largest v so far, then corrected",
        "after": "the largest v_hat so far",
    },
}
PRECISIONS = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16-like": 2.0**-8}

COUPLED = ("coupled", "first_moment", "preconditioned")
# Scales that decay inside the gradient can have: g + lambda w, which lr then multiplies, and g + lr lambda w.
_COUPLED_SCALES = ("lr*lambda", "lr^2*lambda")
# Corrections that leave v as it is stored: before and after the correction are the same there.
_UNCORRECTED_V = ("none", "first", "accumulating")


def _decay_of(decay: Decay) -> tuple[str, str, str] | None:
    """The values of the three axes of decay."""
    if isinstance(decay, NoDecay):
        return "none", ANY, ANY
    if isinstance(decay, Coupled):
        return {"both": "coupled", "first": "first_moment", "neither": "preconditioned"}[decay.into], decay.scale, ANY
    if not isinstance(decay, Decoupled) or decay.shrink != "1 - x" or decay.scale not in AXES["decay_scale"]:
        return None
    return "wrong_sign" if decay.grows else "decoupled", decay.scale, decay.order


@dataclass(frozen=True, order=True)
class Variant:
    """One value on each axis of AXES, or `any` where the axis has no meaning."""

    decay: str = "decoupled"
    decay_scale: str = "lr*lambda"
    decay_order: str = "old"
    bias_correction: str = "both"
    epsilon: str = "outside"
    amsgrad: str = "no"

    @classmethod
    def of(cls, step: Step, decay: Decay) -> Variant | None:
        """Return the variant that the facts of a rule or of a convention are; None where they are none, switches off."""
        kind = _decay_of(decay)
        if not isinstance(step, AdamStep) or kind is None:
            return None
        maximum = step.maximum.place if step.maximum is not None and step.maximum.switch is None else "no"
        epsilon = step.eps.place if step.eps is not None else "none"
        return cls(*kind, step.bias_correction, epsilon, maximum).canonical()

    def axis(self, name: str) -> str:
        """Return the value on an axis."""
        value: str = getattr(self, name)
        return value

    @property
    def unused(self) -> set[str]:
        """Which hyperparameters change nothing, by definition."""
        axes = {"weight_decay": self.decay, "eps": self.epsilon}
        return {name for name, value in axes.items() if value == "none"}

    def canonical(self) -> Variant:
        """Return the one name for what no input can tell from this variant."""
        changed = self
        if self.decay == "none":
            changed = replace(changed, decay_scale=ANY, decay_order=ANY)
        if self.decay in COUPLED:
            changed = replace(changed, decay_order=ANY)
        if self.bias_correction in _UNCORRECTED_V:
            changed = replace(
                changed,
                epsilon={"eps_hat": "outside", "inside_hat": "inside"}.get(self.epsilon, self.epsilon),
                amsgrad={"after": "before"}.get(self.amsgrad, self.amsgrad),
            )
        return changed

    def possible(self) -> bool:
        """Whether somebody could have written it: decay inside the gradient has two scales, see _COUPLED_SCALES."""
        return self.decay not in COUPLED or self.decay_scale in _COUPLED_SCALES


@cache
def space() -> tuple[Variant, ...]:
    """Return every variant once, under its canonical name."""
    everything = (Variant(*values) for values in product(*AXES.values()))
    return tuple(dict.fromkeys(v.canonical() for v in everything if v.possible()))


def names(variant: Variant) -> dict[str, tuple[str, ...]]:
    """Return for each axis every value that gives this variant, the canonical one first; none where any would."""
    found: dict[str, tuple[str, ...]] = {}
    for axis, values in AXES.items():
        value = variant.axis(axis)
        same = [other for other in values if replace(variant, **{axis: other}).canonical() == variant]
        found[axis] = () if value == ANY else (value, *(other for other in same if other != value))
    return found


def with_axis(variant: Variant, axis: str, value: str) -> Variant:
    """Return a variant with another value on one axis; what had no meaning before becomes AdamW's.

    Raises
    ------
    UsageError
        If there is no such axis or value, or no such combination in the space.

    """
    if axis not in AXES:
        raise UsageError(f"unknown axis {axis!r}", suggestion(axis, list(AXES)))
    if value not in AXES[axis]:
        raise UsageError(f"unknown value {value!r} of axis {axis!r}", suggestion(value, list(AXES[axis])))
    filled = {name: getattr(Variant(), name) for name in AXES if variant.axis(name) == ANY}
    changed = replace(replace(variant, **filled), **{axis: value})
    if not changed.possible():
        hint = f"known: {', '.join(_COUPLED_SCALES)}"
        raise UsageError(f"decay {changed.decay!r} has no scale {changed.decay_scale!r}", hint)
    return changed.canonical()
