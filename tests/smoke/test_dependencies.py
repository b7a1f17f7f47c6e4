"""What is depended on, and what says so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from adamw_cli.engine import doctor

PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_dependency_has_a_floor_and_doctor_shows_its_version() -> None:
    floors = [re.fullmatch(r"([A-Za-z-]+)>=[0-9.]+(?:,<[0-9.]+)?", line) for line in PROJECT["dependencies"]]
    assert all(floors)
    # llvmlite comes with numba, in the version that numba chooses.
    assert {*doctor._DEPENDENCIES} == {"llvmlite", *(floor[1] for floor in floors if floor)}
