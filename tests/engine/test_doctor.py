"""What `adamw doctor` finds, and what it says to do about it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from adamw_cli.engine import doctor, private, requirements
from tests.cli.terminal import run_in_shell, run_process


def findings(**options: Any) -> dict[str, dict[str, Any]]:
    report = json.loads(run_process("doctor", "-f", "json", **options).out)
    assert report["format"] == "adamw.doctor/1"
    return {one["name"]: one for one in report["findings"]}


def test_a_sound_machine_needs_nothing(tmp_path: Path) -> None:
    found = findings(env={"ADAMW_CACHE_DIR": str(tmp_path / "new"), "PYTHONIOENCODING": "utf-8"})
    assert all(one["ok"] for one in found.values())
    assert {name for name, one in found.items() if one["advice"]} == set()
    assert found["stdout"]["value"] == "utf-8, no terminal"
    assert found["processor"]["value"].partition(":")[0]
    if hasattr(os, "getuid"):
        assert found["cache safety"]["value"] == "mode 700, yours alone"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes of POSIX")
def test_a_folder_that_others_may_write_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir(mode=0o700)
    (tmp_path / "base").chmod(0o777)
    home = str(tmp_path / "home")
    found = findings(env={"ADAMW_CACHE_DIR": str(tmp_path / "base"), "XDG_CACHE_HOME": home})["kernel cache"]
    assert found["ok"] is True
    assert found["value"] == str(tmp_path / "home" / "adamw")
    assert "may be written by others (mode 777)" in found["advice"]
    assert "set ADAMW_CACHE_DIR to a folder that is yours alone" in found["advice"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = findings(env={"ADAMW_CACHE_DIR": str(tmp_path / "file"), "XDG_CACHE_HOME": str(tmp_path / "home")})
    assert f"nothing can be written in {tmp_path / 'file'}" in found["kernel cache"]["advice"]


def test_without_any_folder_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private, "found", lambda: (None, ()))
    monkeypatch.delenv("ADAMW_CACHE_DIR", raising=False)
    (found,) = doctor._cache()
    assert found.value == "none"
    assert "no folder can be written" in found.advice


def test_streams_that_are_narrow_or_closed_are_said() -> None:
    outcome = run_in_shell('exec "$@" <&-', "doctor", "-f", "json", PYTHONIOENCODING="ascii")
    found = {one["name"]: one for one in json.loads(outcome.out)["findings"]}
    assert "PYTHONIOENCODING=utf-8" in found["stdout"]["advice"]
    assert found["stdin"]["advice"]
    assert found["stdout"]["ok"] is True


def test_versions_are_those_that_the_metadata_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = requirements.ranges()
    assert asked["python"].startswith(">=3.")
    assert {*doctor._DEPENDENCIES} - {"llvmlite"} <= set(asked)
    assert not any(requirements.unmet(name) for name in ("python", "numpy", "numba", "rich", "pyyaml"))
    monkeypatch.setattr(requirements, "ranges", lambda: {"numpy": ">=1,<1.5", "python": "<3"})
    assert "pip install 'numpy>=1,<1.5'" in doctor._dependency("numpy").advice
    assert doctor._dependency("numpy").ok is True
    assert "use such a Python" in requirements.unmet("python")


def test_a_missing_dependency_is_a_problem() -> None:
    found = doctor._dependency("no-such-package")
    assert (found.ok, found.value) == (False, "missing")
    assert found.advice


@pytest.mark.parametrize(
    ("there", "asked", "fits"),
    [
        ("0.20", ">=0.20,<0.30", True),
        ("0.30.0", "<0.30,>=0.20", False),
        ("0.19.9", ">=0.20", False),
        ("2", ">=2.0", True),
        ("3.12.0rc1", ">=3.11", True),
        ("1.0", "", True),
        ("1.0", "===something", True),
        ("1.0", "<=1.0.0", True),
        ("1.0.1", ">1.0", True),
    ],
)
def test_a_range(there: str, asked: str, fits: bool) -> None:
    assert requirements.within(there, asked) is fits


def test_what_to_do_stands_below_the_table() -> None:
    outcome = run_process("doctor", env={"PYTHONIOENCODING": "ascii"})
    assert outcome.code == 0
    row = next(line for line in outcome.out.splitlines() if line.startswith("stdout"))
    assert row.endswith("see below")
    assert "\nstdout: some characters are shown as escapes; set PYTHONIOENCODING=utf-8" in outcome.out
    assert sys.executable in outcome.out
