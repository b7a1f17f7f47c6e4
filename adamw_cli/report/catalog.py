"""What there is: documents for `adamw list` and `adamw show`, from what the files declare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adamw_cli import registry
from adamw_cli.errors import UsageError, suggestion
from adamw_cli.report.document import Cell, Column, Document, Table, full_text, left
from adamw_cli.result import Result
from adamw_cli.scenario.model import RUN_KEYS
from adamw_cli.vocabulary import Landscape, Metric, Parameter, Rule

FORMAT = "adamw.list/1"
SCENARIOS = "scenarios"
_PROSE = ("tags", "parameters", "what it is", "what it shows", "undefined if")


def _summary(package: str, name: str) -> str:
    return (registry.load(package, name).__doc__ or "").strip().partition("\n")[0]


def _scenarios() -> list[dict[str, Cell]]:
    """Name, tags and description of every shipped scenario."""
    from adamw_cli.scenario.find import load_scenario
    from adamw_cli.scenario.shipped import shipped

    found: list[dict[str, Cell]] = []
    for name in shipped():
        scenario = load_scenario(shipped()[name])
        shows = scenario.description.partition(". ")[0].rstrip(".") + "."
        found.append({"name": name, "tags": ", ".join(scenario.tags), "what_it_shows": shows})
    return found


def _default(p: Parameter) -> Cell:
    if p.required:
        return "required"
    if p.default is None:
        return "optional"
    return ", ".join(map(_short, p.default)) if isinstance(p.default, tuple) else _short(p.default)


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else full_text(value)  # type: ignore[arg-type]  # a bool or an int


@dataclass(frozen=True, repr=False)
class Listing(Result):
    """What there is of a kind: of everything its name, what it is, and its parameters or what else there is to say."""

    kind: str
    items: tuple[Mapping[str, Cell], ...]


@dataclass(frozen=True, repr=False)
class Description(Result):
    """Everything about one thing, as text."""

    name: str
    text: str


def listing(kind: str) -> Listing:
    """Return what there is of a kind: optimizers, landscapes, schedules, noises, metrics or scenarios.

    Not called `list`, as the command is, since that name is Python's.

    Raises
    ------
    UsageError
        If there is no such kind.

    >>> [item["name"] for item in listing("schedules").items][:2]
    ['constant', 'cosine']

    """
    known = [*registry.PACKAGES, SCENARIOS]
    if kind not in known:
        raise UsageError(f"there is no list of '{kind}'", suggestion(kind, known))
    return Listing(
        kind, tuple(_scenarios() if kind == SCENARIOS else (_item(kind, name) for name in registry.usable(kind)))
    )


def list_document(result: Listing) -> Document:
    """A row for each."""
    titles = [key.replace("_", " ") for key in result.items[0]]
    columns = [Column(title, prose=title in _PROSE) for title in titles]
    table = Table("", columns, [list(item.values()) for item in result.items])
    return Document([table], table, {"format": FORMAT, "kind": result.kind, "items": list(result.items)})


def _item(package: str, name: str) -> dict[str, Cell]:
    spec, what = registry.load(package, name).SPEC, _summary(package, name)
    if isinstance(spec, Metric):
        about: dict[str, Cell] = {"name": name, "unit": spec.unit, "per_coordinate": spec.per_coordinate}
        return about | {"what_it_is": what, "undefined_if": spec.undefined}
    return {"name": name, "parameters": ", ".join(p.name for p in spec.parameters) or "none", "what_it_is": what}


def show(name: str) -> Description:
    """Return everything that has a name, in full: formula, source, parameters; a scenario's own text.

    Raises
    ------
    UsageError
        If nothing has that name.

    >>> show("cosine").text.splitlines()[0]
    'schedule cosine'

    """
    from adamw_cli.scenario.shipped import shipped

    parts = [_entry(package, name) for package in registry.PACKAGES if registry.has(package, name)]
    scenarios = shipped()
    if name in scenarios:
        from adamw_cli.scenario.find import read

        parts.append(f"scenario {name}\n\n{read(scenarios[name]).rstrip()}\n")
    if not parts:
        known = sorted({*scenarios, *(n for package in registry.PACKAGES for n in registry.names(package))})
        raise UsageError(f"there is nothing named '{name}'", suggestion(name, known))
    return Description(name, "\n\n".join(parts))


def _entry(package: str, name: str) -> str:
    module = registry.load(package, name)
    text = (module.__doc__ or "").strip()
    lines = [f"{package.removesuffix('s')} {name}", "", text, ""]
    lines += _parameter_lines(module.SPEC.parameters)
    if isinstance(module.SPEC, Rule):
        lines += [f"a run of any rule may also have: {', '.join(RUN_KEYS)}"]
    if isinstance(module.SPEC, Landscape):
        lines += _example(name, module.SPEC)
    if isinstance(module.SPEC, Metric):
        lines += [f"unit: {module.SPEC.unit}", f"undefined if: {module.SPEC.undefined}", *_when(module.SPEC)]
    if name not in registry.own(package):
        lines += [f"plug-in: {module.__file__}"]
    return "\n".join(lines).rstrip() + "\n"


def _example(name: str, spec: Landscape) -> list[str]:
    """The section of a scenario that the first example is."""
    d, given = (*spec.examples, (spec.min_dimension, {}))[0]
    return [f"for example, in {d} coordinate{'s' * (d > 1)}:", f"  landscape: {_flow({'kind': name, **given})}"]


def _flow(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return full_text(value)


_NEEDS = {
    "turn": "a gradient that changes at a known step",
    "fading": "a gradient that is zero from a known step on",
    "minimizer": "a landscape with a minimiser",
    "plateau": "a landscape without a gradient",
    "external": "gradients that do not depend on the weights",
}


def _when(spec: Metric) -> list[str]:
    needs = [f"needs: {', '.join(_NEEDS[need] for need in spec.needs)}"] if spec.needs else []
    return [*needs, *([] if spec.shown else ["measured only if an expectation asks for it"])]


def parameter_rows(parameters: Sequence[Parameter]) -> list[tuple[str, str, str]]:
    """Name, default and meaning of each."""
    return [(p.name, str(_default(p)), _about(p)) for p in parameters]


def _parameter_lines(parameters: Sequence[Parameter]) -> list[str]:
    rows = parameter_rows(parameters)
    if not rows:
        return ["parameters: none"]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    return ["parameters (name, default, meaning):", *(f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows)]


def _about(p: Parameter) -> str:
    notes = [p.range_text] if p.bounds else []
    notes += ["one value, or one per coordinate"] if p.per_coordinate else []
    return p.doc + (f" ({'; '.join(notes)})" if notes else "")


def description(result: Description) -> Document:
    """The text of each thing that has the name."""
    data: dict[str, Cell] = {"name": result.name, "text": result.text}
    records = Table("", left(*data), [list(data.values())])
    return Document([Table("", [], [], [result.text.rstrip()])], records, {"format": "adamw.show/1", **data})
