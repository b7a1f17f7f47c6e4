"""One entry of `expect`, and the names of runs in all of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from adamw_cli import registry
from adamw_cli.errors import suggestion
from adamw_cli.scenario.faults import Fault, Path, empty, right, section
from adamw_cli.scenario.keys import keys
from adamw_cli.scenario.model import COMPARISONS, TOLERANT, Defaults, Expectation, Reference, parameter_keys
from adamw_cli.scenario.values import describe, quoted
from adamw_cli.vocabulary import Metric

_WITH_REFERENCE = ("near", "above", "below")


def defaults(data: Mapping[str, Any], runs: list[str], faults: list[Fault]) -> Mapping[str, Any]:
    """Check `expect_all`; return what is right of it."""
    if section(Defaults, data, ("expect_all",), faults) is None:
        return {}
    run = data.get("of")
    if runs and run is not None and run not in runs:
        hint = suggestion(run[:80], [quoted(name)[1:-1] for name in runs[:20]])
        faults.append(Fault(("expect_all", "of"), "S109", f"there is no run {quoted(run)}", hint))
        return {**data, "of": runs[0]}  # once is enough: the expectations that inherit it need not complain too
    return data


def completed(entry: Any, shared: Mapping[str, Any]) -> Any:
    """An entry with the defaults that mean something for it; a tolerance of its own replaces both of theirs."""
    if not isinstance(entry, Mapping) or not shared:
        return entry
    metric: Any = entry.get("metric")
    spec = registry.load("metrics", metric).SPEC if registry.has("metrics", metric) else None
    own = {p.name for p in spec.parameters} if spec else set()
    tolerant = any(name in entry for name in TOLERANT) and not {"rtol", "atol", "z"} & entry.keys()
    fits = {
        "of": True,
        "rtol": tolerant,
        "atol": tolerant,
        "at": spec is not None and spec.per_coordinate,
        "at_step": "step" not in own & entry.keys(),
        "over": True,
    }
    return {**{name: value for name, value in shared.items() if fits[name]}, **entry}


def expectation(entry: object, path: Path, faults: list[Fault]) -> Expectation | None:
    """Check one entry by itself."""
    if not isinstance(entry, Mapping):
        hint = "for example {metric: final_loss, of: RUN, below: 1e-6}"
        faults.append(Fault(path, "S104", f"an expectation is a mapping, found {describe(entry)}", hint))
        return None
    metric: Any = entry.get("metric")
    if not registry.has("metrics", metric):
        if "metric" not in entry:
            faults.append(Fault(path, "S102", "missing key 'metric'", "`adamw list metrics` lists them"))
        elif metric is None:
            faults.append(empty(path, "metric"))
        else:
            shown = quoted(metric) if isinstance(metric, str) else f"{describe(metric)}"
            hint = suggestion(str(metric)[:80], registry.names("metrics"))
            faults.append(Fault((*path, "metric"), "S103", f"unknown metric {shown}", hint))
        return None
    spec: Metric = registry.load("metrics", metric).SPEC
    before = len(faults)
    given = dict(entry)
    for name in _WITH_REFERENCE:
        if isinstance(given.get(name), Mapping):
            given[name] = section(Reference, given[name], (*path, name), faults)
            if given[name] is None:
                del given[name]
    own = parameter_keys("metrics", metric)
    values = right({**own, **keys(Expectation)}, given, path, faults)
    faults += _comparison(entry, spec, path)
    if len(faults) > before:
        return None
    parameters = {name: values.pop(name) for name in own}
    return Expectation(**values, parameters=parameters)


def _comparison(entry: Mapping[str, Any], spec: Metric, path: Path) -> Iterable[Fault]:
    """What can be wrong between the keys of one expectation."""
    made = [name for name in COMPARISONS if name in entry]
    metric = entry["metric"]
    if len(made) != 1:
        found = f"it has {' and '.join(made)}" if made else "it has none"
        hint = f"one of: {', '.join(COMPARISONS)}"
        yield Fault(path, "S110", f"an expectation makes one comparison; {found}", hint)
        return
    target = entry[made[0]]
    if spec.text and made[0] not in ("equals", "snapshot"):
        yield Fault((*path, made[0]), "S110", f"'{metric}' is a word: compare it with 'equals'", "", True)
    elif spec.text and made[0] == "equals" and not isinstance(target, str | None):
        yield Fault((*path, "equals"), "S104", f"'{metric}' is a word, found {describe(target)}")
    elif not spec.text and made[0] == "equals" and isinstance(target, str):
        yield Fault((*path, "equals"), "S104", f"'{metric}' is a number, found {describe(target)}")
    if made[0] == "near" and isinstance(target, list) and not spec.per_coordinate:
        yield Fault((*path, "near"), "S110", f"'{metric}' has one value per run, found a list", "give one number")
    for name in ("rtol", "atol"):
        if name in entry and made[0] not in TOLERANT:
            yield Fault((*path, name), "S110", f"'{name}' goes with 'near', not with '{made[0]}'", "remove it", True)
    if "z" in entry and (made[0] != "near" or isinstance(target, Mapping)):
        hint = "use 'rtol' or 'atol'" if made[0] in TOLERANT else "remove it"
        other = "another run" if made[0] == "near" else f"'{made[0]}'"
        yield Fault((*path, "z"), "S110", f"'z' goes with 'near' a number or theory, not with {other}", hint, True)
    if "z" in entry and entry.get("over", "mean") != "mean":
        message = f"'z' counts standard errors of the mean, which '{entry['over']}' has not"
        yield Fault((*path, "z"), "S110", message, "remove 'over', or use 'atol'", True)
    if "at_step" in entry and "step" in entry:
        yield Fault((*path, "at_step"), "S110", "'step' and 'at_step' say the same", "remove one of them", True)
    if "at" in entry and not spec.per_coordinate:
        yield Fault((*path, "at"), "S110", f"'{metric}' has one value per run, so there is no 'at'", "remove it", True)


def references(entries: list[Any], runs: list[str], faults: list[Fault]) -> None:
    """Check the names of runs in expectations, also where the run or the expectation has a fault of its own."""
    shown = [quoted(run)[1:-1] for run in runs[:20]]
    for i, entry in enumerate(entries if runs else []):
        if not isinstance(entry, Mapping):
            continue
        named: list[tuple[Path, Any]] = [(("expect", i, key), entry.get(key)) for key in ("of", *_run_keys(entry))]
        for key in _WITH_REFERENCE:
            target = entry.get(key)
            if isinstance(target, Mapping):
                named.append((("expect", i, key, "of"), target.get("of")))
        for path, run in named:
            if isinstance(run, str) and run not in runs:
                faults.append(Fault(path, "S109", f"there is no run {quoted(run)}", suggestion(run[:80], shown)))
        if "of" not in entry and len(runs) > 1:
            hint = f"the run; one of: {', '.join(shown)}"
            faults.append(Fault(("expect", i), "S102", "missing key 'of'", hint))


def _run_keys(entry: Mapping[str, Any]) -> list[str]:
    """Parameters of an expectation's metric that name a run."""
    metric: Any = entry.get("metric")
    if not registry.has("metrics", metric):
        return []
    return [p.name for p in registry.load("metrics", metric).SPEC.parameters if p.kind == "run"]
