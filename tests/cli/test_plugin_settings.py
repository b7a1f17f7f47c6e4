"""Who names plug-in files: settings, the environment, the command line; and what is said of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from adamw_cli import registry
from adamw_cli.errors import ExitCode
from tests.cli.terminal import Outcome, run
from tests.plugins.pieces import LARGEST_WEIGHT, PLATEAU, SIGNSGD, shown_files


def good(outcome: Outcome) -> str:
    assert outcome.code == 0, outcome.err
    return outcome.out


@pytest.fixture
def rules(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a plug-in in `rules/` and a scenario that needs it in `deep/`, which is the working folder."""
    (project / "rules").mkdir()
    (project / "rules" / "signsgd.py").write_text(SIGNSGD.read_text())
    (project / "deep").mkdir()
    (project / "deep" / "s.yaml").write_text(PLATEAU)
    monkeypatch.chdir(project / "deep")
    return project


@pytest.mark.parametrize("name", ["adamw.toml", "pyproject.toml"])
def test_settings_name_them_from_their_own_folder(capsys: pytest.CaptureFixture[str], rules: Path, name: str) -> None:
    head = "[tool.adamw]\n" if name == "pyproject.toml" else ""
    assert run(capsys, "check", "s.yaml").code == ExitCode.COULD_NOT_RUN
    (rules / name).write_text(f"{head}plugins = ['rules/signsgd.py']\n")
    good(run(capsys, "check", "s.yaml"))
    rows = json.loads(good(run(capsys, "config", "show", "-f", "json")))["settings"]
    (row,) = [row for row in rows if row["command"] == "simulate" and row["key"] == "plugins"]
    assert (row["value"], row["source"], row["line"]) == (["../rules/signsgd.py"], "file", 2 if head else 1)
    assert (row["option"], row["variable"]) == ("--plugin", "ADAMW_PLUGINS")
    registry._added.clear()
    (rules / name).write_text(
        f"{head}plugins = ['rules/signsgd.py']\n[{'tool.adamw.' if head else ''}check]\nplugins = []\n"
    )
    good(run(capsys, "simulate", "s.yaml"))
    registry._added.clear()
    assert run(capsys, "check", "s.yaml").code == ExitCode.COULD_NOT_RUN


def test_the_environment_names_them_and_the_command_line_others_instead(
    capsys: pytest.CaptureFixture[str], rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rules / "adamw.toml").write_text("plugins = ['nowhere.py']\n")
    lost = run(capsys, "check", "s.yaml")
    assert lost.code == ExitCode.COULD_NOT_RUN
    assert "plug-in ../nowhere.py: there is no such file" in lost.err
    assert "with --plugin from ../adamw.toml:1" in lost.err
    monkeypatch.setenv("ADAMW_PLUGINS", f"../rules/signsgd.py{os.pathsep}{LARGEST_WEIGHT}")
    good(run(capsys, "check", "s.yaml"))
    assert registry.has("metrics", "largest_weight")
    registry._added.clear()
    good(run(capsys, "check", "s.yaml", "--plugin", "../rules/signsgd.py"))
    assert not registry.has("metrics", "largest_weight")
    assert "is set, but no setting" not in good(run(capsys, "config", "show"))


@pytest.mark.parametrize("text", ["{file}:", ":{file}", "{file}::{file}", ":"])
def test_an_empty_part_of_the_variable_is_none(
    capsys: pytest.CaptureFixture[str], rules: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (rules / "adamw.toml").write_text("plugins = ['nowhere.py']\n")  # which the variable replaces
    monkeypatch.setenv("ADAMW_PLUGINS", text.format(file="../rules/signsgd.py").replace(":", os.pathsep))
    good(run(capsys, "list", "optimizers"))
    assert registry.has("optimizers", "signsgd") == ("file" in text)
    missing = run(capsys, "list", "optimizers", "--plugin", "")
    assert missing.code == ExitCode.COULD_NOT_RUN
    assert "there is no such file" in missing.err


def test_what_only_computes_does_not_look(capsys: pytest.CaptureFixture[str], rules: Path) -> None:
    (rules / "adamw.toml").write_text("plugins = ['nowhere.py']\n")
    good(run(capsys, "defaults"))
    good(run(capsys, "theory"))


def test_a_schedule_that_settings_name_has_its_flags(capsys: pytest.CaptureFixture[str], rules: Path) -> None:
    (rules / "rules" / "halved.py").write_text(shown_files()["halved.py"])
    (rules / "adamw.toml").write_text("plugins = ['rules/halved.py']\n[half-life]\nschedule = 'halved'\n")
    out = good(run(capsys, "half-life", "--after", "3", "--steps", "9", "-f", "json"))
    assert json.loads(out)["effective_steps"] == 6.0
    (rules / "rules" / "halved.py").unlink()
    lost = run(capsys, "half-life", "--after", "3", "--steps", "9")
    assert lost.code == ExitCode.COULD_NOT_RUN
    assert "with --plugin from ../adamw.toml:1" in lost.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plugins = 'rules/signsgd.py'\n", "'plugins' must be an array, it is text"),
        ("plugins = [true]\n[half-life]\nlr = true\n", "each of 'plugins' must be text"),
        ("plugin = ['a.py']\n", "`plugins` alone before them"),
        ("[defaults]\nplugins = ['a.py']\n", "`adamw defaults` has no setting 'plugins'"),
    ],
)
def test_what_is_wrong_with_the_setting(capsys: pytest.CaptureFixture[str], rules: Path, text: str, says: str) -> None:
    (rules / "adamw.toml").write_text(text)
    outcome = run(capsys, "half-life")
    assert outcome.code == ExitCode.COULD_NOT_RUN
    assert outcome.err.count(says) == 1
