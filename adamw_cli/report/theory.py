"""The documents of `adamw theory`."""

from itertools import groupby
from typing import Any

from adamw_cli.calculators.closed_forms import ClosedForm, ClosedForms, Evaluation
from adamw_cli.report.document import Cell, Document, Table, left, prose, right

FORMAT, LIST_FORMAT = "adamw.theory/1", "adamw.theory-list/1"
_RECORDS = ("name", "topic", "summary", "formula", "holds_when", "source")


def listing(result: ClosedForms) -> Document:
    """All closed forms, a table for each topic."""
    columns = [*left("name"), *prose("what it is", "and holds when")]
    records = [{key: getattr(form, key) for key in _RECORDS} for form in result.forms]
    tables = []
    for (topic, shared), group in groupby(result.forms, key=lambda form: (form.topic, form.conditions[0])):
        here = list(group)
        rows = [[form.name, f"{form.summary}: {form.formula}", form.conditions[1]] for form in here]
        sources = list(dict.fromkeys(f"source: {form.source}" for form in here))
        tables.append(Table(f"{topic}: holds when {shared}", columns, rows, sources))
    return Document(
        tables,
        Table("", left(*_RECORDS), [list(record.values()) for record in records]),
        {"format": LIST_FORMAT, "functions": records},
    )


def document(answer: Evaluation) -> Document:
    """The value, its formula, and when that holds."""
    form, value = answer.form, answer.value
    fields = getattr(value, "_fields", None)
    plural = isinstance(value, tuple | list)
    names = list(fields or (range(len(value)) if plural else [form.name]))
    rows: list[list[Cell]] = [[str(name), part] for name, part in zip(names, value if plural else [value], strict=True)]
    notes = [f"formula: {form.formula}{_where(form)}", f"holds when: {form.holds_when}", f"source: {form.source}"]
    notes += [answer.note] if answer.note else []
    data: dict[str, Any] = {
        "format": FORMAT,
        "name": form.name,
        "value": dict(zip(fields, value, strict=True)) if fields else value,
        "note": answer.note or None,
        "parameters": dict(answer.parameters),
        "symbols": dict(form.symbols),
        **{key: getattr(form, key) for key in ("summary", "formula", "holds_when", "source")},
    }
    return Document(
        [Table(form.summary, [*left("quantity"), *right("value")], rows, notes)],
        Table("", left("quantity", "value"), rows),
        data,
    )


def help_text(form: ClosedForm) -> str:
    """What `--help` says above the options."""
    parts = [
        f"{form.summary}:\n\n  {form.formula}{_where(form)}",
        form.remarks,
        f"Holds when: {form.holds_when}.",
        f"Source: {form.source}.",
    ]
    return "\n\n".join(part for part in parts if part)


def _where(form: ClosedForm) -> str:
    """The symbols of a formula."""
    found = ", ".join(f"{symbol} = {words}" for symbol, words in form.symbols.items())
    return f"; {found}" if found else ""
