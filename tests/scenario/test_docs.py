"""docs/scenario.md says everything that there is, and its examples work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adamw_cli.errors import ScenarioError
from adamw_cli.scenario import load
from adamw_cli.scenario.across import MAX_TRACE_NUMBERS
from adamw_cli.scenario.keys import keys
from adamw_cli.scenario.model import COMPARISONS, OUTLINE, RUN_KEYS, Expectation, Precision, Record, Reference

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]}
EXAMPLES = re.findall(r"^```yaml\n(version: 1\n.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


def rows(section: str) -> list[list[str]]:
    """Cells of all tables of a section."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_every_key_is_there() -> None:
    tables = {
        "Top-level keys": list(OUTLINE),
        "record": list(keys(Record)),
        "expect": list(keys(Expectation)),
        "optimizers": ["kind", *RUN_KEYS],
        "precision": list(keys(Precision)),
    }
    for section, names in tables.items():
        listed = [cells[0].strip("`") for cells in rows(section)]
        assert [name for name in names if name not in listed] == []
    assert all(name in SECTIONS["expect"] for name in (*COMPARISONS, *keys(Reference)))


def test_every_error_code_is_there_and_no_other() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "adamw_cli" / "scenario").glob("*.py")]
    raised = {code for source in sources for code in re.findall(r'"(S[0-9]{3})"', source)}
    listed = [cells[0] for cells in rows("Errors") if re.fullmatch("S[0-9]{3}", cells[0])]
    assert listed == sorted(raised)


def test_the_limits_are_those_of_the_program() -> None:
    assert (load.MAX_BYTES, load.MAX_DEPTH, load.MAX_NODES) == (1 << 20, 32, 10_000)
    assert "at most 1 MiB, at most 10000\nvalues, nested at most 32 deep" in TEXT
    assert f"more than {MAX_TRACE_NUMBERS:.0e}".replace("e+0", "e") in TEXT


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_load(text: str) -> None:
    assert load.load_text(text).optimizers


def test_the_first_example_has_every_top_level_key() -> None:
    assert [key for key in OUTLINE if not re.search(f"^{key}:", EXAMPLES[0], re.MULTILINE)] == []


def test_the_commands_with_set_work() -> None:
    text = (ROOT / "scenarios" / "plateau.yaml").read_text(encoding="utf-8")
    commands = [line for line in TEXT.splitlines() if line.startswith("adamw simulate plateau")]
    assert len(commands) == 3
    for command in commands:
        arguments = [quoted or bare for quoted, bare in re.findall(r"--set (?:'([^']*)'|(\S+))", command)]
        assert arguments
        assert load.load_text(text, overrides=arguments).steps


def test_the_error_shown_is_what_is_printed() -> None:
    text = EXAMPLES[1].replace("  adamw: {lr: 1e-3}", "  # ...\n  adamw: {lr: 1e-3, weight_decya: 0.1}")
    with pytest.raises(ScenarioError) as caught:
        load.load_text(text, "scenarios/a.yaml")
    assert str(caught.value) in TEXT
