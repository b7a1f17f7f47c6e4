"""Random scenario documents as plain data: most are right, the rest have a mistake somewhere."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from adamw_cli import registry
from adamw_cli.formats import EXACT, FORMATS
from adamw_cli.scenario.model import DEFAULT_NOISE
from adamw_cli.vocabulary import Parameter

_WORDS = st.sampled_from(
    ["", "adamw", "a", "theory", "plateau", "kind", "1e-3", "no", "x" * 50, "größe", "a.b", "\x1b[0m"]
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, -0.5, 1e300, 10**400, 1.5, 7.0, 1e16]),
    _WORDS,
    st.lists(st.integers(-2, 2), max_size=3),
    st.dictionaries(_WORDS, st.integers(0, 2), max_size=2),
)


def number(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Numbers that a parameter allows, mostly."""
    candidates = [0, 1, 2, 0.5, 0.25, 1e-3, -1, 3.0, 1e300]
    if parameter.kind == "int":
        candidates = [0, 1, 2, 5, 7.0, 100]
    allowed = [c for c in candidates if parameter.allows(c)]
    return st.sampled_from(allowed * 8 + candidates)


def value(parameter: Parameter, d: int, runs: list[str]) -> st.SearchStrategy[Any]:
    if parameter.kind == "bool":
        return st.booleans()
    if parameter.kind == "run":
        return st.sampled_from(runs)
    if parameter.kind == "parts":
        return st.lists(part(), min_size=d, max_size=d)
    one = number(parameter)
    if parameter.kind == "matrix":
        return st.just([[1.0 if i == j else 0.5 for j in range(d)] for i in range(d)])
    if parameter.kind == "pair":
        one = st.lists(one, min_size=2, max_size=2)
    return st.one_of(one, st.lists(one, min_size=d, max_size=d)) if parameter.per_coordinate else one


@st.composite
def parameters(draw: st.DrawFn, package: str, kind: str, d: int, runs: list[str]) -> dict[str, Any]:
    found = {}
    for p in registry.load(package, kind).SPEC.parameters:
        if p.required or draw(st.integers(0, 2)) == 0:
            found[p.name] = draw(value(p, d, runs))
    return found


@st.composite
def part(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(registry.parts()))
    return {"kind": kind, **draw(parameters("landscapes", kind, 1, []))}


@st.composite
def section(draw: st.DrawFn, package: str, d: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(registry.names(package)))
    return {"kind": kind, **draw(parameters(package, kind, d, []))}


@st.composite
def precision(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {"weights": draw(st.sampled_from([name for name in FORMATS if name != EXACT]))}
    if draw(st.booleans()):
        found["state"] = draw(st.sampled_from(list(FORMATS)))
    rounded = draw(st.sampled_from([{}, {"rounding": "stochastic"}, {"rounding": "nearest", "kahan": True}]))
    return {**found, **rounded}


@st.composite
def expectation(draw: st.DrawFn, runs: list[str], d: int) -> dict[str, Any]:
    name = draw(st.sampled_from(registry.names("metrics")))
    spec = registry.load("metrics", name).SPEC
    found = {"metric": name, "of": draw(st.sampled_from(runs)), **draw(parameters("metrics", name, d, runs))}
    if spec.text:
        return {**found, "equals": draw(st.sampled_from(["finished", "diverged"]))}
    figure = st.sampled_from([0, 1, -2.5, 1e-9])
    other = st.fixed_dictionaries({"of": st.sampled_from(runs)}, optional={"times": figure})
    near = st.one_of(
        figure, st.just("theory"), other, *([st.lists(figure, min_size=d, max_size=d)] if spec.per_coordinate else [])
    )
    comparisons = {
        "near": near,
        "above": st.one_of(figure, other),
        "below": st.one_of(figure, other),
        "between": st.just([-1, 1e3]),
        "equals": figure,
        "finite": st.booleans(),
    }
    made = draw(st.sampled_from(sorted(comparisons)))
    found[made] = draw(comparisons[made])
    if made == "near" and draw(st.booleans()):
        found[draw(st.sampled_from(["rtol", "atol"]))] = draw(st.sampled_from([0, 1e-9, 1]))
    if spec.per_coordinate and draw(st.booleans()):
        found["at"] = draw(st.integers(0, d - 1))
    return found


@st.composite
def right(draw: st.DrawFn, steps: tuple[float, ...] = (1, 100, 7e3, 10**6)) -> dict[str, Any]:
    """A document without a mistake that somebody put in; `steps` are the lengths that it may have."""
    d = draw(st.integers(1, 3))
    runs = {}
    for name in draw(st.lists(st.sampled_from(["adamw", "fast run", "adamw.5", "7", "sgd"]), min_size=1, unique=True)):
        runs[name] = draw(section("optimizers", d))
        if name == runs[name]["kind"] and draw(st.booleans()):
            del runs[name]["kind"]
        if draw(st.integers(0, 7)) == 0:
            runs[name]["precision"] = draw(precision())
        if draw(st.integers(0, 3)) == 0:
            runs[name]["schedule"] = draw(section("schedules", d))
        if draw(st.integers(0, 3)) == 0:
            runs[name][draw(st.sampled_from(["clip_norm", "clip_value"]))] = draw(
                st.sampled_from([0.5, 3, 1e300, None])
            )
    found: dict[str, Any] = {
        "version": 1,
        "landscape": draw(section("landscapes", d)),
        "start": [0.5 * (i + 1) for i in range(d)],
        "steps": draw(st.sampled_from(steps)),
        "optimizers": runs,
    }
    optional = {
        "name": st.sampled_from(["a", "no", "7"]),
        "description": st.text(max_size=5),
        "tags": st.lists(st.sampled_from(["a", "b"]), max_size=2),
        "seed": st.integers(0, 5),
        "schedule": section("schedules", d),
        "noise": st.one_of(st.just({}), section("noises", d), st.lists(section("noises", d), max_size=3)),
        "precision": precision(),
        "record": st.sampled_from([{}, {"every": 10}, {"every": None, "states": True}]),
        "expect": st.lists(expectation(sorted(runs), d), max_size=3),
    }
    for key, strategy in optional.items():
        if draw(st.integers(0, 2)) == 0:
            found[key] = draw(strategy)
    noise = found.get("noise", {})
    kinds = [layer.get("kind", DEFAULT_NOISE) for layer in (noise if isinstance(noise, list) else [noise])]
    if any(registry.load("noises", kind).SPEC.random for kind in kinds) and draw(st.booleans()):
        found["antithetic"] = draw(st.booleans())
        found["trials"] = draw(st.sampled_from([2, 100] if found["antithetic"] else [1, 2, 3.0, 100]))
    return found


def _places(data: Any) -> list[Any]:
    here = [data] if isinstance(data, dict | list) and data else []
    children = data.values() if isinstance(data, dict) else data if isinstance(data, list) else []
    return here + [place for child in children for place in _places(child)]


@st.composite
def mistaken(draw: st.DrawFn, steps: tuple[float, ...] = (1, 100, 7e3, 10**6)) -> dict[str, Any]:
    """A document with one to three things replaced, removed or added."""
    data = draw(right(steps))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(_places(data)))
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        what = draw(st.integers(0, 3))
        if what == 0:
            del place[key]
        elif what == 1 and isinstance(place, dict):
            place[
                draw(
                    st.one_of(
                        _WORDS, st.sampled_from(["of", "at", "rtol", "near", "equals", "eps", "schedule", "clip_norm"])
                    )
                )
            ] = draw(ODD)
        else:
            place[key] = draw(ODD)
        if not data:
            break
    return data
