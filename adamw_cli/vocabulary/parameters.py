"""What a YAML file may set: parameters, the ones that many rules share, and the check of names that facts refer to."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, ClassVar, Final, Literal

from adamw_cli.errors import DeclarationError, suggestion
from adamw_cli.vocabulary.declared import Declared

Number = float | int
Values = Mapping[str, Any]


class _Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()


_BOUNDS: Final = {
    "gt": (">", operator.gt),
    "ge": (">=", operator.ge),
    "lt": ("<", operator.lt),
    "le": ("<=", operator.le),
}
# What a default is made of that is one number or switch, or several.
_DEFAULTS: Final[dict[str, type]] = {"float": Real, "int": Real, "pair": Real, "bool": bool}


@dataclass(frozen=True)
class Parameter(Declared):
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

    def __post_init__(self) -> None:
        """Refuse a kind that there is none of, and a default that is not of the kind."""
        super().__post_init__()
        this = f"the parameter '{self.name}' is of kind '{self.kind}'"
        if (self.components is not None) != (self.kind == "pair"):
            raise DeclarationError(f"{this}, and a pair, and nothing else, has components")
        belongs = _DEFAULTS.get(self.kind)
        if belongs is not None and self.default is not REQUIRED and self.default is not None:
            several = isinstance(self.default, tuple) and (self.per_coordinate or self.kind == "pair")
            found = self.default if several else (self.default,)
            if not all(isinstance(each, belongs) and isinstance(each, bool) == (belongs is bool) for each in found):
                raise DeclarationError(f"{this}, and its default is {self.default!r:.60}")

    def but(self, **facts: Any) -> Parameter:
        """Return it with some facts of its own: `EPS.but(default=1e-6)`."""
        return replace(self, **facts)

    @property
    def required(self) -> bool:
        """Whether YAML must give this parameter."""
        return self.default is REQUIRED

    @property
    def bounds(self) -> dict[str, float]:
        """The bounds that are set, by name."""
        return {name: getattr(self, name) for name in _BOUNDS if getattr(self, name) is not None}

    def allows(self, number: float) -> bool:
        """Whether a number is within the bounds; nan is not."""
        return number == number and all(_BOUNDS[name][1](number, bound) for name, bound in self.bounds.items())

    @property
    def range_text(self) -> str:
        """The allowed range in words, e.g. `> 0` or `>= 0 and < 1`."""
        return " and ".join(f"{_BOUNDS[name][0]} {bound:g}" for name, bound in self.bounds.items())


# The learning rate means the same in every rule: it multiplies schedule(t).
LR: Final = Parameter(
    "lr", REQUIRED, "learning rate; multiplied by the schedule at each step", per_coordinate=True, gt=0
)

# So do the averages of Adam and its relatives, what keeps their quotient finite, and the decay beside the gradient step or
# through the gradient; where a rule has another default, or does another thing with it, it says so.
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
AMSGRAD: Final = Parameter("amsgrad", False, "use the running maximum of v", kind="bool")
DECAY: Final = Parameter(
    "weight_decay", 0.0, "decoupled decay; w shrinks by lr*weight_decay per step", per_coordinate=True
)
L2: Final = Parameter("weight_decay", 0.0, "weight_decay*w is added to the gradient", per_coordinate=True)
# Required: with the optimum at the origin, decay would be rewarded for nothing.
CENTER: Final = Parameter("center", REQUIRED, "the minimiser c", per_coordinate=True)

# The keys that YAML has beside the parameters of a file, by the folder of the file: a parameter of such a name could not be set.
RESERVED: Final[Mapping[str, frozenset[str]]] = {
    "optimizers": frozenset({"kind", "schedule", "precision", "clip_norm", "clip_value"}),
    "landscapes": frozenset({"kind"}),
    "schedules": frozenset({"kind"}),
    "noises": frozenset({"kind"}),
    "metrics": frozenset(
        "metric of near above below between equals finite snapshot rtol atol z at at_step over xfail".split()
    ),
}

# The name under which a rule's coefficients may ask for the schedule's factor.
SCHEDULE: Final = "schedule"


class Fact(Declared):
    """A fact that is about parameters of the file that declares it, under whatever names the file gives them.

    NAMES, SWITCHES : the fields that hold such a name, several, or a fact with names of its own; None, or something else, where
    there is none. SWITCHES are for bool parameters.
    """

    NAMES: ClassVar[tuple[str, ...]] = ()
    SWITCHES: ClassVar[tuple[str, ...]] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that it refers to."""
        return self._in(self.NAMES)

    @property
    def switches(self) -> tuple[str, ...]:
        """The bool parameters whose effect is declared."""
        return self._in(self.SWITCHES)

    def _in(self, fields: tuple[str, ...]) -> tuple[str, ...]:
        found: list[str] = []
        for value in (getattr(self, field) for field in fields):
            names = value.names if isinstance(value, Fact) else value if isinstance(value, tuple) else (value,)
            found += [name for name in names if isinstance(name, str)]
        return tuple(found)


def spread(value: Any, dimension: int) -> tuple[float, ...]:
    """One number per coordinate, of a number or of as many as there are coordinates."""
    return tuple(map(float, value)) if isinstance(value, tuple) else (float(value),) * dimension


def no_constraint(values: Values) -> str | None:
    """Every combination of values is allowed."""
    return None


def check_names(what: str, used: Iterable[str], known: Sequence[str]) -> None:
    """Refuse a name that a fact refers to and nothing declares, when the file is imported.

    Raises
    ------
    DeclarationError
        With the names that there are.

    """
    for name in used:
        if name not in known:
            hint = suggestion(name, sorted(set(known)))
            raise DeclarationError(f"{what} refers to '{name}', which it does not declare", hint)


class Specification(Declared):
    """What a file declares with SPEC: its parameters, and facts about them.

    FOLDER : where files of the kind belong. KINDS : of parameters that there may be, each with a number for a default; all if empty.
    """

    FOLDER: ClassVar[str]
    KINDS: ClassVar[tuple[str, ...]] = ()
    parameters: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        """Refuse what its fields cannot be, and parameters that YAML could not set, or that are no numbers where those alone are understood."""
        super().__post_init__()
        for parameter in self.parameters:
            name = parameter.name
            if name in RESERVED[self.FOLDER]:
                hint = f"taken: {', '.join(sorted(RESERVED[self.FOLDER]))}"
                raise DeclarationError(f"a parameter cannot be called '{name}', which is a key of YAML", hint)
            if self.KINDS and parameter.kind not in self.KINDS:
                hint = suggestion(parameter.kind, [*self.KINDS])
                raise DeclarationError(f"the parameter '{name}' cannot be of kind '{parameter.kind}' here", hint)
            if self.KINDS and parameter.default is None:
                hint = "or REQUIRED, so that YAML must give one"
                raise DeclarationError(f"the parameter '{name}' needs a number for a default", hint)
