"""What a scenario is once it is known to be right, and the keys of its sections. No text, no files, no YAML.

A field that YAML may set is annotated with what its value may be, and with what the JSON Schema says about it. Sections with a
`kind` have the parameters that the files of optimizers/, landscapes/, schedules/, noises/ and metrics/ declare.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Literal, get_args

from adamw_cli import registry
from adamw_cli.errors import Position, suggestion
from adamw_cli.formats import EXACT, FORMATS
from adamw_cli.scenario.keys import (
    ENTRIES,
    INTEGER,
    NAME,
    NUMBER,
    PROSE,
    SECTION,
    SWITCH,
    TEXT,
    Key,
    ValueForm,
    keys,
    limited,
    many,
    one_of,
    optional,
    section_schema,
)
from adamw_cli.scenario.values import (
    MAX_STEPS,
    describe,
    each,
    number,
    number_hint,
    parameter_schema,
    parameter_value,
    quoted,
    wrong,
)

# Kinds of noise one after another: each list of kinds is a kernel of its own.
MAX_NOISES = 8
# What a section stands for that is not there.
DEFAULT_SCHEDULE, DEFAULT_NOISE = "constant", "none"

COMPARISONS = ("near", "above", "below", "between", "equals", "finite", "snapshot")
# Those that a distance is allowed for.
TOLERANT = ("near", "snapshot")
# How the trials of a run become one value; `every` judges each.
Over = Literal["mean", "median", "min", "max", "every"]

_STEPS = limited(INTEGER, minimum=1, maximum=MAX_STEPS)
_TOLERANCE = limited(NUMBER, minimum=0)
_LIMIT = optional(limited(NUMBER, exclusiveMinimum=0))
_NUMBERS = limited(many(NUMBER), minItems=1)


def parameter_keys(package: str, kind: str) -> dict[str, Key]:
    """The keys that the file `kind` of a package lets YAML set."""
    return {
        p.name: Key(
            ValueForm(partial(parameter_value, p), parameter_schema(p), p.default is None),
            hint=p.doc,
            default=p.default,
        )
        for p in registry.load(package, kind).SPEC.parameters
    }


@dataclass(frozen=True)
class Kind:
    """A file of a package, and its parameters, complete."""

    kind: str
    values: Mapping[str, Any]


# Which rounding has which name in YAML.
ROUNDINGS = ("nearest", "stochastic")


@dataclass(frozen=True)
class Precision:
    """What numbers are rounded to after each step: weights, the rule's state, in which way, and whether what is lost is kept."""

    weights: Annotated[str, Key(one_of(FORMATS), "what weights are stored as")] = EXACT
    state: Annotated[str, Key(one_of(FORMATS), "what the rule's averages are stored as")] = EXACT
    rounding: Annotated[str, Key(one_of(ROUNDINGS), "of weights; states are rounded to nearest")] = ROUNDINGS[0]
    kahan: Annotated[bool, Key(SWITCH, "keep what rounding takes from a weight, for its next step")] = False

    @property
    def exact(self) -> bool:
        """Whether nothing is rounded."""
        return self.weights == EXACT == self.state

    @property
    def random(self) -> bool:
        """Whether weights are rounded at random."""
        return self.rounding == "stochastic" and self.weights != EXACT


@dataclass(frozen=True)
class Clip:
    """A limit to the gradients that a rule sees: to their norm over all coordinates, or to each of them; not both."""

    clip_norm: Annotated[float | None, Key(_LIMIT, "largest norm of a gradient over all coordinates")] = None
    clip_value: Annotated[float | None, Key(_LIMIT, "largest size of a gradient's coordinate")] = None

    @property
    def clipped(self) -> Literal["norm", "value"] | None:
        """What is limited; None without a limit."""
        return "norm" if self.clip_norm is not None else "value" if self.clip_value is not None else None

    @property
    def limit(self) -> float | None:
        """The limit; None without one."""
        return self.clip_value if self.clip_norm is None else self.clip_norm


@dataclass(frozen=True)
class RunConfig:
    """One run: a rule, its hyperparameters, complete, its own schedule if it has one, what its numbers are stored as, and a limit to gradients."""

    kind: str
    values: Mapping[str, Any]
    schedule: Kind | None = None
    precision: Precision = Precision()
    clip: Clip = Clip()

    @property
    def hyperparameters(self) -> Mapping[str, Any]:
        """Those of the rule, and the limit to gradients if there is one."""
        return {**self.values, **{name: limit for name, limit in vars(self.clip).items() if limit is not None}}


# What a run may have beside the hyperparameters of its rule.
RUN_KEYS = ("schedule", "precision", *keys(Clip))


@dataclass(frozen=True)
class Record:
    """What a trace keeps. `every` is 1000 records per run if it is not set; `states` adds m, v and so on."""

    every: Annotated[int | None, Key(optional(_STEPS), "keep every so many steps in the trace")] = None
    states: Annotated[bool, Key(SWITCH, "keep the rule's states too")] = False


@dataclass(frozen=True)
class Reference:
    """The same metric of another run, times a factor."""

    of: Annotated[str, Key(TEXT, hint="of: RUN")]
    times: Annotated[float, Key(NUMBER)] = 1.0


def _bound(value: object) -> float | Reference:
    return value if isinstance(value, Reference) else number(value, "a number or {of: RUN, times: FACTOR}")


def _near(value: object) -> float | str | Reference | tuple[float, ...]:
    if isinstance(value, str):
        if value != "theory":
            hint = suggestion(value[:80], ["theory"]).partition(" known")[0]
            hint = hint if hint.startswith("did") else number_hint(value)
            wrong("S104", f"must be a number or the word theory, found {describe(value)}", hint)
        return value
    if isinstance(value, list):
        return each(number, value) if value else wrong("S107", "must not be an empty list")
    return _bound(value)


def _between(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        found = f"a list of {len(value)}" if isinstance(value, list) else describe(value)
        wrong("S104", f"must be a list of two numbers, found {found}", "for example [0.0, 1.0]")
    low, high = each(number, value)
    if low > high:
        wrong("S108", "must have the smaller number first", "swap them")
    return low, high


def _equals(value: object) -> float | str:
    return value if isinstance(value, str) else number(value)


def _snapshot(value: object) -> Literal[True]:
    if value is not True:
        wrong("S104", f"must be true, found {describe(value)}", "write snapshot: true, or remove the key")
    return True


_OTHER = section_schema(keys(Reference), "the same metric of another run, times a factor")
_BOUND = ValueForm(_bound, {"anyOf": [NUMBER.schema, _OTHER]})
_NEAR = ValueForm(_near, {"anyOf": [_NUMBERS.schema, {"const": "theory"}, NUMBER.schema, _OTHER]})
_BETWEEN = ValueForm(_between, {"type": "array", "items": NUMBER.schema, "minItems": 2, "maxItems": 2})
_At = Annotated[int | None, Key(limited(INTEGER, minimum=0), "coordinate, counted from 0")]
_AtStep = Annotated[int | None, Key(_STEPS, "measure as if the run ended after it")]
_Over = Annotated[Over | None, Key(one_of(get_args(Over)), "what of the trials is compared; the mean if unset")]


@dataclass(frozen=True)
class Expectation:
    """One comparison: a metric of a run with a number, with theory, with another run or with a stored value.

    A value v is near a target T if |v - T| <= atol + rtol |T| + z SE. `rtol` is 1e-9 if neither it nor `atol` is set, else what is not
    set is 0. SE is the standard error of the mean over trials; where T is theory's, z also allows for what theory says of its own error.
    `at_step` measures as if the run had ended after that step. `over` says what of the trials is compared, the mean if unset.
    """

    metric: Annotated[str, Key(TEXT)]
    of: Annotated[str | None, Key(TEXT, "the run")] = None
    near: Annotated[
        float | Literal["theory"] | Reference | tuple[float, ...] | None, Key(_NEAR, "equal within rtol and atol")
    ] = None
    above: Annotated[float | Reference | None, Key(_BOUND, "greater than")] = None
    below: Annotated[float | Reference | None, Key(_BOUND, "less than")] = None
    between: Annotated[tuple[float, float] | None, Key(_BETWEEN, "bounds, inclusive")] = None
    equals: Annotated[float | str | None, Key(ValueForm(_equals, NUMBER.schema), "exactly equal")] = None
    finite: Annotated[bool | None, Key(SWITCH, "whether it has a value")] = None
    snapshot: Annotated[
        Literal[True] | None,
        Key(ValueForm(_snapshot, {"const": True}), "equal to the stored value within rtol and atol"),
    ] = None
    rtol: Annotated[float | None, Key(_TOLERANCE, "relative tolerance of near and snapshot")] = None
    atol: Annotated[float | None, Key(_TOLERANCE, "absolute tolerance of near and snapshot")] = None
    z: Annotated[float | None, Key(_TOLERANCE, "standard errors of the mean over trials that near allows")] = None
    at: _At = None
    at_step: _AtStep = None
    over: _Over = None
    xfail: Annotated[str | None, Key(limited(PROSE, minLength=1), "why this is known to fail")] = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def comparison(self) -> str:
        """Which of COMPARISONS it makes."""
        return next(name for name in COMPARISONS if getattr(self, name) is not None)

    @property
    def label(self) -> str:
        """The metric, and the coordinate, the step and the trials that are meant."""
        at = "" if self.at is None else f"[{self.at}]"
        step = "" if self.at_step is None else f" at step {self.at_step}"
        every = " in every trial" if self.over == "every" else f" ({self.over} over trials)"
        return f"{self.metric}{at}{step}{'' if self.over is None else every}"

    def tolerance(self, target: float, standard_error: float = 0.0, own_error: float = 0.0) -> float:
        """How far from `target` a value may be.

        standard_error : of the value; own_error : of the target, as a part of it. Both count with `z` alone.
        """
        if self.comparison not in TOLERANT:
            return 0.0
        rtol = (1e-9 if self.atol is None else 0.0) if self.rtol is None else self.rtol  # beside z for rounding, too
        by_chance = 0.0 if self.z is None else self.z * standard_error + own_error * abs(target)
        return (self.atol or 0.0) + rtol * abs(target) + by_chance


@dataclass(frozen=True)
class Defaults:
    """`expect_all`: what every expectation has that does not say otherwise."""

    of: Annotated[str | None, Key(TEXT)] = None
    rtol: Annotated[float | None, Key(_TOLERANCE)] = None
    atol: Annotated[float | None, Key(_TOLERANCE)] = None
    at: _At = None
    at_step: _AtStep = None
    over: _Over = None


@dataclass(frozen=True)
class Origin:
    """Where the parts of a scenario stand in its source, for messages."""

    name: str
    positions: Mapping[tuple[str | int, ...], tuple[str, Position, str]]

    def find(self, path: tuple[str | int, ...]) -> tuple[str, Position | None, str]:
        """Source, position and line of the nearest part that has a place in the text."""
        while path not in self.positions and path:
            path = path[:-1]
        return self.positions.get(path, (self.name, None, ""))


@dataclass(frozen=True)
class Scenario:
    """A scenario, complete and consistent. `origin` says where it came from."""

    name: str
    description: str
    tags: tuple[str, ...]
    landscape: Kind
    start: tuple[float, ...]
    steps: int
    seed: int
    trials: int
    schedule: Kind
    antithetic: bool
    noise: tuple[Kind, ...]
    optimizers: Mapping[str, RunConfig]
    record: Record
    expect: tuple[Expectation, ...]
    origin: Origin = field(repr=False, compare=False)

    @property
    def noisy(self) -> bool:
        """Whether its gradients are random."""
        return any(registry.load("noises", noise.kind).SPEC.random for noise in self.noise)

    @property
    def exact(self) -> bool:
        """Whether rules see gradients as they are."""
        return all(registry.load("noises", noise.kind).SPEC.exact for noise in self.noise)


def _version(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value != 1:
        wrong("S111", f"must be 1, found {describe(value)}", "write version: 1")
    return value


def kind_hint(key: str, value: object) -> str:
    """What to write for a section with a `kind` that is something else."""
    known = registry.names(f"{key}s")
    kind = value if isinstance(value, str) and value in known else "KIND"
    return f"write {key}: {{kind: {kind}}}" + (f"; known: {', '.join(known)}" if kind == "KIND" else "")


def _noises(value: object) -> list[Any]:
    """One kind of noise, or several one after another."""
    if isinstance(value, Mapping):
        return [value]
    if not isinstance(value, list | tuple):
        wrong("S104", f"must be a section or a list of sections, found {describe(value)}", kind_hint("noise", value))
    if len(value) > MAX_NOISES:
        wrong("S107", f"must have at most {MAX_NOISES} entries, found {len(value)}")
    return list(value)


def _tags_hint(value: object) -> str:
    return f"write tags: [{quoted(value)[1:-1]}]" if isinstance(value, str) else "for example tags: [decay]"


# The keys of a scenario file; what is in the sections among them is declared above, or by the files that they name.
OUTLINE: Mapping[str, Key] = {
    "version": Key(ValueForm(_version, {"const": 1}), "version of the format", "write version: 1"),
    "name": Key(NAME, "default: the file's stem", default=None),
    "description": Key(PROSE, default=""),
    "tags": Key(many(NAME), hint=_tags_hint, default=()),
    "landscape": Key(SECTION, hint=partial(kind_hint, "landscape")),
    "start": Key(
        _NUMBERS,
        "weights at step 0; their number is the dimension",
        "the weights at step 0, for example start: [1.0, -2.0]",
    ),
    "steps": Key(_STEPS, hint="for example steps: 1000"),
    "seed": Key(
        limited(INTEGER, minimum=0),
        "where noise and stochastic rounding start; without them it changes nothing",
        default=0,
    ),
    "trials": Key(
        limited(INTEGER, minimum=1), "independent draws; more than 1 needs noise or stochastic rounding", default=1
    ),
    "schedule": Key(SECTION, hint=partial(kind_hint, "schedule"), default={"kind": DEFAULT_SCHEDULE}),
    "antithetic": Key(SWITCH, "trials come in pairs, the second with the draws of the first mirrored", default=False),
    "noise": Key(ValueForm(_noises, {}), "noise on every gradient; kinds in a list act one after another", default=()),
    "precision": Key(
        SECTION, "what numbers are rounded to after each step", "for example precision: {weights: bfloat16}", default={}
    ),
    "optimizers": Key(
        limited(SECTION, minProperties=1),
        "run name -> update rule; `kind` defaults to the run name",
        "write optimizers: {RUN: {kind: RULE, lr: 1e-3}}, the name of each run before its rule",
    ),
    "record": Key(
        SECTION, "trace density; metrics always see every step", "for example record: {every: 10}", default={}
    ),
    "expect_all": Key(
        SECTION,
        "what every expectation has that does not say otherwise",
        "for example expect_all: {rtol: 1e-6}",
        default={},
    ),
    "expect": Key(ENTRIES, hint="each expectation starts with '- '", default=()),
}
