"""The kernels that a run is made of: what each of them is made from, before either engine has made it ready.

A kernel is text that defines `block`, the scalar functions that the text calls, and switches. native.py compiles it, plain.py runs it as
it is; what both return takes arrays where C takes pointers, and other kernels where it takes their addresses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from types import FunctionType, ModuleType
from typing import Any, NamedTuple, get_type_hints

from adamw_cli.engine import kernel
from adamw_cli.engine.lower import Storage
from adamw_cli.engine.rounding import constants, nearest, stochastic
from adamw_cli.formats import EXACT, FORMATS
from adamw_cli.noises._bits import uniform
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Form, Rule

# What the C function of each family returns and takes: r rows of float64 (a pointer, and how far one row is from the next), i an
# integer, u one without a sign, d a float64, p a pointer.
FAMILIES: Mapping[str, tuple[str, str]] = {
    "update": ("i", "rrii"),
    "gradient": ("", "rrriid"),
    "noise": ("", "rriiu"),
    "clip": ("", "rrii"),
    "store": ("i", "rriiu"),
    "schedule": ("", "rriii"),
    "advance": ("", "p"),
}

Loaded = Callable[..., Any]


class Arguments(NamedTuple):
    """What `kernel.advance` is given: kernels, which are addresses in memory, rows, and integers."""

    update: Loaded
    gradient: Loaded
    noise: Loaded | None
    clip: Loaded | None
    store: Loaded | None
    x: Array
    g: Array
    n: Array
    k: Array
    c: Array
    p: Array
    table: Array
    record: Array
    signatures: int
    d: int
    lanes: int
    states: int
    diverged: int
    table_row: int
    coefficients: int
    mixed: int
    first: int
    steps: int
    every: int
    planes: int
    width: int
    offset: int


# How its fields follow one another in memory, as FAMILIES writes types.
FIELDS: Mapping[str, str] = {name: "r" if kind == Array else "i" for name, kind in get_type_hints(Arguments).items()}


@dataclass(frozen=True)
class Kernel:
    """One kernel.

    Attributes
    ----------
    name : what it is, for people; other kernels may have the same.
    family : a name in FAMILIES.
    source : text that defines `block`; None for the loop over steps, which is the `block` of `functions`.
    functions : the scalar functions that the text calls, by name; compiled into the kernel.
    constants : switches that the text names; folded at compile time.

    """

    name: str
    family: str
    source: str | None = None
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    constants: Mapping[str, bool] = field(default_factory=dict)

    def block(self, meanings: Mapping[str, Any]) -> FunctionType:
        """Return the kernel as a function, in which names have these meanings."""
        scope = {**vars(kernel), **meanings, **self.constants}
        if self.source is None:
            return FunctionType(self.functions["block"].__code__, scope)
        exec(self.source, scope)
        block: FunctionType = scope["block"]
        return block


def _stem(function: Callable[..., Any]) -> str:
    return function.__module__.rpartition(".")[2]


def update(rule: Rule, function: Callable[..., Any], switches: Mapping[str, bool], kind: kernel.Kind) -> Kernel:
    """Return the block loop around a rule; `switches` as in Rule.switches."""
    name = "_".join(["update", _stem(function), *(k for k, on in switches.items() if on), kind])
    functions = {"update": function} if rule.normed is None else {"update": function, "normed": rule.normed}
    constants = {f"SWITCH_{j}": bool(switches[key]) for j, key in enumerate(rule.switches)}
    return Kernel(name, "update", kernel.update_source(rule, kind), functions, constants)


def gradient(form: Form) -> Kernel:
    """Return the block function that fills the gradient row."""
    name = f"gradient_{_stem(form.function)}_{form.name}"
    source = kernel.gradient_source(form.separable, len(form.rows))
    return Kernel(name, "gradient", source, {"gradient": form.function})


def noise(kinds: Sequence[ModuleType], antithetic: bool = False) -> Kernel:
    """Return the block function that makes the gradient row noisy, by kinds of noise one after another."""
    functions: dict[str, Callable[..., Any]] = {"uniform": uniform}
    for k, kind in enumerate(kinds):
        functions[f"noisy_{k}"] = kind.noisy
        if kind.SPEC.prepare is not None:
            functions[f"prepare_{k}"] = kind.SPEC.prepare
    name = "noise_" + "_then_".join(_stem(kind.noisy) for kind in kinds) + ("_antithetic" if antithetic else "")
    return Kernel(name, "noise", kernel.noise_source([kind.SPEC for kind in kinds], antithetic), functions)


def clip(clipped: kernel.Clipped) -> Kernel:
    """Return the block function that clips the gradient row."""
    return Kernel(f"clip_{clipped}", "clip", kernel.clip_source(clipped))


def schedule(value: Any) -> Kernel:
    """Return the loop that tabulates a schedule."""
    parameters = value.__code__.co_argcount - 2
    return Kernel(f"schedule_{_stem(value)}", "schedule", kernel.schedule_source(parameters), {"value": value})


def store(storage: Storage, rule: Rule) -> Kernel:
    """Return the block function that rounds weights and states to what they are stored as."""
    weights, state = (
        "" if name == EXACT else ", ".join(map(_literal, constants(FORMATS[name])))
        for name in (storage.weights, storage.state)
    )
    kinds = [*(["stochastic"] if storage.stochastic else []), *(["kahan"] if storage.kahan else [])]
    name = "_".join(["store", storage.weights, storage.state, *kinds, str(len(rule.state))])
    source = kernel.store_source(
        kernel.Layout(rule), len(rule.state), weights, state, storage.stochastic, storage.kahan
    )
    return Kernel(name, "store", source, {"nearest": nearest, "stochastic": stochastic, "uniform": uniform})


def _literal(value: float) -> str:
    """A number as source text, infinity and nan included."""
    return repr(value) if isfinite(value) else "1e999" if value > 0.0 else "(1e999 - 1e999)"


def advance(noisy: bool, clipped: bool, boxed: bool, stored: bool) -> Kernel:
    """Return the loop over steps; with noise on the gradient, a limit to it, a box after the update, few bits after it, or without."""
    switches = {"noisy": noisy, "clipped": clipped, "boxed": boxed, "stored": stored}
    name = "_".join(["advance", *(word for word, on in switches.items() if on)])
    constants = {"NOISE": noisy, "CLIP": clipped, "BOX": boxed, "STORE": stored}
    return Kernel(name, "advance", functions={"block": kernel.advance}, constants=constants)
