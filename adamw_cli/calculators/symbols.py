"""What the symbols of `theory/` are called at the interface: one mapping for all closed forms.

A symbol means the same throughout `theory/`; one that differs in a module is written with the module's name before it.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from adamw_cli import registry
from adamw_cli.calculators.clock import clock

# Word -> what it is; a parameter that a docstring explains is explained by that.
WORDS = {
    "amsgrad": "divide by the root of the largest v",
    "batch_ratio": "how many times as large the new batch is",
    "batch_size": "points in a batch",
    "beta1": "decay rate of the first moment",
    "beta2": "decay rate of the second moment",
    "bits": "significant bits: 8 for bfloat16, 11 for float16, 24 for float32",
    "center": "minimum of the loss",
    "curvature": "second derivative of the loss",
    "dataset_size": "points in all",
    "denominator": "sqrt(v_hat) + eps, taken to be constant",
    "dimension": "number of weights",
    "epochs": "epochs of the run",
    "eps": "added to sqrt(v_hat)",
    "eps_root": "added to v_hat under the root",
    "every": "steps between two changes",
    "flip_at": "steps before the gradient turns round",
    "fraction": "the part of |w| that is to remain, between 0 and 1",
    "gradient": "the gradient G at first",
    "hessian": "the Hessian, its rows separated by semicolons",
    "lr": "learning rate, the peak of a schedule",
    "m_hat": "first moment, bias-corrected",
    "mean": "mean of the gradient",
    "momentum": "of SGD's buffer",
    "most_steps": "how many steps to look ahead",
    "new_weights": "decay acts on the weights after the step",
    "noise": "standard deviation of what is added in a step",
    "normalised_weight_decay": "Loshchilov and Hutter's lambda_norm",
    "peak": "the rare gradient",
    "phi2": "coefficient of the weight two steps before, between -1 and 1",
    "pulse_steps": "steps with a gradient",
    "rest": "1 - phi1 - phi2 of a walk; the frequent gradient of a sequence",
    "schedule": "kind of schedule: see `adamw list schedules`",
    "sigma": "standard deviation of the gradient",
    "start": "weight at step 0",
    "step": "the step, from 1 on",
    "steps": "number of steps",
    "steps_after": "steps since the gradient changed",
    "steps_per_epoch": "steps in an epoch",
    "target_shrink": "w_T / w_0 that is wanted, between 0 and 1",
    "target_steps": "the step at which it is wanted",
    "timescale_epochs": "timescale that is wanted, in epochs",
    "tolerance": "how near is near enough",
    "turned": "1 minus the cosine",
    "v_hat": "second moment, bias-corrected",
    "weight": "the weight",
    "weight_decay": "weight decay, which lr multiplies",
}

_CALLED = {
    "C": "dimension", "G": "gradient", "H": "hessian", "T": "steps", "a": "center", "batch": "batch_size", "flip.T": "flip_at",
    "h": "curvature", "inverse.step": "target_steps", "inverse.steps": "target_steps", "j": "steps_after", "k": "pulse_steps",
    "lam": "weight_decay", "lam_norm": "normalised_weight_decay", "most": "most_steps", "n": "steps_after", "mu": "mean",
    "points": "dataset_size", "rescaling.k": "batch_ratio",
    "shrink": "target_shrink", "t": "step", "tau": "timescale_epochs", "tol": "tolerance",
    "w": "weight", "w0": "start", "w_T": "weight", "w_k": "weight",
}  # fmt: skip


@dataclass(frozen=True)
class _Derived:
    """What follows from several words: which, how, and the same for readers."""

    words: tuple[str, ...]
    value: Callable[..., float]
    text: str


_DERIVED: Mapping[str, _Derived] = {
    "x": _Derived(("lr", "weight_decay"), lambda lr, lam: lr * lam, "lr * weight_decay"),
    "kappa": _Derived(("lr", "curvature", "denominator"), lambda lr, h, D: lr * h / D, "lr * curvature / denominator"),
    "flip_l2.mu": _Derived(
        ("weight_decay", "weight", "gradient"), lambda lam, w, G: lam * w / G, "weight_decay * weight / gradient"
    ),
    "x0": _Derived(
        ("beta2", "start", "lr"), lambda beta2, w0, lr: (1.0 - beta2) * abs(w0) / lr, "(1 - beta2) |start| / lr"
    ),
}
# What a schedule with its parameters gives.
FACTORS = "factors"


class Word(NamedTuple):
    """What a word means, and whether it is needed: None if that is for the signature to say."""

    meaning: str
    needed: bool | None


def _entry(table: Mapping[str, Any], module: str, symbol: str) -> Any:
    return table.get(f"{module}.{symbol}", table.get(symbol))


def words(module: str, symbol: str, taken: Container[str] = ()) -> Mapping[str, Word]:
    """The words from which a symbol's value follows; a schedule's own parameter goes without one that is `taken` by another symbol."""
    if symbol == FACTORS:
        found = {"schedule": Word(WORDS["schedule"], False), "steps": Word(WORDS["steps"], True)}
        kinds = [registry.load("schedules", kind).SPEC.parameters for kind in registry.usable("schedules")]
        own = {p.name: Word(p.doc, False) for parameters in kinds for p in parameters if p.name not in taken}
        return found | {name: word for name, word in own.items() if name not in found}
    derived = _entry(_DERIVED, module, symbol)
    if derived is not None:
        return {word: Word(WORDS[word], True) for word in derived.words}
    word = _entry(_CALLED, module, symbol) or symbol
    return {word: Word(WORDS[word], None)}


def meaning(module: str, symbol: str) -> str:
    """A symbol in the interface's words."""
    if symbol == FACTORS:
        return "schedule(t)"
    derived = _entry(_DERIVED, module, symbol)
    return _entry(_CALLED, module, symbol) or symbol if derived is None else derived.text


def value(module: str, symbol: str, given: Mapping[str, Any]) -> Any:
    """A symbol's value, from what was given for its words."""
    if symbol == FACTORS:
        return _factors(**given)
    derived = _entry(_DERIVED, module, symbol)
    if derived is None:
        (only,) = given.values()
        return only
    return derived.value(*(given[word] for word in derived.words))


def _factors(steps: int, schedule: str = "constant", **parameters: float) -> Iterator[float]:
    return clock(schedule, parameters, steps).factors()
