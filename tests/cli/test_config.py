"""Settings from files and the environment: who beats whom, which file, and what `config show` says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from adamw_cli.cli.app import build
from adamw_cli.cli.settings import CONFIG_VARIABLE, key, variable
from adamw_cli.engine import choice
from adamw_cli.engine.private import ENVIRONMENT_VARIABLE
from adamw_cli.errors import ExitCode
from adamw_cli.settings import SHARED
from tests.cli.terminal import GOOD, Outcome, run

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = typer.main.get_command(build(terminal=False)).commands  # type: ignore[attr-defined]
SHOWN = ["table", "csv", "markdown", "json"]


def form_of(outcome: Outcome) -> str:
    """In which format a result was printed."""
    assert outcome.code == 0, outcome.err
    starts = {"{": "json", "|": "markdown", "#": "markdown", "quantity,": "csv", "decay of": "table"}
    (found,) = {form for start, form in starts.items() if outcome.out.startswith(start)}
    return found


def shown(capsys: pytest.CaptureFixture[str], command: str, name: str, *before: str) -> tuple[object, str, object]:
    """(value, source, line) of one setting, as `config show` has it."""
    outcome = run(capsys, *before, "config", "show", command, "--format", "json")
    assert outcome.code == 0, outcome.err
    (row,) = [row for row in json.loads(outcome.out)["settings"] if row["key"] == name]
    assert row["command"] == command
    return row["value"], row["source"], row["line"]


def test_a_flag_beats_the_environment_and_that_a_file_and_that_the_default(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert form_of(run(capsys, "half-life")) == "table"
    assert shown(capsys, "half-life", "format") == ("table", "default", None)
    (project / "adamw.toml").write_text("[half-life]\nformat = 'csv'\n")
    assert form_of(run(capsys, "half-life")) == "csv"
    assert shown(capsys, "half-life", "format") == ("csv", "file", 2)
    assert "[default: csv]" in run(capsys, "half-life", "--help").out
    monkeypatch.setenv("ADAMW_HALF_LIFE_FORMAT", "markdown")
    assert form_of(run(capsys, "half-life")) == "markdown"
    assert shown(capsys, "half-life", "format") == ("markdown", "environment", None)
    assert form_of(run(capsys, "half-life", "--format", "json")) == "json"
    monkeypatch.setenv("ADAMW_HALF_LIFE_FORMAT", "")  # as good as unset
    assert form_of(run(capsys, "half-life")) == "csv"
    assert form_of(run(capsys, "--no-config", "half-life")) == "table"
    assert shown(capsys, "half-life", "format", "--no-config") == ("table", "default", None)


def test_a_number_from_a_file_is_the_number_that_is_used(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "adamw.toml").write_text("[half_life]\nlr = 3e-4\nweight_decay = 1\n")  # an integer for a float
    by_file = run(capsys, "half-life", "--format", "json").out
    assert by_file == run(capsys, "half-life", "--lr", "3e-4", "--weight-decay", "1", "--format", "json").out
    assert by_file != run(capsys, "--no-config", "half-life", "--format", "json").out
    # and it is of no effect on another command
    assert run(capsys, "decay", "-f", "csv").out == run(capsys, "--no-config", "decay", "-f", "csv").out


def test_a_flag_of_a_file_can_be_taken_back_by_the_environment(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "nothing").mkdir()
    (project / "adamw.toml").write_text("[check]\nallow-empty = true\n")
    assert run(capsys, "check", "nothing").code == ExitCode.OK
    monkeypatch.setenv("ADAMW_CHECK_ALLOW_EMPTY", "0")
    assert run(capsys, "check", "nothing").code == ExitCode.NOTHING_MATCHED


def test_lists_and_an_option_that_takes_text(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "adamw.toml").write_text("[decay]\nstart = [0.5, 2]\n[simulate]\nsteps = 1e3\nset = ['seed=3']\n")
    by_file = run(capsys, "decay", "-f", "csv").out
    assert by_file == run(capsys, "--no-config", "decay", "--start", "0.5", "--start", "2", "-f", "csv").out
    monkeypatch.setenv("ADAMW_DECAY_START", "4")
    assert run(capsys, "decay", "-f", "csv").out == run(capsys, "--no-config", "decay", "--start", "4", "-f", "csv").out
    monkeypatch.setenv("ADAMW_DECAY_START", "0.5 2")
    assert run(capsys, "decay", "-f", "csv").out == by_file
    data = json.loads(run(capsys, "simulate", "plateau", "-f", "json").out)
    assert data["steps"] == 1000


def test_the_nearest_file_with_settings_counts(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def now() -> str:
        return form_of(run(capsys, "half-life"))

    below = project / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    (project / "adamw.toml").write_text("[half-life]\nformat = 'csv'\n")
    assert now() == "csv"
    # no table: passed over, whether it is TOML or not; broken, but with the table in sight: an error
    (below / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert now() == "csv"
    (below / "pyproject.toml").write_text("[tool]\nother = [\n")
    assert now() == "csv"
    (below / "pyproject.toml").write_bytes(b"\xff")
    assert now() == "csv"
    (below / "pyproject.toml").write_text("[tool.adamw.half-life]\nformat = [\n")
    assert run(capsys, "half-life").code == ExitCode.COULD_NOT_RUN
    for text in (
        "[tool.adamw.half-life]\nformat = 'json'",
        "[tool.adamw]\nhalf-life = {format = 'json'}",
        "[tool]\nadamw.half-life.format = 'json'",
        "tool.adamw.half-life.format = 'json'",
        "tool = {adamw = {half-life = {format = 'json'}}}",
        "[ tool . 'adamw' .half_life ]\nformat = 'json'",
    ):
        (below / "pyproject.toml").write_text(text)
        assert now() == "json", text
    (below / "adamw.toml").write_text("[half-life]\nformat = 'markdown'\n")  # of two in a folder, this
    assert now() == "markdown"
    (below / "adamw.toml").write_text("")  # it counts, and says nothing
    assert now() == "table"


def test_a_file_can_be_named(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "adamw.toml").write_text("[half-life]\nformat = 'csv'\n")
    (project / "mine.toml").write_text("[half-life]\nformat = 'json'\n")
    (project / "x").mkdir()
    (project / "x" / "pyproject.toml").write_text("[tool.adamw.half-life]\nformat = 'markdown'\n")
    monkeypatch.setenv(CONFIG_VARIABLE, "mine.toml")
    assert form_of(run(capsys, "half-life")) == "json"
    assert form_of(run(capsys, "--config", "x/pyproject.toml", "half-life")) == "markdown"
    assert form_of(run(capsys, "--no-config", "half-life")) == "table"
    monkeypatch.setenv(CONFIG_VARIABLE, os.devnull)
    assert form_of(run(capsys, "half-life")) == "table"
    (project / "x" / "pyproject.toml").write_text("[project]\n")
    missing = run(capsys, "--config", "x/pyproject.toml", "half-life")
    assert (missing.code, missing.out) == (ExitCode.COULD_NOT_RUN, "")
    assert "x/pyproject.toml: error[C103]: there is no table [tool.adamw]" in missing.err
    monkeypatch.setenv(CONFIG_VARIABLE, "nowhere.toml")
    lost = run(capsys, "half-life")
    assert lost.code == ExitCode.COULD_NOT_RUN
    assert "nowhere.toml: error[C101]: cannot be read" in lost.err
    assert lost.err.endswith(f"  {CONFIG_VARIABLE} in the environment names this file\n")
    assert CONFIG_VARIABLE not in run(capsys, "--config", "nowhere.toml", "half-life").err
    for wrong in (["--config", ""], ["--config", "mine.toml", "--no-config"]):
        outcome = run(capsys, *wrong, "half-life")
        assert outcome.code == ExitCode.COULD_NOT_RUN
        assert "--no-config" in outcome.err


def test_paths_of_a_file_start_at_its_folder(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "claims").mkdir()
    (project / "claims" / "one.yaml").write_text(GOOD)
    (project / "below").mkdir()
    names = ["claims/one.yaml", "claims/one.yaml:8", "plateau", "claims/27_momentum_overshoots", "claims/no.yaml", "-"]
    text = f"[check]\npaths = {names}\n[simulate]\nscenarios = ['claims/one.yaml']\ntrace = 'out.csv'\n"
    (project / "adamw.toml").write_text(text)
    assert shown(capsys, "check", "paths")[0] == names
    monkeypatch.chdir(project / "below")
    up = os.path.join("..", "")
    expected = [f"{up}{n}" if n.startswith("claims/") and "27" not in n else n for n in names]
    assert shown(capsys, "check", "paths")[0] == expected
    assert run(capsys, "simulate").code == 0
    assert (project / "out.csv").exists()
    assert not list((project / "below").iterdir())
    # on the command line and in the environment they start where one stands
    assert "'claims/one.yaml': no such file" in run(capsys, "simulate", "claims/one.yaml").err
    monkeypatch.setenv("ADAMW_SIMULATE_SCENARIOS", "claims/one.yaml")
    assert "'claims/one.yaml': no such file" in run(capsys, "simulate").err


@pytest.mark.parametrize("command", ["check", "validate"])
def test_bare_check_in_a_project(capsys: pytest.CaptureFixture[str], project: Path, command: str) -> None:
    missing = run(capsys, command)
    assert missing.code == ExitCode.COULD_NOT_RUN
    assert "Missing argument 'PATH'" in missing.err
    (project / "scenarios").mkdir()
    (project / "scenarios" / "mine.yaml").write_text(GOOD)
    (project / "pyproject.toml").write_text(f"[tool.adamw.{command}]\npaths = ['scenarios/']\nformat = 'json'\n")
    bare = run(capsys, command)
    assert bare.code == 0
    assert bare.out == run(capsys, command, "scenarios/").out
    # what is given replaces what is set
    chosen = run(capsys, command, "plateau", "box").out
    assert chosen == run(capsys, "--no-config", command, "plateau", "box", "--format", "json").out
    assert chosen != bare.out


def test_show_has_every_option_of_every_command(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    rows = json.loads(run(capsys, "config", "show", "-f", "json").out)["settings"]
    assert {row["source"] for row in rows} == {"default"}
    declared = [(name, p) for name, command in COMMANDS.items() for p in command.params]
    options = {(name, p.opts[0]) for name, p in declared if p.param_type_name == "option"}
    assert {(row["command"], row["option"]) for row in rows if row["option"].startswith("--")} == options
    lists = {(name, p.name) for name, p in declared if p.param_type_name == "argument" and p.nargs == -1}
    assert lists >= {("check", "paths"), ("validate", "paths"), ("simulate", "scenarios")}
    assert {(row["command"], row["key"]) for row in rows if not row["option"].startswith("--")} == lists
    unknown = run(capsys, "config", "show", "chek")
    assert unknown.code == ExitCode.COULD_NOT_RUN
    assert "did you mean 'check'?" in unknown.err


@pytest.mark.parametrize("form", SHOWN)
def test_show_names_the_source(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    (project / "pyproject.toml").write_text("[project]\n\n[tool.adamw.validate]\npaths = ['a', 'b']\n")
    monkeypatch.setenv("ADAMW_VALIDATE_ALLOW_EMPTY", "yes")
    out = run(capsys, "config", "show", "validate", "--format", form).out
    if form == "csv":
        assert "validate,PATH,paths,ADAMW_VALIDATE_PATHS,a b,file,pyproject.toml,4\n" in out
        assert "--allow-empty,allow-empty,ADAMW_VALIDATE_ALLOW_EMPTY,true,environment,,\n" in out
    elif form == "json":
        data = json.loads(out)
        assert data["file"] == "pyproject.toml"
        assert [row["value"] for row in data["settings"] if row["source"] != "default"] == [["a", "b"], True]
    else:
        assert "settings: pyproject.toml" in out
        lines = [re.sub(r"[ |]+", " ", line).strip() for line in out.splitlines()]
        assert "validate PATH a b pyproject.toml:4" in lines
        assert "validate --allow-empty true ADAMW_VALIDATE_ALLOW_EMPTY" in lines
        assert "validate --format auto default" in lines


def test_a_variable_that_is_no_setting_is_pointed_out(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "config", "show").err == ""
    monkeypatch.setenv("ADAMW_CHEK_FORMAT", "json")
    outcome = run(capsys, "config", "show")
    assert outcome.code == 0
    assert "ADAMW_CHEK_FORMAT is set, but no setting has this name: did you mean 'ADAMW_CHECK_FORMAT'?" in outcome.err


def test_no_two_settings_have_one_name_and_none_that_of_another_variable() -> None:
    names = [CONFIG_VARIABLE, ENVIRONMENT_VARIABLE, choice.ENVIRONMENT_VARIABLE]
    for command, declared in COMMANDS.items():
        settable = [p for p in declared.params if p.envvar is not None]
        keys = [key(parameter) for parameter in settable]
        assert len(set(keys)) == len(keys), command
        own = [p.envvar if isinstance(p.envvar, str) else p.envvar[0] for p in settable]
        assert own == [variable(command, name) for name in keys]
        names += [name for name, parameter in zip(own, settable, strict=True) if key(parameter) != SHARED]
    assert len(set(names)) == len(names)
    assert "ADAMW_CHECK_ALLOW_EMPTY" in names


def test_help_and_version_have_no_variable(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run(capsys, "half-life")
    for name in ("ADAMW_VERSION", "ADAMW_HELP", "ADAMW_HALF_LIFE_HELP", "ADAMW_NO_CONFIG", "ADAMW_HALF_LIFE_FORM"):
        monkeypatch.setenv(name, "1")
    assert run(capsys, "half-life") == before


@pytest.mark.parametrize("text", [None, "[project]\nname = 'adamw-notes'\n"])
def test_without_settings_no_toml_is_parsed(project: Path, text: str | None) -> None:
    if text is not None:
        (project / "pyproject.toml").write_text(text)
    script = """
import sys
from adamw_cli.cli.main import main
assert main(["half-life"]) == 0
sys.exit(int("tomllib" in sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0


def test_a_working_directory_that_is_gone(project: Path) -> None:
    gone = project / "gone"
    gone.mkdir()
    script = "import os, sys; os.rmdir(os.getcwd()); from adamw_cli.cli.main import main; sys.exit(main(['half-life']))"
    done = subprocess.run([sys.executable, "-c", script], cwd=gone, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_example_of_the_document_is_a_file_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    document = (ROOT / "docs" / "config.md").read_text()
    example = ROOT / "docs" / "config-example.toml"
    assert f"```toml\n{example.read_text()}```" in document
    assert run(capsys, "--config", str(example), "config", "show").code == 0
