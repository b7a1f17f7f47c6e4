"""What a file in schedules/ declares."""

from collections.abc import Callable
from dataclasses import dataclass

from adamw_cli.vocabulary.parameters import Parameter, Specification, Values


@dataclass(frozen=True)
class Schedule(Specification):
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

    FOLDER = "schedules"
    KINDS = ("float", "int")
