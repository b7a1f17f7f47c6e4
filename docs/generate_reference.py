"""Write docs/reference/ from what the files declare: `python docs/generate_reference.py`. A test checks that it is up to date."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from adamw_cli import registry
from adamw_cli.report.catalog import parameter_rows

# Spaces that Markdown does not make one of.
_GAP = "\N{NO-BREAK SPACE}" * 3
FOLDER = Path(__file__).resolve().parent / "reference"
_HEAD = """\
# {title}

Written by `python docs/generate_reference.py` from the files in `adamw_cli/{package}/`; do not edit.

{intro}
`adamw list {package}` prints this list with what plug-ins add, `adamw show NAME` the whole text, with its source.

"""
_TITLES = {
    "optimizers": "Update rules",
    "landscapes": "Landscapes",
    "schedules": "Learning rate schedules",
    "noises": "Kinds of noise",
    "metrics": "Metrics",
}
_INTROS = {
    "optimizers": """\
What a run in `optimizers` may have as `kind`. [scenario.md](../scenario.md#optimizers) says what else a run may have. In the formulas
w, m, v are the values before the step, and g is the gradient at w.
""",
    "landscapes": """\
What `landscape` may have as `kind`. f is the loss; its gradient is what the update rules see.
[scenario.md](../scenario.md#landscape) says how landscapes are put together.
""",
    "schedules": """\
What `schedule` may have as `kind`. The factor multiplies the learning rate at step t = 1, 2, ... of `steps`.
""",
    "noises": """\
What `noise` may have as `kind`. noisy(g) is what the update rule sees in place of the gradient g of one coordinate.
[scenario.md](../scenario.md#noise) says when and how it is drawn.
""",
    "metrics": """\
What an expectation may have as `metric`, see [scenario.md](../scenario.md#expect). Those that are shown are measured by every
`adamw simulate` on a landscape that gives them a meaning; the others only where an expectation asks for them.
""",
}


def text(package: str) -> str:
    """Return the page of one package."""
    modules = {name: registry.load(package, name) for name in registry.own(package)}
    head = _HEAD.format(title=_TITLES[package], package=package, intro=_INTROS[package])
    parts = [head, _overview(package, modules)]
    rows = [(name, *row) for name, module in modules.items() for row in parameter_rows(module.SPEC.parameters)]
    if rows:
        cells = [[_code(name), _code(key), default, _escaped(about)] for name, key, default, about in rows]
        parts += ["\n## Parameters\n\n", _table(["name", "parameter", "default", "meaning"], _merged(cells))]
    return "".join(parts)


def _overview(package: str, modules: dict[str, ModuleType]) -> str:
    if package == "metrics":
        rows = [
            [
                _code(name),
                module.SPEC.unit,
                "yes" if module.SPEC.per_coordinate else "no",
                "yes" if module.SPEC.shown else "no",
                _escaped(_summary(module)),
                _escaped(module.SPEC.undefined),
            ]
            for name, module in modules.items()
        ]
        return _table(["name", "unit", "per coordinate", "shown", "what it is", "no value if"], rows)
    rows = [[_code(name), _escaped(_summary(module)), _formula(module)] for name, module in modules.items()]
    return _table(["name", "what it is", "formula"], rows)


def _summary(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")


def _formula(module: ModuleType) -> str:
    """The first block of the docstring that is set in, a line below the other."""
    found = re.search(r"(?:^    \S.*\n?)(?:^    .*\n?)*", module.__doc__ or "", re.MULTILINE)
    lines = found.group().splitlines() if found else []
    return "<br>".join(_code(re.sub(" {3,}", _GAP, line.strip())) for line in lines)


def _merged(rows: list[list[str]]) -> list[list[str]]:
    """The same with each name only in the first of its rows."""
    return [["" if i and row[0] == rows[i - 1][0] else row[0], *row[1:]] for i, row in enumerate(rows)]


def _code(words: str) -> str:
    return f"`{_bars(words)}`"


def _escaped(words: str) -> str:
    """Prose as Markdown, where a product is no emphasis."""
    return _bars(words).replace("*", "\\*")


def _bars(words: str) -> str:
    return words.replace("|", "\\|")


def _table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in registry.PACKAGES:
        (FOLDER / f"{each}.md").write_text(text(each), encoding="utf-8")
