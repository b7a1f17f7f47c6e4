"""PATH:LINE: one expectation alone, by the command that a failure prints."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from adamw_cli.errors import ExitCode
from adamw_cli.gate.select import Chosen, chosen
from tests.cli.terminal import run

TEXT = """\
version: 1
landscape: {kind: plateau}
start: [1.0, 0.0]
steps: 100
optimizers:
  adamw: {lr: 0.1, weight_decay: 0.1}
expect:
  - {metric: total_shrink, at: 0, near: theory}
  - {metric: weight_norm, near: 3.0, rtol: 0.5}
  - metric: weight_norm
    below: 0.25
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "my scenarios"
    folder.mkdir()
    (folder / "a.yaml").write_text(TEXT)
    return Path("my scenarios/a.yaml")


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[int, str]]:
    data = json.loads(run(capsys, "check", *arguments, "-f", "json").out)
    return [(result["line"], result["outcome"]) for result in data["results"]]


def test_the_command_that_a_failure_prints_judges_it_alone(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    found = run(capsys, "check", str(path.parent))
    commands = [line.partition("reproduce")[2].strip() for line in found.out.splitlines() if "reproduce" in line]
    assert len(commands) == 2
    for command, line in zip(commands, (9, 10), strict=True):
        program, *arguments = shlex.split(command)
        assert program == "adamw"
        assert lines(capsys, *arguments[1:]) == [(line, "failed")]
        assert run(capsys, *arguments).code == ExitCode.EXPECTATION_FAILED


def test_a_failure_shows_the_numbers_in_full(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    out = run(capsys, "check", f"{path}:9").out
    shrunk = 1.0
    for _ in range(100):
        shrunk -= 0.1 * 0.1 * shrunk
    shown = {line.split("|")[-1].split()[0]: line for line in out.splitlines() if "|   " in line}
    measured = float(shown["measured"].split()[-1])
    assert measured == pytest.approx(shrunk, rel=1e-12)
    assert "near 3.0" in shown["expected"]
    assert "1.5 (rtol 0.5)" in shown["tolerance"]
    assert shown["misses"].endswith(f"{3.0 - measured!r} = {(3.0 - measured) / 1.5:.4g} tolerances")


def test_lines_of_one_file_add_up_and_a_whole_file_has_all(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    assert lines(capsys, f"{path}:8") == [(8, "passed")]
    assert lines(capsys, f"{path}:8:5", f"{path}:10") == [(8, "passed"), (10, "failed")]
    assert [line for line, _ in lines(capsys, f"{path}:8", str(path.parent))] == [8, 9, 10]
    assert [line for line, _ in lines(capsys, str(path.absolute()), f"{path}:8")] == [8, 9, 10]


def test_a_line_without_an_expectation_is_an_error_that_lists_them(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    found = run(capsys, "check", f"{path}:11")
    assert found.code == ExitCode.COULD_NOT_RUN
    assert "no expectation starts on line 11" in found.out
    assert "8, 9, 10" in found.out


def test_names_with_colons_are_names(path: Path) -> None:
    odd = path.with_name("b.yaml:8")
    odd.write_text(TEXT)
    assert chosen([str(odd)]) == [Chosen(str(odd))]
    assert chosen(["plateau:15"]) == [Chosen("plateau", frozenset({15}))]
    assert chosen(["no-such:3"]) == [Chosen("no-such:3")]
