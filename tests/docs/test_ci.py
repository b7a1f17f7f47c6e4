"""What other people's CI takes from here: the action, the hooks and the recipes, run as far as that goes without the services."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from adamw_cli.errors import ExitCode
from tests.cli.terminal import FAILING, GOOD, run

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
CI = (ROOT / "docs" / "ci.md").read_text()
RECIPES = re.findall(r"^```(?:yaml|groovy)\n(.*?)^```$", CI, re.MULTILINE | re.DOTALL)
bash = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a scenario that passes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "a.yaml").write_text(GOOD)
    return tmp_path


def step(name: str) -> dict[str, Any]:
    (found,) = [step for step in ACTION["runs"]["steps"] if step.get("name") == name]
    return dict(found)


def shell(script: str, cwd: Path, path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What GitHub does with `shell: bash`."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=cwd,
        env={**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def programs(folder: Path, **scripts: str) -> Path:
    folder.mkdir()
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


@bash
@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (FAILING, 1)])
def test_the_action_checks_what_it_is_given(project: Path, tmp_path: Path, text: str, code: int) -> None:
    spaced = project / "my scenarios"
    spaced.mkdir()
    (spaced / "b.yaml").write_text(text)
    path = programs(tmp_path / "bin", adamw=f'exec "{sys.executable}" -m adamw_cli "$@"')
    arguments = "scenarios/\nmy scenarios\n\n--format=concise\n-k\ntotal_shrink or half_life\n"
    done = shell(step("adamw check")["run"], project, path, ARGUMENTS=arguments, PYTHONPATH=str(ROOT))
    assert done.returncode == code, done.stderr
    assert done.stdout.splitlines()[-1].startswith("2 scenarios, 2 expectations")


@bash
def test_the_action_passes_on_arguments_as_they_are(project: Path, tmp_path: Path) -> None:
    path = programs(tmp_path / "bin", adamw='printf "<%s>\\n" "$@"')
    arguments = "$(touch stolen)\n; touch stolen\n`touch stolen`\n*"
    done = shell(step("adamw check")["run"], project, path, ARGUMENTS=arguments)
    assert done.stdout.splitlines() == [f"<{argument}>" for argument in ["check", *arguments.splitlines()]]
    assert not (project / "stolen").exists()


@bash
def test_the_action_installs_what_is_required_and_hands_on_where(project: Path, tmp_path: Path) -> None:
    """With a Python that notes what it is asked for: installing is pip's work."""
    python = (
        'if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; else echo "$0 $*" >> "$FOLDER/log"; fi'
    )
    path = programs(tmp_path / "bin", python=python)
    github = {"GITHUB_PATH": str(project / "path"), "GITHUB_ENV": str(project / "env"), "FOLDER": str(project / "f")}
    done = shell(step("Install adamw")["run"], project, path, REQUIREMENT="adamw-cli >= 0.1; x", **github)
    assert done.returncode == 0, done.stderr
    scripts = project / "f" / "environment" / "bin"
    log = (project / "f" / "log").read_text()
    assert log == f"{scripts}/python -m pip install --quiet --disable-pip-version-check adamw-cli >= 0.1; x\n"
    assert (project / "path").read_text() == f"{scripts}\n"
    assert (project / "env").read_text() == f"ADAMW_CACHE_DIR={project}/f/kernels\n"
    assert step("Keep compiled kernels")["with"]["path"] == "${{ runner.temp }}/adamw/kernels"


def test_the_action_is_one() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert all(ACTION[key] for key in ("name", "description"))
    for one in ACTION["runs"]["steps"]:
        assert ("uses" in one) != ("run" in one)
        assert "run" not in one or one["shell"] == "bash"
        assert "uses" not in one or re.fullmatch(r"actions/[a-z-]+@v\d+", one["uses"])
        assert "${{" not in one.get("run", ""), "what an input has in it would be run"
        used = re.findall(r"inputs\.([a-z-]+)", str(one))
        assert set(used) <= set(ACTION["inputs"])
    for given in ACTION["inputs"].values():
        assert given["description"]
        assert given["required"] is False


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_judges_the_files_it_is_for(
    capsys: pytest.CaptureFixture[str], project: Path, hook: dict[str, Any]
) -> None:
    files = ["scenarios/a.yaml", "deep/scenarios/b.yml", "a.yaml", "scenarios/a.txt", "my_scenarios/a.yaml"]
    assert [name for name in files if re.search(hook["files"], name)] == files[:2]
    program, *arguments = shlex.split(hook["entry"])
    assert program == "adamw"
    assert run(capsys, *arguments, "scenarios/a.yaml").code == ExitCode.OK
    (project / "scenarios" / "a.yaml").write_text(GOOD.replace("version: 1", "version: 2"))
    assert run(capsys, *arguments, "scenarios/a.yaml").code == ExitCode.COULD_NOT_RUN


def test_pre_commit_takes_the_hooks() -> None:
    pytest.importorskip("pre_commit")
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    subprocess.run(command, check=True)


def test_the_recipe_for_hooks_names_hooks_that_exist() -> None:
    (recipe,) = [yaml.safe_load(text) for text in RECIPES if text.startswith("repos:")]
    assert {hook["id"] for hook in recipe["repos"][0]["hooks"]} == {hook["id"] for hook in HOOKS}


def test_the_recipe_for_the_action_gives_it_inputs_that_it_has() -> None:
    (recipe,) = [yaml.safe_load(text) for text in RECIPES if text.startswith("name:")]
    used = recipe["jobs"]["adamw"]["steps"][1]
    assert set(used["with"]) <= set(ACTION["inputs"])


def commands() -> list[str]:
    return [
        line.replace("${{ matrix.part }}", "2")
        for text in RECIPES
        for line in re.findall(r"(?:- run: |- |sh '(?:\.venv/bin/)?)(adamw [^\n']*)", text)
        if not line.startswith("adamw-")
    ]


@pytest.mark.parametrize("command", commands())
def test_a_recipes_command(capsys: pytest.CaptureFixture[str], project: Path, command: str) -> None:
    _, *arguments = shlex.split(command)
    assert run(capsys, *arguments).code == ExitCode.OK
    for report in re.findall(r"--report [a-z-]+=(\S+)", command):
        assert (project / report).stat().st_size
    artifacts = re.findall(r"(?:junit|codequality|pattern): '?(adamw\.\w+)", CI)
    assert set(artifacts) == {"adamw.xml", "adamw.json"}


def test_there_are_recipes() -> None:
    assert len(commands()) >= 4
    assert "adamw check scenarios/ --report junit-strict=adamw.xml" in commands()
