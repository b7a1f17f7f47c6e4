"""What to change in an implementation, and which hyperparameters make up for a difference.

Each equivalent is exact: the variant with the converted hyperparameters does what the reference does with the original ones, at every
step, under a constant learning rate or under any schedule, as it says. Derivation: equate s_t (`recurrence`) of the two; for the
order, (1 - s)(w - lr' u) = (1 - s) w - lr u gives lr' = lr/(1 - s).
"""

from collections.abc import Callable
from dataclasses import dataclass

from adamw_cli.conformance.variants import ANY, AXES, COUPLED, Variant

Convert = Callable[[float, float], tuple[float, float]]

# (axis, value of the reference) -> what to do; where there is nothing, the meaning of the value is all there is to say.
_DO = {
    ("decay", "decoupled"): "take weight decay out of the gradient step and subtract it from the weight: w - s*w - lr*u",
    ("decay", "coupled"): "add weight_decay*w to the gradient before the moments are updated",
    ("decay", "none"): "leave weight decay out, or pass weight_decay 0",
    ("decay_scale", "lr*lambda"): "multiply weight decay by lr, once: subtract lr*weight_decay*w",
    ("decay_scale", "lambda"): "do not multiply weight decay by lr: subtract weight_decay*w",
    ("decay_scale", "schedule*lambda"): "multiply weight decay by the factor of the schedule, not by lr: subtract (lr_t/lr)*weight_decay*w",
    ("decay_order", "old"): "decay the weight from before the gradient step",
    ("decay_order", "new"): "decay after the gradient step",
    ("bias_correction", "both"): "divide m by 1 - beta1^t and v by 1 - beta2^t, t = 1 in the first step, without storing the result",
    ("bias_correction", "none"): "leave out both bias corrections",
    ("epsilon", "outside"): "add eps after root and correction: sqrt(v/(1 - beta2^t)) + eps",
    ("epsilon", "eps_hat"): "add eps to sqrt(v) before the correction: lr*sqrt(1 - beta2^t)/(1 - beta1^t) * m/(sqrt(v) + eps)",
    ("amsgrad", "no"): "use v itself, not its maximum",
    ("amsgrad", "before"): "take the maximum of v, then correct it",
    ("amsgrad", "after"): "correct v, then take the maximum",
}  # fmt: skip
# Where it depends on more than that: (axis, decay found, decay of the reference, value of the reference) -> what to do.
_DO_WHERE = {
    ("decay", "none", "decoupled", "decoupled"): "add weight decay: subtract s*w from the weight, beside the gradient step: w - s*w - lr*u",
    ("decay", "wrong_sign", "decoupled", "decoupled"): "subtract the decay, do not add it: w - s*w - lr*u",
    **{
        ("decay_scale", inside, inside, "lr*lambda"): "multiply weight decay by lr with the step only: "
        "what goes into the gradient is weight_decay*w, without lr"
        for inside in COUPLED
    },
}  # fmt: skip


@dataclass(frozen=True)
class Equivalent:
    """Hyperparameters for the implementation as it is: (lr, weight_decay) of the reference -> those to pass."""

    text: str
    any_schedule: bool
    convert: Convert

    def sentence(self) -> str:
        """Return what to pass, and when it holds."""
        when = "under any schedule" if self.any_schedule else "while lr is constant"
        return f"or pass {self.text}: the same steps, {when}"


def differing(found: Variant, reference: Variant) -> tuple[str, ...]:
    """Return the axes on which two variants differ; an axis without meaning for one of them does not count."""
    return tuple(
        axis
        for axis in AXES
        if found.axis(axis) != reference.axis(axis) and ANY not in (found.axis(axis), reference.axis(axis))
    )


def instructions(found: Variant, reference: Variant, *, as_passed: bool = True) -> tuple[str, ...]:
    """Return one sentence per axis that differs, then the equivalents.

    as_passed : whether hyperparameters are used as they are passed: otherwise passing others does something else.
    """
    lines = []
    for axis in differing(found, reference):
        value = reference.axis(axis)
        todo = _DO_WHERE.get((axis, found.decay, reference.decay, value)) or _DO.get((axis, value), AXES[axis][value])
        lines.append(f"{axis}: {todo}")
    return (*lines, *(e.sentence() for e in equivalents(found, reference) if as_passed))


# (found, reference) -> what weight_decay becomes, whether under any schedule, and the function of lr and weight_decay.
_SCALES: dict[tuple[str, str], tuple[str, bool, Callable[[float, float], float]]] = {
    ("lr*lambda", "lambda"): ("weight_decay/lr", False, lambda lr, wd: wd / lr),
    ("lr*lambda", "lr^2*lambda"): ("lr*weight_decay", False, lambda lr, wd: wd * lr),
    ("lr*lambda", "schedule*lambda"): ("weight_decay/lr with lr at the start", True, lambda lr, wd: wd / lr),
    ("lambda", "lr*lambda"): ("lr*weight_decay", False, lambda lr, wd: wd * lr),
    ("lambda", "lr^2*lambda"): ("lr^2*weight_decay", False, lambda lr, wd: wd * lr * lr),
    ("lambda", "schedule*lambda"): ("weight_decay as it is", False, lambda lr, wd: wd),
    ("lr^2*lambda", "lr*lambda"): ("weight_decay/lr", False, lambda lr, wd: wd / lr),
    ("lr^2*lambda", "lambda"): ("weight_decay/lr^2", False, lambda lr, wd: wd / lr / lr),
    ("lr^2*lambda", "schedule*lambda"): ("weight_decay/lr^2", False, lambda lr, wd: wd / lr / lr),
    ("schedule*lambda", "lr*lambda"): ("lr*weight_decay with lr at the start", True, lambda lr, wd: wd * lr),
    ("schedule*lambda", "lambda"): ("weight_decay as it is", False, lambda lr, wd: wd),
    ("schedule*lambda", "lr^2*lambda"): ("lr^2*weight_decay", False, lambda lr, wd: wd * lr * lr),
}


def equivalents(found: Variant, reference: Variant) -> tuple[Equivalent, ...]:
    """Return conversions that make `found` take the steps of `reference`; none if no hyperparameters do.

    >>> (one,) = equivalents(Variant(decay_scale="lambda"), Variant())
    >>> one.sentence(), one.convert(0.1, 0.5)
    ('or pass weight_decay = lr*weight_decay: the same steps, while lr is constant', (0.1, 0.05))
    """
    axes = differing(found, reference)
    if axes == ("decay_scale",):
        text, any_schedule, new = _SCALES[found.decay_scale, reference.decay_scale]
        return (Equivalent(f"weight_decay = {text}", any_schedule, lambda lr, wd: (lr, new(lr, wd))),)
    if axes == ("decay",) and {found.decay, reference.decay} == {"decoupled", "wrong_sign"}:
        return (Equivalent("weight_decay = -weight_decay", True, lambda lr, wd: (lr, -wd)),)
    if axes == ("decay",) and reference.decay == "none":
        return (Equivalent("weight_decay = 0", True, lambda lr, wd: (lr, 0.0)),)
    if axes == ("decay_order",) and found.decay_scale == "lr*lambda" and found.decay == "decoupled":
        if found.decay_order == "new":
            text = "lr = lr/(1 - lr*weight_decay), weight_decay = weight_decay*(1 - lr*weight_decay)"
            return (Equivalent(text, False, lambda lr, wd: (lr / (1 - lr * wd), wd * (1 - lr * wd))),)
        text = "lr = lr*(1 - lr*weight_decay), weight_decay = weight_decay/(1 - lr*weight_decay)"
        return (Equivalent(text, False, lambda lr, wd: (lr * (1 - lr * wd), wd / (1 - lr * wd))),)
    return ()
