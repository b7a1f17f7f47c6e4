"""What a scenario is once it is known to be right. No text, no files, no YAML.

The sections with a `kind` are described by the files of optimizers/, landscapes/, schedules/, noises/ and metrics/; a pydantic
model for each is made here from what those files declare, so that a new file needs no edit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from types import ModuleType
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, create_model

from adamw_cli import registry
from adamw_cli.errors import Position, suggestion
from adamw_cli.formats import EXACT, FORMATS
from adamw_cli.scenario.values import (
    MAX_STEPS,
    Integer,
    Name,
    NumberList,
    Real,
    Text,
    describe,
    number_hint,
    parameter_value,
    real,
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


def parameters_model(package: str, kind: str) -> type[BaseModel]:
    """Pydantic model of what the file `kind` of a package lets YAML set."""
    return _parameters_model(registry.load(package, kind), kind)


@cache
def _parameters_model(module: ModuleType, kind: str) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for p in module.SPEC.parameters:
        validator = PlainValidator(lambda value, p=p: parameter_value(p, value))
        fields[p.name] = (Annotated[Any, validator], ... if p.required else p.default)
    return create_model(kind, __config__=ConfigDict(extra="forbid", frozen=True), **fields)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class Kind(_Strict):
    """A file of a package, and its parameters, complete."""

    kind: str
    values: Mapping[str, Any]


def _one_of(known: Collection[str]) -> PlainValidator:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            hint = suggestion(value[:80], list(known)).partition(" known")[0] if isinstance(value, str) else ""
            wrong("type", f"must be one of {', '.join(known)}, found {describe(value)}", hint)
        return value

    return PlainValidator(check)


# Which rounding has which name in YAML.
ROUNDINGS = ("nearest", "stochastic")


class Precision(_Strict):
    """What numbers are rounded to after each step: weights, the rule's state, in which way, and whether what is lost is kept."""

    weights: Annotated[str, _one_of(FORMATS)] = EXACT
    state: Annotated[str, _one_of(FORMATS)] = EXACT
    rounding: Annotated[str, _one_of(ROUNDINGS)] = ROUNDINGS[0]
    kahan: bool = False

    @property
    def exact(self) -> bool:
        """Whether nothing is rounded."""
        return self.weights == EXACT == self.state

    @property
    def random(self) -> bool:
        """Whether weights are rounded at random."""
        return self.rounding == "stochastic" and self.weights != EXACT


class Clip(_Strict):
    """A limit to the gradients that a rule sees: to their norm over all coordinates, or to each of them; not both."""

    clip_norm: Annotated[Real, Field(gt=0)] | None = None
    clip_value: Annotated[Real, Field(gt=0)] | None = None

    @property
    def clipped(self) -> Literal["norm", "value"] | None:
        """What is limited; None without a limit."""
        return "norm" if self.clip_norm is not None else "value" if self.clip_value is not None else None

    @property
    def limit(self) -> float | None:
        """The limit; None without one."""
        return self.clip_value if self.clip_norm is None else self.clip_norm


class RunConfig(_Strict):
    """One run: a rule, its hyperparameters, complete, its own schedule if it has one, what its numbers are stored as, and a limit to gradients."""

    kind: str
    values: Mapping[str, Any]
    schedule: Kind | None = None
    precision: Precision = Precision()
    clip: Clip = Clip()

    @property
    def hyperparameters(self) -> Mapping[str, Any]:
        """Those of the rule, and the limit to gradients if there is one."""
        return {**self.values, **self.clip.model_dump(exclude_none=True)}


# What a run may have beside the hyperparameters of its rule.
RUN_KEYS = ("schedule", "precision", *Clip.model_fields)


class Record(_Strict):
    """What a trace keeps. `every` is 1000 records per run if it is not set; `states` adds m, v and so on."""

    every: Annotated[Integer, Field(ge=1)] | None = None
    states: bool = False


class Reference(_Strict):
    """The same metric of another run, times a factor."""

    of: Text
    times: Real = 1.0


def _several(values: list[Any]) -> tuple[float, ...]:
    found = []
    for i, item in enumerate(values):
        if isinstance(item, bool) or not isinstance(item, int | float):
            wrong("type", f"must be a number, found {describe(item)}", number_hint(item), within=(i,))
        found.append(real(item))
    return tuple(found)


def _bound(value: object) -> float | Reference:
    if isinstance(value, Reference):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        wrong("type", f"must be a number or {{of: RUN, times: FACTOR}}, found {describe(value)}", number_hint(value))
    return real(value)


def _near(value: object) -> float | str | Reference | tuple[float, ...]:
    if isinstance(value, str):
        if value != "theory":
            hint = suggestion(value[:80], ["theory"]).partition(" known")[0]
            hint = hint if hint.startswith("did") else number_hint(value)
            wrong("type", f"must be a number or the word theory, found {describe(value)}", hint)
        return value
    if isinstance(value, list):
        return _several(value) if value else wrong("length", "must not be an empty list")
    return _bound(value)


def _between(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        found = f"a list of {len(value)}" if isinstance(value, list) else describe(value)
        wrong("type", f"must be a list of two numbers, found {found}", "for example [0.0, 1.0]")
    low, high = _several(value)
    if low > high:
        wrong("order", "must have the smaller number first", "swap them")
    return low, high


def _equals(value: object) -> float | str:
    return value if isinstance(value, str) else real(value)


def _snapshot(value: object) -> Literal[True]:
    if value is not True:
        wrong("type", f"must be true, found {describe(value)}", "write snapshot: true, or remove the key")
    return True


_Other = Annotated[Reference, Field(strict=False)]


class Expectation(_Strict):
    """One comparison: a metric of a run with a number, with theory, with another run or with a stored value.

    A value v is near a target T if |v - T| <= atol + rtol |T| + z SE. `rtol` is 1e-9 if neither it nor `atol` is set, else what is not
    set is 0. SE is the standard error of the mean over trials; where T is theory's, z also allows for what theory says of its own error.
    `at_step` measures as if the run had ended after that step. `over` says what of the trials is compared, the mean if unset.
    """

    metric: Text
    of: Text | None = None
    near: Annotated[float | Literal["theory"] | Reference | tuple[float, ...] | None, PlainValidator(_near)] = None
    above: Annotated[float | Reference | None, PlainValidator(_bound)] = None
    below: Annotated[float | Reference | None, PlainValidator(_bound)] = None
    between: Annotated[tuple[float, float] | None, PlainValidator(_between)] = None
    equals: Annotated[float | str | None, PlainValidator(_equals)] = None
    finite: bool | None = None
    snapshot: Annotated[Literal[True] | None, PlainValidator(_snapshot)] = None
    rtol: Annotated[Real, Field(ge=0)] | None = None
    atol: Annotated[Real, Field(ge=0)] | None = None
    z: Annotated[Real, Field(ge=0)] | None = None
    at: Annotated[Integer, Field(ge=0)] | None = None
    at_step: Annotated[Integer, Field(ge=1, le=MAX_STEPS)] | None = None
    over: Annotated[Over | None, _one_of(get_args(Over))] = None
    xfail: Annotated[Text, Field(min_length=1)] | None = None
    parameters: Mapping[str, Any] = Field(default_factory=dict, exclude=True)

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


class Defaults(_Strict):
    """`expect_all`: what every expectation has that does not say otherwise."""

    of: Text | None = None
    rtol: Annotated[Real, Field(ge=0)] | None = None
    atol: Annotated[Real, Field(ge=0)] | None = None
    at: Annotated[Integer, Field(ge=0)] | None = None
    at_step: Annotated[Integer, Field(ge=1, le=MAX_STEPS)] | None = None
    over: Annotated[Over | None, _one_of(get_args(Over))] = None


class Origin:
    """Where the parts of a scenario stand in its source, for messages."""

    def __init__(self, name: str, positions: Mapping[tuple[str | int, ...], tuple[str, Position, str]]) -> None:
        self.name = name
        self._positions = positions

    def find(self, path: tuple[str | int, ...]) -> tuple[str, Position | None, str]:
        """Source, position and line of the nearest part that has a place in the text."""
        while path not in self._positions and path:
            path = path[:-1]
        return self._positions.get(path, (self.name, None, ""))


class Scenario(_Strict):
    """A scenario, complete and consistent. `origin` says where it came from."""

    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    landscape: Kind
    start: tuple[float, ...]
    steps: int
    seed: int = 0
    trials: int = 1
    schedule: Kind
    antithetic: bool = False
    noise: tuple[Kind, ...] = ()
    optimizers: Mapping[str, RunConfig]
    record: Record = Record()
    expect: tuple[Expectation, ...] = ()
    origin: Origin = Field(default_factory=lambda: Origin("<scenario>", {}), exclude=True, repr=False)

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
        wrong("version", f"must be 1, found {describe(value)}", "write version: 1")
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
        wrong("type", f"must be a section or a list of sections, found {describe(value)}", kind_hint("noise", value))
    if len(value) > MAX_NOISES:
        wrong("length", f"must have at most {MAX_NOISES} entries, found {len(value)}")
    return list(value)


class Outline(_Strict):
    """The keys of a scenario file, before the sections with a `kind` are looked into."""

    version: Annotated[int, PlainValidator(_version)]
    name: Name | None = None
    description: Text = ""
    tags: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    landscape: dict[str, Any]
    start: NumberList
    steps: Annotated[Integer, Field(ge=1, le=MAX_STEPS)]
    seed: Annotated[Integer, Field(ge=0)] = 0
    trials: Annotated[Integer, Field(ge=1)] = 1
    schedule: dict[str, Any] = Field(default_factory=lambda: {"kind": DEFAULT_SCHEDULE})
    antithetic: bool = False
    noise: Annotated[list[Any], PlainValidator(_noises)] = Field(default_factory=list)
    precision: dict[str, Any] = Field(default_factory=dict)
    optimizers: Annotated[dict[str, Any], Field(min_length=1)]
    record: dict[str, Any] = Field(default_factory=dict)
    expect_all: dict[str, Any] = Field(default_factory=dict)
    expect: list[Any] = Field(default_factory=list)
