"""What a file in optimizers/ declares: its parameters, and what kind of gradient step and of decay it takes.

Theory, warnings, metrics and `adamw conform` act on these facts and on nothing else. A fact names the hyperparameters that it is
about, so that a rule is free to call them as it likes; a name that the rule does not have is an error when the file is imported.
What has no word here is an `OwnStep` or `OwnDecay`, and means: no closed form.

Where these differ between implementations, the words are those of `adamw conform`: its axes are the fields here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from adamw_cli.vocabulary.parameters import (
    SCHEDULE,
    Fact,
    Parameter,
    Specification,
    Values,
    check_names,
    no_constraint,
    spread,
)

# What multiplies weight_decay: lr is the learning rate of the step, schedule its factor, lambda is weight_decay.
Scale = Literal["lr*lambda", "lambda", "lr^2*lambda", "schedule*lambda", "lr*schedule*lambda"]
# Where eps stands; `_hat`: before the bias correction.
Place = Literal["outside", "eps_hat", "inside", "inside_hat", "floor"]
Correction = Literal["both", "none", "first", "second", "without_root", "accumulating", "step+1", "step-1"]


@dataclass(frozen=True)
class Eps(Fact):
    """What keeps the quotient of a step finite: the hyperparameter, and where it is added.

    outside : sqrt(v_hat) + eps; eps_hat : sqrt(v) + eps, corrected afterwards; inside, inside_hat : the same inside the
    root; floor : the larger of sqrt(v_hat) and eps.
    """

    name: str
    place: Place = "outside"

    NAMES = ("name",)


@dataclass(frozen=True)
class Maximum(Fact):
    """AMSGrad: v is replaced by its maximum so far.

    place : `before` or `after` the bias correction. switch : the bool hyperparameter that turns it on; always on without.
    """

    place: Literal["before", "after"] = "before"
    switch: str | None = None

    NAMES = ("switch",)


class _StepFact(Fact):
    """What every step has."""

    starts_moving = False


@dataclass(frozen=True)
class AdamStep(_StepFact):
    """lr m_hat / (sqrt(v_hat) + eps), m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2.

    eps : None where there is none. bias_correction : of m by 1 - beta1^t and of v by 1 - beta2^t, or what is done instead.
    maximum : None where v itself is used.
    """

    beta1: str
    beta2: str
    eps: Eps | None
    bias_correction: Correction = "both"
    maximum: Maximum | None = None

    NAMES = ("beta1", "beta2", "eps")
    SWITCHES = ("maximum",)

    @property
    def published(self) -> bool:
        """Whether it is the step of Kingma and Ba, 2015, with PyTorch's amsgrad as an option."""
        optional = self.maximum is None or (self.maximum.place == "before" and self.maximum.switch is not None)
        return self.eps is not None and self.eps.place == "outside" and self.bias_correction == "both" and optional


@dataclass(frozen=True)
class MomentumStep(_StepFact):
    """lr b, b = momentum b + (1 - dampening) g; without momentum lr g.

    dampening : None where a gradient is added as it is. nesterov : the switch that looks ahead along the buffer, None without one.
    """

    momentum: str
    dampening: str | None = None
    nesterov: str | None = None

    NAMES = ("momentum", "dampening")
    SWITCHES = ("nesterov",)


@dataclass(frozen=True)
class SignStep(_StepFact):
    """lr sign(a m + (1 - a) g), m = b m + (1 - b) g taken up after that.

    mixture : a. average : b; the same name twice where the sign is that of the new average.
    """

    mixture: str
    average: str

    NAMES = ("mixture", "average")


@dataclass(frozen=True)
class OwnStep(_StepFact):
    """Any other gradient step.

    starts_moving : whether a weight moves before there has been any gradient, without decay. betas, eps : what callers pass as
    these; None where it has nothing of the kind.
    """

    starts_moving: bool = False
    betas: tuple[str, str] | None = None
    eps: str | None = None

    NAMES = ("betas", "eps")


Step = AdamStep | MomentumStep | SignStep | OwnStep


class _DecayFact(Fact):
    """What every decay answers, so that nobody asks which one it is."""

    @property
    def by_lr(self) -> bool:
        """Whether it acts beside the gradient step, and x = lr*schedule*lambda, as closed forms have it."""
        return False

    @property
    def last(self) -> bool:
        """Whether it acts on what the gradient step has moved."""
        return False

    @property
    def proximal(self) -> bool:
        """Whether it divides a weight by 1 + x."""
        return False


@dataclass(frozen=True)
class Decoupled(_DecayFact):
    """Decay beside the gradient step: w shrinks by 1 - x, or by 1/(1 + x) in the exact proximal step.

    coefficient : the hyperparameter lambda. scale : what x is. order : whether the `old` weight decays, from before the
    gradient step, or the `new` one, which that has moved. grows : whether the sign is wrong, 1 + x.
    """

    coefficient: str
    scale: Scale = "lr*lambda"
    order: Literal["old", "new"] = "old"
    shrink: Literal["1 - x", "1/(1 + x)"] = "1 - x"
    grows: bool = False

    NAMES = ("coefficient",)

    @property
    def by_lr(self) -> bool:
        """Whether x = lr*schedule*lambda, as closed forms have it."""
        return self.scale == "lr*lambda" and not self.grows

    @property
    def last(self) -> bool:
        """Whether it acts on what the gradient step has moved."""
        return self.order == "new"

    @property
    def proximal(self) -> bool:
        """Whether it divides by 1 + x."""
        return self.shrink == "1/(1 + x)"

    @property
    def published(self) -> bool:
        """Whether it is PyTorch's AdamW: 1 - lr*lambda times the old weight."""
        return self.by_lr and not self.last and not self.proximal


@dataclass(frozen=True)
class Coupled(_DecayFact):
    """Decay through the gradient: g + lambda w, which then passes through the rule's state, as L2 regularisation does.

    into : `both` moments; `first`, m alone; `neither`, added to m_hat where it is divided by sqrt(v_hat).
    """

    coefficient: str
    scale: Literal["lr*lambda", "lr^2*lambda"] = "lr*lambda"
    into: Literal["both", "first", "neither"] = "both"

    NAMES = ("coefficient",)

    @property
    def published(self) -> bool:
        """Whether it is L2 regularisation as PyTorch has it."""
        return self.into == "both" and self.scale == "lr*lambda"


@dataclass(frozen=True)
class NoDecay(_DecayFact):
    """Weights do not decay."""

    coefficient = None
    published = True


@dataclass(frozen=True)
class OwnDecay(_DecayFact):
    """Weights decay in another way. coefficient : the hyperparameter that says how much, None without one."""

    coefficient: str | None = None

    NAMES = ("coefficient",)
    published = False


Decay = Decoupled | Coupled | NoDecay | OwnDecay


# The coefficients of a rule whose `update` takes c1 = 1/(1 - beta1^t) and c2 = 1/(1 - beta2^t): `Rule(..., **BIAS_CORRECTION)`.
BIAS_CORRECTION: Final[dict[str, Any]] = {
    "coefficients": ("c1", "c2"),
    "coefficient_arguments": ("beta1", "beta2"),
    "coefficient_values": lambda t, beta1_t, beta2_t: (1.0 / (1.0 - beta1_t), 1.0 / (1.0 - beta2_t)),
}


@dataclass(frozen=True)
class Rule(Specification):
    """Facts about an update rule. Its file also has the scalar function `update`.

    `update` takes, in this order: `w, g`, each name of `state`, each float parameter (a pair as its
    two components, `lr` already multiplied by the schedule), each name of `coefficients`, each name of `norms`, each
    `bool` parameter; and returns `(w, *state)`. `coefficient_values(t, *powers, *inputs)` returns the
    coefficients at step t, where `powers` are the t-th powers of the `coefficient_arguments` and `inputs` what
    `coefficient_inputs` names; it is evaluated outside the loop, once per step for all coordinates that have these in common,
    because a power per coordinate would cost more than the rule itself. This is how a rule gets to see the step, as a
    coefficient that is t, or the schedule apart from lr.

    A rule whose step depends on other coordinates too names `norms`, which `update` takes after the coefficients. `normed` takes
    what `update` takes but these, and returns one number for each of them; the norm is the root of the sum of its squares over all
    coordinates of a run, added from the first to the last. So all coordinates are one layer. Beyond about 1.3e154 a number's square
    is infinite and so is the norm; below about 1e-162 it is 0.

    Attributes
    ----------
    parameters : hyperparameters in the order in which tables show them; the first is `LR`.
    state : names of the per-coordinate state, all zero before the first step.
    coefficients : names of what depends on the step and on hyperparameters but not on w or g.
    coefficient_arguments : names of the hyperparameters whose t-th powers the coefficients depend on.
    coefficient_inputs : what else they depend on: names of hyperparameters, and `schedule`, its factor at step t.
    coefficient_values : (t, *powers, *inputs) -> one value per coefficient; floats in, floats out, and
        arrays in, arrays out, so operators only, or functions of numpy.
    norms : names of the norms over coordinates that `update` takes.
    normed : (w, g, *state, *float parameters, *coefficients, *switches) -> the numbers of one coordinate whose norms they are.
    step : the gradient step; `OwnStep` for any that has no name in this vocabulary, and theory then says nothing of it.
    decay : how weights decay; `OwnDecay` likewise.
    reference : the implementation that the rule must match to 1e-12, e.g. `torch.optim.AdamW`;
        None where there is none.
    reference_options : keyword arguments that turn `reference` into this rule.
    constraint : returns what is wrong with a combination of hyperparameters, or None.

    """

    parameters: tuple[Parameter, ...]
    state: tuple[str, ...]
    step: Step = OwnStep()
    decay: Decay = OwnDecay()
    coefficients: tuple[str, ...] = ()
    coefficient_arguments: tuple[str, ...] = ()
    coefficient_inputs: tuple[str, ...] = ()
    coefficient_values: Callable[..., tuple[Any, ...]] | None = None
    norms: tuple[str, ...] = ()
    normed: Callable[..., tuple[float, ...]] | None = None
    reference: str | None = None
    reference_options: tuple[tuple[str, Any], ...] = ()
    constraint: Callable[[Values], str | None] = no_constraint

    FOLDER = "optimizers"
    KINDS = ("float", "int", "bool", "pair")

    def __post_init__(self) -> None:
        """Refuse facts about hyperparameters and switches that there are none of, too."""
        super().__post_init__()
        check_names("the step", self.step.names, self.scalars)
        check_names("the decay", self.decay.names, self.scalars)
        check_names("the step", self.step.switches, self.switches)
        check_names("a coefficient", self.coefficient_columns, self.scalars)

    @property
    def lr(self) -> str:
        """Name of the learning rate."""
        return self.parameters[0].name

    @property
    def scalars(self) -> tuple[str, ...]:
        """Argument names of the float hyperparameters of `update`, `lr` first."""
        return tuple(name for p in self.parameters if p.kind != "bool" for name in p.components or (p.name,))

    def columns(self, values: Values, dimension: int) -> dict[str, tuple[float, ...]]:
        """Return each of `scalars` with one value per coordinate; values : of `parameters`, as a scenario has them."""
        found: dict[str, tuple[float, ...]] = {}
        for p in self.parameters:
            value: Any = values[p.name]
            if p.components is not None:
                pairs = value if isinstance(value[0], tuple) else (value,) * dimension
                found |= {name: tuple(float(pair[j]) for pair in pairs) for j, name in enumerate(p.components)}
            elif p.kind != "bool":
                found[p.name] = spread(value, dimension)
        return found

    @property
    def roles(self) -> dict[str, str]:
        """Which of `lr`, `weight_decay`, `beta1`, `beta2` and `eps` a hyperparameter is, by its own name; others are left out."""
        step = self.step
        betas: tuple[str, str] | None = None
        eps: str | None = None
        if isinstance(step, AdamStep):
            betas, eps = (step.beta1, step.beta2), step.eps.name if step.eps is not None else None
        elif isinstance(step, SignStep):
            betas = (step.mixture, step.average)
        elif isinstance(step, OwnStep):
            betas, eps = step.betas, step.eps
        found = {self.lr: "lr", self.decay.coefficient: "weight_decay", eps: "eps"}
        if betas is not None:
            found |= {betas[1]: "beta2", betas[0]: "beta1"}  # one name for both is the first
        return {name: role for name, role in found.items() if name is not None}

    def passed(self, lr: float, weight_decay: float, betas: tuple[float, float], eps: float) -> dict[str, float]:
        """Return the hyperparameters of a caller who knows these and nothing of the rule, by the rule's own names."""
        given = {"lr": lr, "weight_decay": weight_decay, "beta1": betas[0], "beta2": betas[1], "eps": eps}
        return {name: given[role] for name, role in self.roles.items()}

    @property
    def coefficient_columns(self) -> tuple[str, ...]:
        """Names of all hyperparameters that the coefficients depend on, the `coefficient_arguments` first."""
        return tuple(dict.fromkeys(n for n in (*self.coefficient_arguments, *self.coefficient_inputs) if n != SCHEDULE))

    def coefficients_at(self, t: float, scalars: Mapping[str, float], schedule: float) -> tuple[float, ...]:
        """Return the coefficients at one step, for one set of hyperparameters; schedule is its factor there."""
        if self.coefficient_values is None:
            return ()
        powers = (scalars[name] ** t for name in self.coefficient_arguments)
        inputs = (schedule if name == SCHEDULE else scalars[name] for name in self.coefficient_inputs)
        return self.coefficient_values(t, *powers, *inputs)

    @property
    def switches(self) -> tuple[str, ...]:
        """Names of the bool hyperparameters; each combination is compiled apart."""
        return tuple(p.name for p in self.parameters if p.kind == "bool")
