"""Write docs/papers.md by reproducing every paper: `python docs/generate_papers.py`. A test checks that it is up to date."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from adamw_cli import reproduce
from adamw_cli.report.document import Cell, cell_text
from adamw_cli.report.papers import document

# What is smaller is rounding, and not the same on every processor.
_ROUNDING = 1e-12
TARGET = Path(__file__).resolve().parent / "papers.md"
_HEAD = """\
# Published results, put to the test

Written by `python docs/generate_papers.py` from `adamw reproduce --all`; do not edit.

`adamw reproduce` lists the gallery, `adamw reproduce cohen-2022` puts one paper to the test with every number that its scenarios
expect, `adamw reproduce --all` all of them: exit code 0 if every result is confirmed, 1 if one is not.

Each row is a scenario in `scenarios/papers/`, in our words. The table has the number that decides; theory is what a closed form or a
derivation says, `[closed form]` where `adamw` computes it from the scenario. Below it stand what was found and what of the
paper's own figures is quoted: where they could not be quoted with certainty, none is.

"""


def text() -> str:
    """Return the document; measured numbers have five digits, so that it is the same everywhere."""
    result = reproduce()
    (table,) = document(result, in_full=False).tables
    titles = [column.title for column in table.columns]
    lines = [titles, ["---"] * len(titles), *([_short(cell) for cell in row] for row in table.rows)]
    parts = [_HEAD, *(f"| {' | '.join(line)} |\n" for line in lines)]
    for paper, found in groupby((each.statement for each in result.results), lambda statement: statement.paper):
        several = list(found)
        parts += [f"\n## {paper}\n", *(f"\n{source}\n" for source in dict.fromkeys(s.source for s in several))]
        parts += [f"\n`{s.name}`: {_plain(f'{s.found} Figure: {s.figure}')}\n" for s in several]
    return "".join(parts)


def _short(cell: Cell) -> str:
    if isinstance(cell, tuple):
        return ", ".join(map(_short, cell))
    if isinstance(cell, float):
        return f"{cell:.5g}" if abs(cell) > _ROUNDING else "0"
    return _plain(cell_text(cell)).replace("|", "\\|")


def _plain(sentence: str) -> str:
    """A product is no emphasis."""
    return sentence.replace("*", "\\*")


if __name__ == "__main__":
    TARGET.write_text(text())
