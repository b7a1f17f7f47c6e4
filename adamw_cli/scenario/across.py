"""What can be wrong between sections that are right by themselves: lengths, steps, the size of the trace."""

from collections.abc import Iterator, Mapping
from typing import Any

from adamw_cli import registry
from adamw_cli.scenario.faults import Fault, Path, blamed
from adamw_cli.scenario.model import Expectation, Kind, Record, RunConfig
from adamw_cli.vocabulary import Landscape, Parameter

# More numbers than this in a trace would need over 4 GB.
MAX_TRACE_NUMBERS = 5 * 10**8
# 400 MB.
MAX_KEPT_NUMBERS = 5 * 10**7
# Records per run if the scenario does not say how often.
DEFAULT_RECORDS = 1000

Runs = Mapping[str, RunConfig | None]
# Kinds of noise by their place in the file; None where one is wrong.
Noises = Mapping[Path, Kind | None]
# Expectations that are right, by their place.
Expectations = Mapping[Path, Expectation]


def dimensions(d: int, landscape: Kind | None, runs: Runs, expect: Expectations, faults: list[Fault]) -> None:
    """Check every list that has one entry per coordinate, but for those of noises."""
    if landscape is not None:
        faults += _landscape(d, landscape.kind, landscape.values, ("landscape",))
    for name, run in runs.items():
        if run is not None:
            faults += _lists(d, "optimizers", run.kind, run.values, ("optimizers", name))
    for path, entry in expect.items():
        faults += _expectation(d, entry, path)


def _length(parameter: Parameter, value: Any) -> int | None:
    """How many coordinates a value is for; None if it serves all."""
    if not isinstance(value, tuple) or not parameter.per_coordinate:
        return None
    if parameter.kind == "pair" and not isinstance(value[0], tuple):
        return None
    return len(value)


def _mismatch(path: Path, name: str, found: int, d: int, owner: str = "'start'") -> Fault:
    message = f"'{name}' has {_counted(found, 'value')}, but {owner} has {_counted(d, 'coordinate')}"
    return Fault((*path, name), "S107", message, "give one value per coordinate, or one for all")


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _lists(
    d: int, package: str, kind: str, values: Mapping[str, Any], path: Path, owner: str = "'start'"
) -> Iterator[Fault]:
    for p in registry.load(package, kind).SPEC.parameters:
        found = _length(p, values[p.name])
        if found is not None and found != d:
            yield _mismatch(path, p.name, found, d, owner)


def _landscape(d: int, kind: str, values: Mapping[str, Any], path: Path, owner: str = "'start'") -> Iterator[Fault]:
    """Check a landscape, and every part of it as one of one coordinate."""
    spec: Landscape = registry.load("landscapes", kind).SPEC
    most = spec.max_dimension
    if d < spec.min_dimension or (most is not None and d > most):
        allowed = f"at least {spec.min_dimension}" if most is None else f"{spec.min_dimension} to {most}"
        yield Fault(("start",), "S107", f"the landscape '{kind}' needs {allowed} coordinates, 'start' has {d}")
    yield from _lists(d, "landscapes", kind, values, path, owner)
    problem = spec.fits(d, values)
    if problem is not None:
        given = {key: value for key, value in values.items() if value is not None}
        yield blamed(path, given, problem.replace("'start'", owner), "S107")
    for p in spec.parameters:
        for i, part in enumerate(values[p.name] or () if p.kind == "parts" else ()):
            yield from _landscape(1, part["kind"], part, (*path, p.name, i), "a part")


def _expectation(d: int, entry: Expectation, path: Path) -> Iterator[Fault]:
    yield from _lists(d, "metrics", entry.metric, entry.parameters, path)
    if entry.at is not None and entry.at >= d:
        message = f"there is no coordinate {entry.at}: 'start' has {d}, counted from 0"
        yield Fault((*path, "at"), "S107", message, f"the last one is {d - 1}")
    if isinstance(entry.near, tuple) and len(entry.near) != d:
        yield _mismatch(path, "near", len(entry.near), d)


def noises(d: int, runs: int, trials: int, noise: Noises, faults: list[Fault]) -> None:
    """Check the lists of noises that have one entry per coordinate, and that the gradients they keep fit into memory together."""
    numbers = 0
    for path, layer in noise.items():
        if layer is None:
            continue
        faults += _lists(d, "noises", layer.kind, layer.values, path)
        back = registry.load("noises", layer.kind).SPEC.back
        if back is not None:
            given = layer.values[back]
            longest = max(given) if isinstance(given, tuple) else given
            # The engine's blocks have hundreds of lanes, whether a run fills them or not.
            before, numbers = numbers, numbers + (longest + 1) * d * max(runs * trials, 500)
            if before <= MAX_KEPT_NUMBERS < numbers:
                message = f"{numbers:.2g} gradients would be kept until they are seen, more than {MAX_KEPT_NUMBERS:.0e}"
                faults.append(Fault((*path, back), "S108", message, "fewer steps, coordinates or trials"))


def repetition(trials: int | None, antithetic: bool | None, noise: Noises, runs: Runs, faults: list[Fault]) -> None:
    """Check that several trials are not copies of one another, and that antithetic ones are pairs."""
    if None in noise.values():
        return
    noisy = any(registry.load("noises", layer.kind).SPEC.random for layer in noise.values() if layer is not None)
    if antithetic and not noisy:
        hint = "add 'noise', or remove it; the draws of stochastic rounding are independent in any case"
        faults.append(Fault(("antithetic",), "S108", "without random noise there is nothing to mirror", hint))
    elif antithetic and trials is not None and trials % 2:
        message = f"'antithetic' makes pairs of trials, and there are {trials}"
        faults.append(Fault(("antithetic",), "S108", message, f"write trials: {trials + 1}"))
    if trials is None or trials == 1 or noisy:
        return
    if not any(run is None or run.precision.random for run in runs.values()):
        message = "without noise or stochastic rounding all trials are the same run"
        faults.append(Fault(("trials",), "S108", message, "write trials: 1"))


def clocks(steps: int, schedule: Kind | None, runs: Runs, data: Mapping[str, Any], faults: list[Fault]) -> None:
    """Check schedules against the number of steps."""
    if schedule is not None:
        faults += _clock(steps, schedule, ("schedule",), data.get("schedule", {}))
    for name, run in runs.items():
        if run is not None and run.schedule is not None:
            own = data["optimizers"][name]["schedule"]
            faults += _clock(steps, run.schedule, ("optimizers", name, "schedule"), own)


def _clock(steps: int, clock: Kind, path: Path, given: Mapping[str, Any]) -> Iterator[Fault]:
    problem = registry.load("schedules", clock.kind).SPEC.constraint(clock.values, steps)
    if problem is not None:
        yield blamed(path, given, problem, "S108")


def over_trials(trials: int, antithetic: bool, expect: Expectations, faults: list[Fault]) -> None:
    """Check that what is compared over trials has some, and standard errors two independent values."""
    hint = "add 'trials', or remove it"
    for path, entry in expect.items():
        if trials == 1 and entry.over is not None:
            faults.append(Fault((*path, "over"), "S108", "'over' compares trials, and there is one only", hint))
        if entry.over == "every" and entry.snapshot:
            message = "a snapshot is one value, and 'over: every' compares that of each trial"
            faults.append(Fault((*path, "over"), "S108", message, "write over: mean, or median, min or max"))
        if trials <= 1 + antithetic and entry.z is not None:
            message = f"'z' counts standard errors, and one {'pair' if antithetic else 'trial'} has none"
            faults.append(Fault((*path, "z"), "S108", message, hint))


def ends(steps: int, expect: Expectations, faults: list[Fault]) -> None:
    """Check that what is looked at in the middle of a run comes before its end."""
    for path, entry in expect.items():
        if entry.at_step is not None and entry.at_step > steps:
            message = f"there is no step {entry.at_step}: the run has {steps} steps"
            faults.append(Fault((*path, "at_step"), "S105", message, "give an earlier step, or more 'steps'"))


def trace_size(
    d: int, steps: int, record: Record, runs: Runs, trials: int, expect: Expectations, faults: list[Fault]
) -> None:
    """Refuse a trace, or paths to compare with one another, that would not fit into memory."""
    for path, entry in expect.items():
        compares = registry.load("metrics", entry.metric).SPEC.pair == "run"
        if compares and steps * d * len(runs) * trials > MAX_TRACE_NUMBERS:
            message = f"comparing whole paths would hold {steps * d * len(runs) * trials:.2g} numbers, more than {MAX_TRACE_NUMBERS:.0e}"
            faults.append(Fault(path, "S108", message, "compare shorter runs"))
    kept = steps // (record.every or max(1, steps // DEFAULT_RECORDS))
    stateful = [run.kind for run in runs.values() if run is not None and record.states]
    rows = len(runs) + sum(len(registry.load("optimizers", kind).SPEC.state) for kind in stateful)
    rarely = "record less often; metrics see every step anyway"
    trace = max(kept, 1) * rows * d, "the trace", ("record", "every"), rarely
    lanes = 20 * len(runs) * d * trials, "the run", ("trials",), "fewer trials"  # for each weight, whatever the rule
    for numbers, what, where, hint in (trace, lanes):
        if numbers > MAX_TRACE_NUMBERS:
            message = f"{what} would hold {numbers:.2g} numbers, more than {MAX_TRACE_NUMBERS:.0e}"
            faults.append(Fault(where, "S108", message, hint))
