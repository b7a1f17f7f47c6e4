"""The document of `adamw check --collect-only`."""

from adamw_cli.gate.collect import Collection, Item
from adamw_cli.report.document import Cell, Document, Table, counted, left
from adamw_cli.report.validation import problem_data

FORMAT = "adamw.collection/1"
_COLUMNS = ("place", "scenario", "run", "metric", "comparison")
_RECORDS = ("path", "line", "column", "scenario", "tags", "run", "metric", "comparison")


def document(collection: Collection) -> Document:
    """One row per expectation, then what cannot be read."""
    rows: list[list[Cell]] = [[_place(i), i.scenario, i.run, i.metric, i.comparison] for i in collection.items]
    records = [_record(item) for item in collection.items]
    notes = [problem.render() for problem in collection.problems]
    return Document(
        [Table("", left(*_COLUMNS), rows, [*notes, _summary(collection)])],
        Table("", left(*_RECORDS), [list(record.values()) for record in records]),
        {
            "format": FORMAT,
            "scenarios": collection.scenarios,
            "expectations": [
                {**record, "tags": list(i.tags)} for record, i in zip(records, collection.items, strict=True)
            ],
            "problems": [problem_data(problem) for problem in collection.problems],
        },
    )


def concise(collection: Collection) -> str:
    """One line per expectation, as `adamw check` takes its place, then what cannot be read, then the summary."""
    lines = [
        f"{_place(i)}: {f'{i.run} {i.metric} {i.comparison}' if i.metric else 'expects nothing'}"
        for i in collection.items
    ]
    lines += [f"{p.location()}: {p.code} {p.message}" for p in collection.problems]
    return "".join(f"{line}\n" for line in [*lines, _summary(collection)])


def _place(item: Item) -> str:
    return f"{item.path}:{item.position.line}" if item.position else item.path


def _record(item: Item) -> dict[str, Cell]:
    line, column = (item.position.line, item.position.column) if item.position else (None, None)
    return {
        "path": item.path, "line": line, "column": column, "scenario": item.scenario, "tags": " ".join(item.tags),
        "run": item.run or None, "metric": item.metric or None, "comparison": item.comparison or None,
    }  # fmt: skip


def _summary(collection: Collection) -> str:
    expectations = sum(bool(item.metric) for item in collection.items)
    size = f"{counted(collection.scenarios, 'scenario')}, {counted(expectations, 'expectation')}"
    broken = len({problem.source for problem in collection.problems})
    return f"{size}, {broken} unreadable" if broken else size
