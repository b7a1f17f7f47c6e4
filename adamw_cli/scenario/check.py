"""From plain data (dicts, lists, numbers) to a Scenario, or to every reason why it is none.

Sections are checked apart from one another, so that a mistake in one hides nothing in the others; what
concerns several sections at once (lengths, names of runs) is checked last, among those that are right.
"""

from collections.abc import Callable, Mapping
from typing import Any

from adamw_cli import registry
from adamw_cli.errors import Problem, ScenarioError, suggestion
from adamw_cli.formats import EXACT
from adamw_cli.scenario.across import clocks, dimensions, ends, noises, over_trials, repetition, trace_size
from adamw_cli.scenario.expectations import completed, defaults, expectation, references
from adamw_cli.scenario.faults import Fault, Path, blamed, empty, right, section
from adamw_cli.scenario.keys import keys
from adamw_cli.scenario.model import (
    DEFAULT_NOISE,
    MAX_NOISES,
    OUTLINE,
    RUN_KEYS,
    Clip,
    Expectation,
    Kind,
    Origin,
    Precision,
    Record,
    RunConfig,
    Scenario,
    parameter_keys,
)
from adamw_cli.scenario.values import describe, quoted, unprintable


def build(data: object, default_name: str, origin: Origin) -> tuple[Scenario | None, list[Fault]]:
    """Return the scenario, or None and the faults, in the order of the checks."""
    if not isinstance(data, Mapping):
        hint = "it starts with 'version: 1'; `adamw init` writes a starter scenario"
        return None, [Fault((), "S104", f"a scenario is a mapping of keys to values, found {describe(data)}", hint)]
    faults: list[Fault] = []
    outline = right(OUTLINE, data, (), faults)  # a section that is none is reported here, and left out below

    landscape = _kind("landscapes", outline.get("landscape"), ("landscape",), faults)
    schedule = _kind("schedules", outline.get("schedule"), ("schedule",), faults)
    noise = _noise(data.get("noise"), faults)
    precision = _precision(outline.get("precision", {}), ("precision",), faults)
    runs = _runs(outline.get("optimizers", {}), precision, faults)
    trials, antithetic = outline.get("trials"), bool(outline.get("antithetic"))
    repetition(trials, antithetic, noise, runs, faults)
    shared = defaults(outline.get("expect_all", {}), list(runs), faults)
    entries = [completed(entry, shared) for entry in outline.get("expect", ())]
    judged = [expectation(entry, ("expect", i), faults) for i, entry in enumerate(entries)]
    expect: dict[Path, Expectation] = {("expect", i): entry for i, entry in enumerate(judged) if entry is not None}
    record = section(Record, outline.get("record", {}), ("record",), faults)
    references(entries, list(runs), faults)

    start, steps = outline.get("start"), outline.get("steps")
    if start is not None:
        dimensions(len(start), landscape, runs, expect, faults)
        noises(len(start), len(runs), trials or 1, noise, faults)
    if steps is not None:
        clocks(steps, schedule, runs, data, faults)
        ends(steps, expect, faults)
    if trials is not None:
        over_trials(trials, antithetic, expect, faults)
    if start is not None and steps is not None and record is not None:
        trace_size(len(start), steps, record, runs, trials or 1, expect, faults)
    if faults:
        return None, faults
    assert landscape is not None
    assert schedule is not None
    assert record is not None
    scenario = Scenario(
        name=outline["name"] or default_name,
        description=outline["description"].strip(),
        landscape=landscape,
        schedule=schedule,
        noise=tuple(layer for layer in noise.values() if layer is not None),
        optimizers={name: run for name, run in runs.items() if run is not None},
        record=record,
        expect=tuple(expect.values()),
        origin=origin,
        **{name: outline[name] for name in ("tags", "start", "steps", "seed", "trials", "antithetic")},
    )
    return scenario, []


def from_data(
    data: object, name: str, place: Callable[[Path], str] = lambda path: ".".join(map(str, path))
) -> Scenario:
    """Return the scenario that plain data describes.

    Parameters
    ----------
    data : what a YAML file would hold.
    name : the scenario's name, if the data has none.
    place : how to call a place in the data in messages; its path with dots by default.

    Raises
    ------
    ScenarioError
        With every problem.

    """
    scenario, faults = build(data, name, Origin(name, {}))
    if scenario is None:
        # Runs that share a wrong number share its message.
        problems = dict.fromkeys(Problem(f.code, f.message, f.hint, place(f.path), None) for f in faults)
        raise ScenarioError(list(problems))
    return scenario


def _kind(
    package: str, data: Mapping[str, Any] | None, path: Path, faults: list[Fault], default: str = "", part: bool = False
) -> Kind | None:
    """Check a section that names a file of a package; what it is given beside `kind` are that file's parameters.

    part : whether it is for a landscape that is part of another one.
    """
    if data is None:
        return None
    kind = data.get("kind", default)
    if not registry.has(package, kind) or (part and not registry.load(package, kind).SPEC.part):
        what, known = ("part", registry.parts()) if part else (package.removesuffix("s"), registry.names(package))
        hint = suggestion(str(kind)[:80], known)
        if "kind" in data:
            found = quoted(kind) if isinstance(kind, str) else f": {describe(kind)}"
            unknown = Fault((*path, "kind"), "S103", f"unknown {what} {found}".replace(" :", ":"), hint)
            faults.append(empty(path, "kind") if kind is None else unknown)
        elif default:  # the run's name stands for the rule
            faults.append(
                Fault(path, "S103", f"unknown {what} {quoted(default)}", f"add kind: RULE; {hint}", on_key=True)
            )
        else:
            faults.append(Fault(path, "S102", "missing key 'kind'", f"known: {', '.join(known)}"))
        return None
    spec = registry.load(package, kind).SPEC
    names = [p.name for p in spec.parameters]
    nested = {p.name: _parts(data.get(p.name), (*path, p.name), faults) for p in spec.parameters if p.kind == "parts"}
    given = {key: value for key, value in data.items() if key != "kind"}
    settable = ["kind", *names, *(RUN_KEYS if package == "optimizers" else ())]
    before = len(faults)
    values = right(parameter_keys(package, kind), given, path, faults, known=settable)
    if len(faults) > before or None in nested.values():
        return None
    values |= {name: found or None for name, found in nested.items()}
    if package in ("optimizers", "landscapes"):
        problem = spec.constraint(values)
        if problem is not None:
            faults.append(blamed(path, data, problem, "S108"))
            return None
    return Kind(kind=kind, values=values)


def _noise(given: object, faults: list[Fault]) -> dict[Path, Kind | None]:
    """Every kind of noise by its place: the section itself, or the entries of a list of them; None where one is wrong."""
    if isinstance(given, Mapping):
        return {("noise",): _kind("noises", given, ("noise",), faults, default=DEFAULT_NOISE)}
    found: dict[Path, Kind | None] = {}
    for i, entry in enumerate(given[:MAX_NOISES] if isinstance(given, list | tuple) else ()):
        path = ("noise", i)
        if isinstance(entry, Mapping):
            found[path] = _kind("noises", entry, path, faults)
        else:
            found[path] = None
            message = f"a noise is a section, found {describe(entry)}"
            faults.append(Fault(path, "S104", message, "write {kind: KIND} with its parameters"))
    return found


def _parts(given: object, path: Path, faults: list[Fault]) -> tuple[dict[str, Any], ...] | None:
    """Every part with its `kind` and its parameters, complete; empty without parts, None if one of them is wrong."""
    sections = [(i, item) for i, item in enumerate(given if isinstance(given, list | tuple) else ())]
    found = [
        _kind("landscapes", item, (*path, i), faults, part=True) for i, item in sections if isinstance(item, Mapping)
    ]
    parts = tuple({"kind": part.kind, **part.values} for part in found if part is not None)
    return parts if len(parts) == len(sections) else None


def _precision(data: Mapping[str, Any], path: Path, faults: list[Fault]) -> Precision | None:
    """Check what numbers are stored as."""
    found: Precision | None = section(Precision, data, path, faults)
    if found is None:
        return None
    problem = None
    if found.kahan and found.weights == EXACT:
        problem = "'kahan' has nothing to keep: weights in float64 lose nothing"
    elif found.kahan and found.rounding == "stochastic":
        problem = "'kahan' goes with rounding to nearest: rounded at random, a weight loses nothing on average"
    elif found.rounding == "stochastic" and found.weights == EXACT:
        problem = "'rounding' is for weights of fewer bits than float64: set 'weights'"
    if problem is not None:
        faults.append(blamed(path, data, problem, "S108"))
    return found if problem is None else None


def _clip(data: Mapping[str, Any], path: Path, faults: list[Fault]) -> Clip | None:
    """Check the limit to a run's gradients."""
    found: Clip | None = section(Clip, {name: data[name] for name in keys(Clip) if name in data}, path, faults)
    if found is not None and None not in (found.clip_norm, found.clip_value):
        faults.append(blamed(path, data, "'clip_norm' and 'clip_value' exclude each other", "S108"))
        return None
    return found


def _runs(data: Mapping[str, Any], shared: Precision | None, faults: list[Fault]) -> dict[str, RunConfig | None]:
    """Check the runs; shared : the precision of those that have none of their own."""
    runs: dict[str, RunConfig | None] = {}
    for name, entry in data.items():
        path = ("optimizers", name)
        runs[name] = None
        problem = unprintable(name)
        if problem:
            faults.append(Fault(path, "S104", f"the name of a run {problem}", "", True))
            continue
        if not isinstance(entry, Mapping):
            message = f"the run {quoted(name)} must be a mapping of hyperparameters, found {describe(entry)}"
            faults.append(Fault(path, "S104", message, f"write {name:.40}: {{kind: RULE, lr: 1e-3}}"))
            continue
        clock: Kind | None = None
        if "schedule" in entry:
            given = right({"schedule": OUTLINE["schedule"]}, {"schedule": entry["schedule"]}, path, faults)
            clock = _kind("schedules", given.get("schedule"), (*path, "schedule"), faults)
        precision = shared or Precision()
        if "precision" in entry:
            own = entry["precision"]
            if not isinstance(own, Mapping):
                message = f"'precision' must be a mapping, found {describe(own)}"
                faults.append(Fault((*path, "precision"), "S104", message, OUTLINE["precision"].advice(own)))
                continue
            checked = _precision(own, (*path, "precision"), faults)
            if checked is None:
                continue
            precision = checked
        clip = _clip(entry, path, faults)
        rest = {key: value for key, value in entry.items() if key not in RUN_KEYS}
        rule = _kind("optimizers", rest, path, faults, default=name)
        if rule is not None and clip is not None and (clock is not None or "schedule" not in entry):
            runs[name] = RunConfig(kind=rule.kind, values=rule.values, schedule=clock, precision=precision, clip=clip)
    return runs
