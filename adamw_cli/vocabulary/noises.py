"""What a file in noises/ declares."""

from collections.abc import Callable
from dataclasses import dataclass

from adamw_cli.vocabulary.parameters import Parameter, Specification, Values, check_names


@dataclass(frozen=True)
class Noise(Specification):
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

    FOLDER = "noises"
    KINDS = ("float", "int")

    def __post_init__(self) -> None:
        """Refuse facts about parameters that there are none of, too."""
        super().__post_init__()
        used = [name for name in (self.back, self.gaussian) if name is not None]
        check_names("a kind of noise", used, [p.name for p in self.parameters])
