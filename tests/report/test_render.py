"""Documents as text: nothing lost, nothing broken by what users call their runs."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from adamw_cli.report.document import Column, Document, Footnotes, Table, cell_text, error_text, full_text
from adamw_cli.report.render import render, strict_json

ROWS = [["a|b", 1.0 / 3.0, None], ["c\nd", (1.0, 2.5), True], ['"quoted", <b>', 12, (3.0, 3.0)]]
TABLE = Table("title", [Column("name"), Column("value", "right"), Column("other")], ROWS, ["a note"])


@pytest.mark.parametrize(
    ("cell", "short", "full"),
    [
        (None, "-", ""),
        (1.0 / 3.0, "0.33333333", "0.3333333333333333"),
        (12, "12", "12"),
        (True, "yes", "true"),
        ((1.0, 1.0), "1 (each)", "1.0 1.0"),
        ((1.0,), "1", "1.0"),
        ((1.0, None, 3.0, 4.0, 5.0), "1, -, 3, 4, ... (5 in all)", "1.0  3.0 4.0 5.0"),
        ("text", "text", "text"),
    ],
)
def test_cells(cell: object, short: str, full: str) -> None:
    assert cell_text(cell) == short  # type: ignore[arg-type]
    assert full_text(cell) == full  # type: ignore[arg-type]


def test_errors_as_orders_of_magnitude() -> None:
    assert [error_text(e) for e in (None, 0.0, 1.23e-9)] == ["-", "0", "1.2e-09"]


def test_csv_reads_back() -> None:
    rows = list(csv.reader(io.StringIO(render(Document([TABLE], TABLE), "csv"))))
    assert rows == [["name", "value", "other"], *([full_text(c) for c in row] for row in ROWS)]
    assert float(rows[1][1]) == 1.0 / 3.0


def test_markdown_keeps_one_row_per_row() -> None:
    lines = render(Document([TABLE], TABLE), "markdown").splitlines()
    assert lines[0] == "### title"
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + len(ROWS)
    assert table[1] == "| --- | ---: | --- |"
    assert table[2].startswith("| a\\|b | 0.33333333 |")
    assert "<b>" not in table[4]


def test_json_is_strict_and_ascii() -> None:
    text = strict_json({"a": math.nan, "b": [math.inf, 1.5], "c": (1, "\u03bb"), 4: True})
    assert text.isascii()
    assert json.loads(text) == {"a": None, "b": [None, 1.5], "c": [1, "\u03bb"], "4": True}


def test_a_plain_table_is_aligned_and_has_no_trailing_spaces() -> None:
    lines = render(Document([TABLE], TABLE), "table").splitlines()
    assert lines[0] == "title"
    assert lines[-1] == "a note"
    assert all(line == line.rstrip() for line in lines)
    assert lines[1].index("other") == lines[2].rindex(" ") + 1


def test_a_footnote_stands_once_and_keeps_its_number() -> None:
    notes = Footnotes()
    assert [notes.mark("a"), notes.mark("b", "a"), notes.mark(), notes.mark("c")] == ["[1]", "[1] [2]", "", "[3]"]
    assert notes.lines == ["[1] a", "[2] b", "[3] c"]
