"""A document in one of the four formats, as text."""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from adamw_cli.report.document import Cell, Document, Table, cell_text, full_text
from adamw_cli.report.table import render_tables


def render(document: Document, form: str) -> str:
    """Return the document in one of FORMATS; ends with a newline."""
    return FORMATS[form](document)


def table(document: Document) -> str:
    """The tables for standard output, with lines and colours where that is a terminal."""
    return render_tables(document.tables)


def plain(document: Document) -> str:
    """The tables as plain text, the same everywhere."""
    return render_tables(document.tables, plain=True)


def json_object(document: Document) -> str:
    """The data as strict JSON."""
    return strict_json(document.data)


def strict_json(data: Any, indent: int | None = 2) -> str:
    """JSON with null for whatever is not finite, and ASCII only, so that any terminal and parser takes it."""
    return json.dumps(finite(data), indent=indent, allow_nan=False) + "\n"


def finite(data: Any) -> Any:
    """Plain data with None for whatever is not finite, and lists for tuples."""
    if isinstance(data, Mapping):
        return {str(key): finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def csv_table(document: Document) -> str:
    """The records, below a header."""
    table = document.records
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.title for column in table.columns])
    writer.writerows([unevaluated(cell) for cell in row] for row in table.rows)
    return stream.getvalue()


def unevaluated(cell: Cell) -> str:
    """A cell's text; of a name that a spreadsheet would take for a formula, with the apostrophe that keeps it from that."""
    text = full_text(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def markdown(document: Document) -> str:
    """The tables for a page that draws them."""
    return "\n".join(_markdown(table) for table in document.tables)


def _markdown(table: Table) -> str:
    def row(cells: list[str]) -> str:
        # A bar would end the cell, a line break the row, and a tag would be taken for HTML.
        clean = [cell.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;") for cell in cells]
        return f"| {' | '.join(clean)} |"

    rule = ["---:" if column.align == "right" else "---" for column in table.columns]
    lines = [f"### {table.title}", ""] if table.title else []
    lines += [row([column.title for column in table.columns]), row(rule)] if table.columns else []
    lines += [row([cell_text(cell) for cell in cells]) for cells in table.rows]
    lines += ["", *(f"{note}  " for note in table.notes)] if table.notes else []
    return "\n".join(lines) + "\n"


FORMATS: Mapping[str, Callable[[Document], str]] = {
    "table": table, "json": json_object, "csv": csv_table, "markdown": markdown
}  # fmt: skip
