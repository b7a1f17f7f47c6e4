"""Every command once, in a process of its own: what a version of a library breaks shows here, whatever it is.

Nothing but the command line is used, and nothing is said about numbers, so that this runs with the oldest libraries that
pyproject.toml allows, too.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from adamw_cli.cli.app import build
from tests.cli.terminal import GOOD, run_process

PLOT = ["--plot", "paths.svg"] if find_spec("matplotlib") else []
TRACE = ["--trace", "trace.parquet" if find_spec("pyarrow") else "trace.npz"]
TARGET = Path(__file__).resolve().parents[2] / "docs" / "examples" / "adamw.py"
LINES = {
    "simulate": ["few_bits", "--set", "steps=1e3", *TRACE, *PLOT],
    "half-life": ["--lr", "3e-4", "--schedule", "cosine", "--steps", "1e4", "--dtype", "bfloat16"],
    "convert": ["--from", "pytorch", "--to", "optax", "--lr", "1e-3"],
    "defaults": ["--format", "markdown"],
    "theory": ["half_life", "--lr", "3e-4", "--weight-decay", "0.1"],
    "decay": ["--start", "0.1", "--start", "1", *PLOT],
    "overshoot": PLOT,
    "critical-lambda": PLOT,
    "claims": [],
    "reproduce": ["cohen-2022"],
    "check": ["scenario.yaml", "plateau", "--jobs", "2", "--report", "junit=report.xml"],
    "conform": [f"{TARGET}:adamw"],
    "validate": ["scenario.yaml", "--format", "sarif"],
    "list": ["metrics"],
    "show": ["adamw"],
    "init": ["-"],
    "schema": [],
    "config": ["show"],
    "doctor": [],
    "cache": ["--format", "json"],
}


def test_every_command_has_a_line() -> None:
    assert set(LINES) == {info.name for info in build(terminal=False).registered_commands}


@pytest.mark.parametrize("command", LINES)
def test_a_command_runs(command: str, tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(GOOD)
    # With a file of settings, so that every option is looked at.
    (tmp_path / "adamw.toml").write_text("[check]\nstrict = true\n")
    settings = {"ADAMW_CONFIG": str(tmp_path / "adamw.toml")}
    outcome = run_process(command, *LINES[command], cwd=tmp_path, env=settings)
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip()
    assert "Traceback" not in outcome.err
    for file in {"paths.svg", "trace.parquet", "trace.npz", "report.xml"} & set(LINES[command]):
        assert (tmp_path / file).stat().st_size


@pytest.mark.parametrize("command", LINES)
def test_a_wrong_option_is_a_mistake_of_the_user(command: str) -> None:
    outcome = run_process(command, "--no-such-option")
    assert (outcome.code, outcome.out) == (2, "")
    assert f"see `adamw {command} --help`" in outcome.err
