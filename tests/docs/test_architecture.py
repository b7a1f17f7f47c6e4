"""docs/architecture.md names the rooms and the contracts that there are."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "adamw_cli"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
# Modules beside the rooms that hold no trade of their own.
NO_ROOMS = {"__init__", "__main__", "_version"}


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_room_is_named_and_every_named_room_exists() -> None:
    named = set(re.findall(r"`(\w+)/?`", "".join(re.findall(r"^\| (.*?) \|", section("The rooms"), re.MULTILINE))))
    there = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    there |= {path.stem for path in PACKAGE.glob("*.py")} - NO_ROOMS
    assert named == there


def test_the_layers_are_those_of_the_contract() -> None:
    layers = next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
    block = re.findall(r"```text\n(.*?)```", section("Who may import whom"), re.DOTALL)[0]
    assert block.strip().splitlines() == [layer.replace("adamw_cli.", "") for layer in layers]


def test_every_other_contract_is_named() -> None:
    listed = re.findall(r"^- (.*)$", section("Who may import whom"), re.MULTILINE)
    assert listed == [contract["name"] for contract in CONTRACTS if contract["type"] != "layers"]


def test_every_file_that_is_named_exists() -> None:
    paths = re.findall(r"`((?:\w+/)+\w+\.\w+)`", PAGE)
    assert len(paths) >= 10
    for path in paths:
        assert (PACKAGE / path).exists() or (ROOT / path).exists(), path
