"""The figures in docs/robustness.md are of a run that counts, and the command that repeats it exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from adamw_cli.scenario import load
from benchmarks import faults
from tests.robustness import checking, inputs, pathological

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "robustness.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def table(heading: str) -> list[list[str]]:
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]


def figures() -> dict[str, dict[str, str]]:
    """Class -> heading -> cell, of the table of figures."""
    heads, _, *rows = table("Figures")
    return {row[0]: dict(zip(heads, row, strict=True)) for row in rows}


def number(cell: str) -> float:
    return float(cell.split()[0])


def test_all_classes_are_there() -> None:
    assert list(figures()) == [*inputs.CLASSES, "all"]


def test_at_least_twenty_thousand_files() -> None:
    rows = figures()
    total = rows.pop("all")
    assert number(total["files"]) >= 20_000
    for head in ("files", "command lines", *(f"exit {code}" for code in checking.ALLOWED)):
        assert number(total[head]) == sum(number(row[head]) for row in rows.values())
    for name, row in rows.items():
        assert number(row["files"]) >= inputs.CLASSES[name].share / 100 * 20_000


@pytest.mark.parametrize("row", figures().values(), ids=figures())
def test_the_promises_were_kept(row: dict[str, str]) -> None:
    assert sum(number(row[f"exit {code}"]) for code in checking.ALLOWED) == number(row["command lines"])
    assert number(row["peak memory"]) < checking.MEGABYTES
    assert number(row["slowest"]) < checking.SECONDS
    assert row["rules broken"] == row["other exit codes"] == "0"


def test_the_limits_are_the_loaders() -> None:
    assert f"| {load.MAX_BYTES >> 20} MiB |" in TEXT
    assert f"| {load.MAX_DEPTH} deep |" in TEXT
    assert f"| {load.MAX_NODES // 1000} {load.MAX_NODES % 1000:03d} |" in TEXT
    assert f"{len(pathological.SHAPES)} shapes" in TEXT
    assert f"{checking.SECONDS:.0f} seconds" in TEXT
    assert f"{checking.MEGABYTES} MB" in TEXT


@pytest.mark.parametrize("block", BLOCKS)
def test_the_command_exists(block: str) -> None:
    program, script, *options = shlex.split(block)
    assert program == "python"
    done = subprocess.run([sys.executable, script, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for option in [*options[::2], "--quick", "--replay"]:
        assert option in done.stdout
    assert int(options[options.index("--inputs") + 1]) >= 20_000


def test_there_are_two_commands() -> None:
    assert [block.split()[1] for block in BLOCKS] == ["benchmarks/fuzz.py", "benchmarks/faults.py"]


def test_the_figures_of_the_campaign_add_up() -> None:
    heads, _, *rows = table("Figures of the campaign")
    assert [row[0] for row in rows] == [*faults.CLASSES, "all"]
    assert [row[0] for row in table("What was done to it")[2:]] == list(faults.CLASSES)
    total = dict(zip(heads, rows[-1], strict=True))
    for head in ("inputs", "processes", *(f"exit {code}" for code in faults.CODES), "other", "rules broken"):
        assert number(total[head]) == sum(number(row[heads.index(head)]) for row in rows[:-1])
    assert total["rules broken"] == total["other"] == "0"
    kills = number(rows[0][heads.index("inputs")])
    assert (rows[0][0], kills >= 1000, number(total["inputs"]) - kills >= 20_000) == ("kills", True, True)
