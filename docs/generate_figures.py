"""Writes the table of reproduced figures into docs/theory.md, from the lists in tests/catalogue/.

    python docs/generate_figures.py

The table counts; `python -m pytest tests/catalogue` computes every figure again.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "theory.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def figures() -> list[Any]:
    """Every figure, section by section."""
    sys.path.insert(0, str(ROOT))
    names = sorted(path.stem for path in (ROOT / "tests" / "catalogue").glob("section_*.py"))
    found = [f for name in names for f in importlib.import_module(f"tests.catalogue.{name}").FIGURES]
    return sorted(found, key=lambda f: [int(part) if part.isdigit() else 0 for part in f.section.split(".")])


def table() -> str:
    """One row per section, then what is not reproduced."""
    rows = [
        "| section | figures | from theory | from simulation | from both | not reproduced |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    everything = figures()
    for section in dict.fromkeys(f.section for f in everything):
        here = [f for f in everything if f.section == section]
        both = sum(f.theory is not None and f.measured is not None for f in here)
        theory = sum(f.theory is not None for f in here) - both
        measured = sum(f.measured is not None for f in here) - both
        rows.append(
            f"| {section} | {len(here)} | {theory} | {measured} | {both} | {sum(bool(f.differs) for f in here) or ''} |"
        )
    differing = [f"| {f.section} | {f.what} | {f.printed:g} | {f.differs} |" for f in everything if f.differs]
    head = ["", "| section | figure | printed | why it is not reproduced |", "|---|---|---:|---|"]
    total = f"{len(everything)} figures in all, {len(differing)} of them not as printed."
    return "\n".join([*rows, "", total, *(head + differing if differing else []), ""])


def text() -> str:
    """The whole document, with the table as it should be."""
    old = TARGET.read_text(encoding="utf-8")
    before, _, rest = old.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
