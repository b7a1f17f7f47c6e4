"""What a file in landscapes/ declares: its parameters, and what is known of its gradient.

A fact about a gradient gives values, of whichever parameters it names or from all of them, so that nobody looks a parameter up by
a name of its own. What has no word here is `Nonlinear`, and means: no closed form.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from adamw_cli.errors import DeclarationError
from adamw_cli.vocabulary.parameters import Fact, Parameter, Specification, Values, check_names, no_constraint, spread

# A parameter by its name, or how to compute a number, or one per coordinate, from all of them.
Given = str | Callable[[Values], Any]
Numbers = tuple[float, ...]


def _read(given: Given, values: Values) -> Any:
    return values[given] if isinstance(given, str) else given(values)


class Gradient(Fact):
    """What every kind of gradient answers; `values` are the landscape's parameters."""

    # Whether it is the same for every weight.
    external = False

    def turn(self, values: Values) -> int | None:
        """Return the last step before it changes; None where it never does, or depends on the weights."""
        return None

    def then(self, values: Values) -> str | None:
        """Return what it is after that step, as `Switching` has it; None where it never changes."""
        return None

    def slopes(self, values: Values, dimension: int) -> Numbers | None:
        """Return its value at first, (d,), where that is the same for every weight."""
        return None

    def diagonal(self, values: Values, dimension: int) -> tuple[Numbers, Numbers] | None:
        """Return curvature and center, (d,) each, where coordinate i has the gradient curvature_i (w_i - center_i)."""
        return None


@dataclass(frozen=True)
class Zero(Gradient):
    """No gradient, for any weight at any step."""

    external = True

    def slopes(self, values: Values, dimension: int) -> Numbers:
        """Return zeros."""
        return (0.0,) * dimension


@dataclass(frozen=True)
class Constant(Gradient):
    """A gradient that is the same for every weight and at every step."""

    slope: Given

    NAMES = ("slope",)
    external = True

    def slopes(self, values: Values, dimension: int) -> Numbers:
        """Return it."""
        return spread(_read(self.slope, values), dimension)


@dataclass(frozen=True)
class Switching(Gradient):
    """A gradient that is the same for every weight, and another one after a step.

    slope : what it is at first. last : the last step at which it is that. after : what it is then: `zero`; `reversed`, for good; `periodic`,
    where the sign goes on changing; `other`; or how that follows from the parameters.
    """

    slope: Given
    last: Given
    after: Literal["zero", "reversed", "periodic", "other"] | Callable[[Values], str]

    NAMES = ("slope", "last")
    external = True

    def turn(self, values: Values) -> int:
        """Return the last step before the change."""
        return int(_read(self.last, values))

    def then(self, values: Values) -> str:
        """Return what it is after that."""
        return self.after if isinstance(self.after, str) else self.after(values)

    def slopes(self, values: Values, dimension: int) -> Numbers:
        """Return what it is at first."""
        return spread(_read(self.slope, values), dimension)


@dataclass(frozen=True)
class Linear(Gradient):
    """H (w - c). curvature : the diagonal of H, computed as None where H is not diagonal. center : c."""

    curvature: Given
    center: Given

    NAMES = ("curvature", "center")

    def diagonal(self, values: Values, dimension: int) -> tuple[Numbers, Numbers] | None:
        """Return curvature and center where H is diagonal."""
        curvature = _read(self.curvature, values)
        if curvature is None:
            return None
        return spread(curvature, dimension), spread(_read(self.center, values), dimension)


@dataclass(frozen=True)
class Nonlinear(Gradient):
    """Any other gradient, about which theory says nothing."""


@dataclass(frozen=True)
class Landscape(Specification):
    """Facts about a landscape. Its file also has the scalar functions `gradient(w, t, *parameters)` and `height(w, t, *parameters)`,
    the height being a coordinate's part of the loss, for floats and for arrays. Where coordinates depend on one another it has
    `value` and `gradient(w, g, d, lanes, t, p)`, as in `Form`; p has the numbers, then those that there is one of per coordinate.
    From these follow the functions that others call; a file has of its own those that do not:

    `lower(dimension, values) -> Form` chooses the function that computes the gradient.
    `value(w, t, values)` is the loss: w : (..., d) float64, t : (...) float64 -> (...) float64.
    `minimizer(dimension, values)` is the unconstrained minimiser, one number per coordinate, or
    None where there is none.

    Attributes
    ----------
    parameters : what YAML may set.
    gradient : what is known of the gradient; closed forms follow from it. `Nonlinear`, the default, claims nothing.
    minimizer : the parameter that is the unconstrained minimiser; None where there is none, and where a function says it.
    min_dimension, max_dimension : the number of coordinates that it is defined for.
    constraint : returns what is wrong with a combination of parameters, or None.
    fits : (dimension, values) -> why the parameters do not fit that many coordinates, or None.
    conservative : (values) -> whether the gradient is the derivative of the value.
    part : whether it may be a part of a composite: in one coordinate its form is separable, has a `height` and no box.
    examples : (dimension, parameters that are set), the first for `adamw show`; every generic test runs on each. Where
        there are none, the defaults in min_dimension coordinates serve.

    """

    parameters: tuple[Parameter, ...]
    gradient: Gradient = Nonlinear()
    minimizer: str | None = None
    min_dimension: int = 1
    max_dimension: int | None = None
    constraint: Callable[[Values], str | None] = no_constraint
    fits: Callable[[int, Values], str | None] = lambda dimension, values: None
    conservative: Callable[[Values], bool] = lambda values: True
    part: bool = False
    examples: tuple[tuple[int, Values], ...] = ()

    FOLDER = "landscapes"

    def __post_init__(self) -> None:
        """Refuse facts about parameters that there are none of, too."""
        super().__post_init__()
        known = [p.name for p in self.parameters]
        check_names("the gradient", self.gradient.names, known)
        check_names("the minimizer", [] if self.minimizer is None else [self.minimizer], known)
        for p in self.parameters:
            if p.default is None and p.name in (*self.gradient.names, self.minimizer):
                hint = "a function can say what it then is"
                raise DeclarationError(f"the gradient refers to '{p.name}', which may be left out", hint)


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
