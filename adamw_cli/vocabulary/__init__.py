"""What a file in optimizers/, landscapes/, schedules/, noises/ or metrics/ declares about itself.

The other layers act on these declared facts and never on a name, so that a new rule, landscape or
schedule is one new file. Standard library only: `adamw half-life` imports this without numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Number = float | int
Values = Mapping[str, Any]


class _Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()


@dataclass(frozen=True)
class Parameter:
    """One number (or list of numbers, or switch) that a YAML file may set.

    Attributes
    ----------
    name : the key in YAML.
    default : its value when the key is absent; `REQUIRED` if it must be given; `None` if optional.
    doc : one line for `adamw show` and the JSON Schema.
    kind : `float`; `int`; `bool` (selects another compiled kernel); `pair` (two floats that go by
        the names in `components`); `matrix` (rows of floats); `run` (the name of a run of the scenario); `parts` (landscapes
        for one coordinate each, given as mappings with a `kind`).
    per_coordinate : whether a list with one value per coordinate is accepted beside a scalar.
    gt, ge, lt, le : bounds, each exclusive or inclusive as the name says.
    components : the two argument names of a `pair`.

    """

    name: str
    default: Any
    doc: str
    kind: Literal["float", "int", "bool", "pair", "matrix", "run", "parts"] = "float"
    per_coordinate: bool = False
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    components: tuple[str, str] | None = None

    @property
    def required(self) -> bool:
        """Whether YAML must give this parameter."""
        return self.default is REQUIRED

    @property
    def bounds(self) -> dict[str, float]:
        """The bounds that are set, by name."""
        found = {"gt": self.gt, "ge": self.ge, "lt": self.lt, "le": self.le}
        return {name: bound for name, bound in found.items() if bound is not None}

    def allows(self, number: float) -> bool:
        """Whether a number is within the bounds; nan is not."""
        low = (self.gt is None or number > self.gt) and (self.ge is None or number >= self.ge)
        high = (self.lt is None or number < self.lt) and (self.le is None or number <= self.le)
        return low and high and number == number

    @property
    def range_text(self) -> str:
        """The allowed range in words, e.g. `> 0` or `>= 0 and < 1`."""
        signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
        return " and ".join(f"{signs[name]} {bound:g}" for name, bound in self.bounds.items())


# The learning rate means the same in every rule: it multiplies schedule(t).
LR: Final = Parameter(
    "lr", REQUIRED, "learning rate; multiplied by the schedule at each step", per_coordinate=True, gt=0
)

# So do the averages of Adam and its relatives, and what keeps their quotient finite; where a rule has another default
# or another place for eps, it says so.
BETAS: Final = Parameter(
    "betas",
    (0.9, 0.999),
    "decay rates of the two moment averages",
    kind="pair",
    per_coordinate=True,
    ge=0,
    lt=1,
    components=("beta1", "beta2"),
)
EPS: Final = Parameter("eps", 1e-8, "added to sqrt(v_hat)", per_coordinate=True, ge=0)

# The name under which a rule's coefficients may ask for the schedule's factor.
SCHEDULE: Final = "schedule"


def _no_constraint(values: Values) -> str | None:
    return None


@dataclass(frozen=True)
class Rule:
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
    decay : `decoupled` (w shrinks by 1 - lr*weight_decay beside the gradient step), `coupled`
        (weight_decay*w is added to the gradient and passes through the state), `none`, or `own`: weights decay in a way that
        is none of these, about which theory says nothing.
    adaptive : whether the gradient step is divided by a running root mean square.
    standard_step : whether the facts here say all there is to say about the gradient step, so that theory may act on them:
        without `adaptive` it is lr times a buffer, b = momentum b + (1 - dampening) g; with `adaptive` and `bias_correction`
        it is lr m_hat/(sqrt(v_hat) + eps). A rule with any other step leaves it False, and theory says nothing of its steps.
    starts_moving : whether a weight moves before there has been any gradient, without decay.
    bias_correction : whether averages are divided by what their weights sum to, so that a constant gradient is seen
        as itself from the first step on.
    momentum : name of the hyperparameter that is the decay rate of the average or buffer of gradients; None without one.
    shrink : what one step's decay multiplies a weight by, with x = lr*weight_decay: `1 - x`, or `1/(1 + x)` for the exact
        proximal step. For decoupled decay only.
    decay_order : `before`: decay acts on the weight from before the step; `after`: on the weight that the gradient
        step has moved. For decoupled decay only.
    sign_of : for a rule whose gradient step is lr times the sign of a m + (1 - a) g, m = b m + (1 - b) g taken up after that: the
        names of the hyperparameters a and b; the same twice where the sign is that of the new average. None for any other step.
    reference : the implementation that the rule must match to 1e-12, e.g. `torch.optim.AdamW`;
        None where there is none.
    reference_options : keyword arguments that turn `reference` into this rule.
    constraint : returns what is wrong with a combination of hyperparameters, or None.

    """

    parameters: tuple[Parameter, ...]
    state: tuple[str, ...]
    decay: Literal["decoupled", "coupled", "none", "own"]
    adaptive: bool
    standard_step: bool = False
    starts_moving: bool = False
    bias_correction: bool = False
    momentum: str | None = None
    shrink: Literal["1 - x", "1/(1 + x)"] = "1 - x"
    decay_order: Literal["before", "after"] = "before"
    sign_of: tuple[str, str] | None = None
    coefficients: tuple[str, ...] = ()
    coefficient_arguments: tuple[str, ...] = ()
    coefficient_inputs: tuple[str, ...] = ()
    coefficient_values: Callable[..., tuple[Any, ...]] | None = None
    norms: tuple[str, ...] = ()
    normed: Callable[..., tuple[float, ...]] | None = None
    reference: str | None = None
    reference_options: tuple[tuple[str, Any], ...] = ()
    constraint: Callable[[Values], str | None] = _no_constraint

    @property
    def scalars(self) -> tuple[str, ...]:
        """Argument names of the float hyperparameters of `update`, `lr` first."""
        names: list[str] = []
        for parameter in self.parameters:
            if parameter.kind != "bool":
                names.extend(parameter.components or (parameter.name,))
        return tuple(names)

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


# Gradients that a run sees whatever its weights are.
EXTERNAL: Final = ("zero", "constant", "switching")


@dataclass(frozen=True)
class Landscape:
    """Facts about a landscape. Its file also has `lower`, `value` and `minimizer`.

    `lower(dimension, values) -> Form` chooses the function that computes the gradient.
    `value(w, t, values)` is the loss: w : (..., d) float64, t : (...) float64 -> (...) float64.
    `minimizer(dimension, values)` is the unconstrained minimiser, one number per coordinate, or
    None where there is none.

    Attributes
    ----------
    parameters : what YAML may set.
    gradient : `zero`, `constant` (in w and in time), `switching` (constant in w, changes in time),
        `linear` (in w) or `nonlinear`. Closed forms follow from it, and read the parameters that `slope`, `gradient_flip`,
        `gradient_pulse` and `quadratic` have; `nonlinear` claims nothing.
    min_dimension, max_dimension : the number of coordinates that it is defined for.
    turn_step : (values) -> the last step before the gradient changes, or None where it never does, and for a gradient
        that depends on the weights.
    after_turn : (values) -> what the gradient is after turn_step: `zero`, `reversed` for good, `periodic` where it
        goes on changing; None where it never changes.
    constraint : returns what is wrong with a combination of parameters, or None.
    fits : (dimension, values) -> why the parameters do not fit that many coordinates, or None.
    conservative : (values) -> whether the gradient is the derivative of the value.
    part : whether it may be a part of a composite: in one coordinate its form is separable, has a `height` and no box.
    examples : (dimension, parameters that are set), the first for `adamw show`; every generic test runs on each. Where
        there are none, the defaults in min_dimension coordinates serve.

    """

    parameters: tuple[Parameter, ...]
    gradient: Literal["zero", "constant", "switching", "linear", "nonlinear"]
    min_dimension: int = 1
    max_dimension: int | None = None
    turn_step: Callable[[Values], int | None] = lambda values: None
    after_turn: Callable[[Values], Literal["zero", "reversed", "periodic"] | None] = lambda values: None
    constraint: Callable[[Values], str | None] = _no_constraint
    fits: Callable[[int, Values], str | None] = lambda dimension, values: None
    conservative: Callable[[Values], bool] = lambda values: True
    part: bool = False
    examples: tuple[tuple[int, Values], ...] = ()


@dataclass(frozen=True)
class Form:
    """A landscape made ready for the engine.

    Attributes
    ----------
    name : distinguishes the forms of one landscape (part of the compiled kernel's name).
    function : if `separable`, a scalar function `gradient(w, t, *row) -> g`, where `row` has one
        number per entry of `rows`; otherwise a block function `gradient(w, g, d, lanes, t,
        p)` that fills g[i, l] for every coordinate i < d and every lane l < lanes, lanes innermost. Both are
        plain Python and work uncompiled.
    separable : whether a coordinate's gradient depends on that coordinate alone.
    rows : separable only; each a sequence of d numbers.
    height : separable only; the scalar loss `height(w, t, *row)` of one coordinate, compiled into composites; None without.
    shared : block functions only; the flat parameter vector `p`.
    box : separable only; the smallest and the largest weight that there may be, into which the engine puts every
        finite weight back after each step, before anything is recorded; None where weights are free.

    """

    name: str
    function: Callable[..., Any]
    separable: bool
    rows: tuple[Sequence[float], ...] = ()
    height: Callable[..., Any] | None = None
    shared: Sequence[float] = ()
    box: tuple[float, float] | None = None


@dataclass(frozen=True)
class Schedule:
    """Facts about a schedule. Its file also has the scalar function `value(t, steps, *parameters)`.

    `value` returns the factor on lr at step t = 1, 2, ... of `steps`; it uses `math` only, so that
    the closed-form commands need no numpy, and is compiled by the engine.

    Attributes
    ----------
    parameters : what YAML may set, in the order in which `value` takes them.
    constraint : (values, steps) -> what is wrong, or None.
    is_constant : (values) -> whether the factor is 1 at every step.

    """

    parameters: tuple[Parameter, ...]
    constraint: Callable[[Values, int], str | None] = lambda values, steps: None
    is_constant: Callable[[Values], bool] = lambda values: False


@dataclass(frozen=True)
class Noise:
    """Facts about a kind of noise. Its file also has the scalar function `noisy(g, u, *parameters)`.

    With `prepare` it is `noisy(g, u, x, *parameters)`, and x = prepare(u) is computed in a loop of its own before.
    `noisy` returns what the rule sees in place of the gradient g of one coordinate; u is uniform in (0, 1), one for each
    seed, trial, coordinate, step and place in a list of noises (noises/_bits.py). It is compiled by the engine, with the functions
    it calls.

    Attributes
    ----------
    parameters : numbers that YAML may set, in the order in which `noisy` takes them.
    prepare : the part that depends on u alone, u -> x, where a long formula is quicker in two loops; None without.
    state : names of numbers per coordinate that last from step to step, 0 before the first. `noisy` takes them after the parameters
        and returns (g, *state).
    back : the parameter, a whole number per coordinate, that says from how many steps ago `noisy` takes a gradient, as its last
        argument `then`: what came in that step, 0 before the first. None without.
    random : whether it depends on u at all; without it trials would be copies of one another.
    exact : whether the rule sees every gradient as it is, so that closed forms hold.
    gaussian : the parameter that is the standard deviation of a normal number which is added to the gradient, independently from
        step to step and coordinate to coordinate; None for a noise that does anything else. Theory acts on it.
    examples : parameters that every generic test runs with; where there are none, 1/2 serves for each that has no default, or 1.
        With parameters of 0 nothing happens, where 0 is allowed.

    """

    parameters: tuple[Parameter, ...]
    prepare: Callable[[float], float] | None = None
    state: tuple[str, ...] = ()
    back: str | None = None
    random: bool = True
    exact: bool = False
    gaussian: str | None = None
    examples: tuple[Values, ...] = ()


# What a metric may need to mean anything: facts about a landscape and the rules that run on it.
#   turn : the gradient changes at a known step.       fading : and is zero from then on.
#   minimizer : there is an unconstrained minimiser.   plateau : the gradient is zero throughout.
#   external : the gradient does not depend on the weights, so that two runs see the same gradients.
Need = Literal["turn", "fading", "minimizer", "plateau", "external"]


@dataclass(frozen=True)
class Metric:
    """Facts about a metric. Its file also has the class `Measure`; metrics/_contract.py says what that does.

    Attributes
    ----------
    unit : `steps`, `loss`, `weight`, `loss/weight`, `1` for a pure number, or `text`.
    per_coordinate : whether there is one value per coordinate or one per run.
    undefined : when it has no value, in words; JSON then has null.
    parameters : what an `expect` entry may set beside the comparison.
    needs : what it needs to mean anything; elsewhere it is measured only if an expectation asks for it.
    on_request : whether it is measured only if an expectation asks for it, wherever it has a meaning.
    pair : a metric of two runs: `twin`, the run and a second one that differs by its start alone; `run`, the
        run and another one of the scenario, which the parameter `to` names.

    """

    unit: str
    per_coordinate: bool
    undefined: str
    parameters: tuple[Parameter, ...] = ()
    needs: tuple[Need, ...] = ()
    on_request: bool = False
    pair: Literal["twin", "run"] | None = None

    @property
    def text(self) -> bool:
        """Whether the value is a word rather than a number."""
        return self.unit == "text"
