"""Many trajectories of one rule, side by side: the engine for those who bring their own arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from adamw_cli import registry
from adamw_cli.engine.kernel import Clipped
from adamw_cli.engine.lower import Batch, GradientLimit
from adamw_cli.engine.run import run
from adamw_cli.errors import UsageError, suggestion
from adamw_cli.scenario.check import from_data
from adamw_cli.scenario.model import Scenario
from adamw_cli.trace import Array, Trace
from adamw_cli.vocabulary import Parameter, Rule

Section = Mapping[str, Any]


def simulate_batch(
    optimizer: str,
    landscape: Section,
    start: npt.ArrayLike,
    steps: int,
    *,
    hyperparameters: Mapping[str, Any],
    schedules: Section | Sequence[Section] | None = None,
    clip_norm: npt.ArrayLike | None = None,
    clip_value: npt.ArrayLike | None = None,
    every: int = 0,
    states: bool = False,
    threads: int | None = None,
) -> Trace:
    """Run L trajectories in d dimensions, each with its own start, hyperparameters and schedule.

    They go through the engine in blocks whose lanes are vectorised, on several threads: thousands cost little more per
    step than one. A trajectory's bits do not depend on the others, nor on the number of threads.

    Parameters
    ----------
    optimizer : the rule's name, such as `adamw`.
    landscape : as in a scenario, such as `{"kind": "quadratic", "curvature": [1, 20], "center": 1.0}`.
    start : (d, L), or (d,) for one trajectory.
    steps : number of steps, at least 1.
    hyperparameters : name -> a number, or an array that broadcasts to (d, L): (L,) per trajectory, (d, 1) per
        coordinate. `betas` is a pair of such; a switch such as `amsgrad` is one bool for all.
    schedules : one for all as in a scenario, or a sequence of L; constant by default.
    clip_norm, clip_value : limit to the norm of a gradient over all coordinates, or to each of its coordinates: a number, or one
        per trajectory, (L,); not both.
    every : keep every so many steps in the trace; 0 keeps the first and the last.
    states : keep the rule's states in the trace too.
    threads : at most this many at once; the number of processors by default.

    Returns
    -------
    Trace
        `final_w` (d, L), `w` (records, d, L), `status` and `steps_run` per trajectory.

    Raises
    ------
    UsageError, ScenarioError
        If a name is not known, a value is out of range or not finite, or shapes do not broadcast.

    A sweep over the weight decay, where the product of lr and weight decay alone decides what is left:

    >>> lam = np.array([0.0, 0.1, 0.5, 1.0])
    >>> trace = simulate_batch(
    ...     "adamw", {"kind": "plateau"}, np.ones((1, 4)), 100, hyperparameters={"lr": 0.1, "weight_decay": lam}
    ... )
    >>> np.allclose(trace.final_w[0], (1 - 0.1 * lam) ** 100, rtol=1e-12)
    True

    """
    module = registry.load("optimizers", optimizer)
    first = np.array(start, dtype=np.float64)
    first = first[:, None] if first.ndim == 1 else first
    if first.ndim != 2 or first.size == 0 or not np.isfinite(first).all():
        raise UsageError(f"start must be finite, of shape (d, lanes) or (d,), not {first.shape}")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise UsageError(f"steps must be an integer of at least 1, not {steps!r}")
    d, lanes = first.shape
    one = {"kind": "constant"} if schedules is None else schedules
    clocks = [one] * lanes if isinstance(one, Mapping) else list(one)
    if len(clocks) != lanes:
        raise UsageError(f"there are {len(clocks)} schedules for {lanes} trajectories", "give one, or one for each")
    checked = {id(clock): _checked(landscape, clock, d, steps) for clock in clocks}
    scenarios = [checked[id(clock)] for clock in clocks]
    place = scenarios[0].landscape
    scalars, switches = _hyperparameters(module.SPEC, hyperparameters, first.shape)
    batch = Batch(
        optimizer=module,
        landscape=registry.load("landscapes", place.kind),
        landscape_values=place.values,
        start=first,
        scalars=scalars,
        switches=switches,
        schedules=[(registry.load("schedules", each.schedule.kind), each.schedule.values) for each in scenarios],
        clip=_clip(clip_norm, clip_value, lanes),
    )
    return run(batch, steps, every=every, states=states, threads=threads)


def _clip(norm: npt.ArrayLike | None, value: npt.ArrayLike | None, lanes: int) -> GradientLimit | None:
    if norm is not None and value is not None:
        raise UsageError("clip_norm and clip_value exclude each other")
    if norm is None and value is None:
        return None
    clipped: Clipped = "norm" if value is None else "value"
    limit = Parameter(f"clip_{clipped}", None, "", gt=0)
    return GradientLimit(clipped, _spread(limit, norm if value is None else value, (lanes,)))


def _checked(landscape: Section, clock: Section, dimension: int, steps: int) -> Scenario:
    """Let the checks of scenarios look at a landscape and a schedule."""
    document = {
        "version": 1,
        "landscape": _plain(landscape),
        "schedule": _plain(clock),
        "start": [0.0] * dimension,
        "steps": steps,
        "optimizers": {"adamw": {"lr": 1.0}},
    }
    return from_data(document, "batch")


def _plain(section: Section) -> dict[str, Any]:
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in section.items()}


def _hyperparameters(
    rule: Rule, given: Mapping[str, Any], shape: tuple[int, ...]
) -> tuple[dict[str, Array], dict[str, bool]]:
    """Check every value and spread it to (d, lanes); a pair becomes its two components."""
    known = [p.name for p in rule.parameters]
    for name in given:
        if name not in known:
            raise UsageError(f"there is no hyperparameter '{name}'", suggestion(name, known))
    scalars: dict[str, Array] = {}
    switches: dict[str, bool] = {}
    complete: dict[str, Any] = {}
    for p in rule.parameters:
        if p.required and p.name not in given:
            raise UsageError(f"'{p.name}' is missing: {p.doc}")
        value = complete[p.name] = given.get(p.name, p.default)
        if p.kind == "bool":
            if not isinstance(value, bool):
                raise UsageError(f"'{p.name}' must be True or False for all trajectories, not {value!r}")
            switches[p.name] = value
        elif p.components is None:
            scalars[p.name] = _spread(p, value, shape)
        else:
            if not isinstance(value, tuple | list) or len(value) != len(p.components):
                raise UsageError(f"'{p.name}' is a pair of numbers or arrays, not {value!r}")
            scalars |= {name: _spread(p, part, shape) for name, part in zip(p.components, value, strict=True)}
    # Constraints look at numbers, tuples of them, and pairs or tuples of those, as a scenario has them.
    problem = rule.constraint({name: _plain_value(value) for name, value in complete.items()})
    if problem is not None:
        raise UsageError(problem)
    return scalars, switches


def _spread(p: Parameter, value: Any, shape: tuple[int, ...]) -> Array:
    try:
        array = np.broadcast_to(np.asarray(value, dtype=np.float64), shape)
    except (ValueError, TypeError) as error:
        axes = "(d, lanes)" if len(shape) == 2 else "(lanes,)"
        raise UsageError(f"'{p.name}' does not broadcast to {axes} = {shape}: {error}") from None
    if np.asarray(value).dtype == np.bool_:
        raise UsageError(f"'{p.name}' must be a number or an array of numbers, not {value!r}")
    if not np.isfinite(array).all():
        raise UsageError(f"'{p.name}' must be finite")
    wrong = [float(number) for number in np.unique(array) if not p.allows(float(number))]
    if wrong:
        raise UsageError(f"'{p.name}' must be {p.range_text}, found {wrong[0]:g}")
    return array


def _plain_value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return tuple(np.unique(value).tolist())
    if isinstance(value, tuple | list) and any(np.ndim(part) for part in value):
        return tuple(zip(*(part.ravel().tolist() for part in np.broadcast_arrays(*value)), strict=True))
    return value
