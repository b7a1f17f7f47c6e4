"""Snapshots: written, compared, refused in CI, written anew; and files that are not what they should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adamw_cli.errors import ExitCode
from adamw_cli.gate import snapshots
from adamw_cli.judging.snapshots import SnapshotValues
from adamw_cli.scenario.model import Scenario
from tests.cli.terminal import run

TEXT = """\
version: 1
landscape: {kind: plateau}
start: [1.0, 0.0]
steps: 100
optimizers:
  adamw: {lr: 0.1, weight_decay: 0.1}
expect:
  - {metric: total_shrink, snapshot: true}
  - {metric: weight, at: 0, at_step: 50, snapshot: true, atol: 1e-3}
  - {metric: status, snapshot: true}
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "a.yaml").write_text(TEXT)
    return tmp_path / "a.yaml"


def stored(path: Path) -> Path:
    return path.parent / "__snapshots__" / "a.yaml.json"


def code(capsys: pytest.CaptureFixture[str], path: Path, *flags: str) -> ExitCode:
    return ExitCode(run(capsys, "check", str(path), *flags).code)


def test_written_when_missing_then_compared(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    assert code(capsys, path) == ExitCode.OK
    values = json.loads(stored(path).read_text())
    assert values["adamw/total_shrink"] == [pytest.approx(0.99**100), None]
    assert values["adamw/weight[0]@50"] == pytest.approx(0.99**50)
    assert values["adamw/status"] == "finished"
    assert code(capsys, path) == ExitCode.OK

    path.write_text(TEXT.replace("lr: 0.1,", "lr: 0.1000001,"))
    concise = run(capsys, "check", str(path), "-f", "concise")
    assert concise.code == ExitCode.EXPECTATION_FAILED
    assert "total_shrink of 'adamw' was expected to be the stored 0.36603234, but it is" in concise.out
    assert concise.out.count("E101") == 1  # the second is within its tolerance
    assert json.loads(stored(path).read_text()) == values

    assert code(capsys, path, "--update-snapshots") == ExitCode.OK
    assert json.loads(stored(path).read_text()) != values
    assert code(capsys, path) == ExitCode.OK


def test_what_was_stored_instead_of_compared_is_said(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    said = "3 values stored in __snapshots__, not compared: commit the folder"
    assert said in run(capsys, "check", str(path)).err
    assert "stored" not in run(capsys, "check", str(path)).err
    assert said in run(capsys, "check", str(path), "--update-snapshots").err


def test_a_word_and_a_missing_value_are_compared(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    code(capsys, path)
    data = json.loads(stored(path).read_text())
    stored(path).write_text(json.dumps({**data, "adamw/status": "diverged"}))
    assert code(capsys, path) == ExitCode.EXPECTATION_FAILED
    stored(path).write_text(json.dumps({**data, "adamw/total_shrink": [data["adamw/total_shrink"][0], 0.5]}))
    assert code(capsys, path) == ExitCode.EXPECTATION_FAILED


def test_what_is_only_stored_is_not_said_to_pass_against_expectation(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    path.write_text(path.read_text().replace("snapshot: true", "snapshot: true, xfail: later"))
    assert code(capsys, path) == ExitCode.OK
    assert "xpassed" in run(capsys, "check", str(path)).out


@pytest.mark.parametrize("value", ["longer", "shorter", "none", "one"])
def test_a_stored_value_of_another_shape_passes_nothing(
    capsys: pytest.CaptureFixture[str], path: Path, value: str
) -> None:
    code(capsys, path)
    data = json.loads(stored(path).read_text())
    shrink = data["adamw/total_shrink"]
    wrong = {"longer": [*shrink, *shrink], "shorter": shrink[:-1], "none": [None, *shrink], "one": shrink[0]}[value]
    stored(path).write_text(json.dumps({**data, "adamw/total_shrink": wrong}))
    found = run(capsys, "check", str(path))
    assert (found.code, "update the snapshot" in found.out) == (ExitCode.EXPECTATION_FAILED, True)
    stored(path).write_text(json.dumps({**data, "adamw/status": [data["adamw/status"]]}))
    assert code(capsys, path) != ExitCode.OK


def test_a_missing_value_is_a_failure_in_ci(
    capsys: pytest.CaptureFixture[str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    found = run(capsys, "check", str(path))
    assert found.code == ExitCode.EXPECTATION_FAILED
    assert "update_snapshots" in found.out
    assert not stored(path).exists()
    assert code(capsys, path, "--update-snapshots") == ExitCode.OK
    assert code(capsys, path) == ExitCode.OK


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"adamw/status": true}',
        '{"adamw/status": [[1]]}',
        # What is never written, and lets anything pass or nothing.
        '{"adamw/status": Infinity}',
        '{"adamw/status": NaN}',
        '{"adamw/status": 1e999}',
        '{"adamw/status": [1.0, -Infinity]}',
        f'{{"adamw/status": 1{"0" * 400}}}',
        f'{{"adamw/status": 1{"0" * 5000}}}',
    ],
)
def test_a_spoilt_file_is_an_error_that_leaves_it_alone(
    capsys: pytest.CaptureFixture[str], path: Path, content: str
) -> None:
    stored(path).parent.mkdir()
    stored(path).write_text(content)
    found = run(capsys, "check", str(path))
    assert found.code == ExitCode.COULD_NOT_RUN
    assert "E202" in found.out
    assert stored(path).read_text() == content


def test_a_scenario_that_goes_while_it_runs_is_no_bug(
    capsys: pytest.CaptureFixture[str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_before = snapshots.Snapshots.stored

    def vanish(keeper: snapshots.Snapshots, scenario: Scenario) -> SnapshotValues:
        values = stored_before(keeper, scenario)
        path.unlink()
        return values

    monkeypatch.setattr(snapshots.Snapshots, "stored", vanish)
    found = run(capsys, "check", str(path))
    assert found.code == ExitCode.COULD_NOT_RUN
    assert "is gone, and its values were not stored" in found.out


def test_a_huge_file_is_not_read_whole(
    capsys: pytest.CaptureFixture[str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MAX_BYTES", 1 << 20)
    stored(path).parent.mkdir()
    stored(path).write_bytes(b" " * (1 << 20) + b"{}")
    found = run(capsys, "check", str(path))
    assert found.code == ExitCode.COULD_NOT_RUN
    assert "larger than 1 MiB" in found.out


@pytest.mark.parametrize("content", [b"{", b"<<<<<<< ours", b"[" * 100_000, b'{"adamw/status": true}', b"\xff"])
def test_a_spoilt_file_is_written_anew_as_its_error_says(
    capsys: pytest.CaptureFixture[str], path: Path, content: bytes
) -> None:
    stored(path).parent.mkdir()
    stored(path).write_bytes(content)
    assert "`adamw check` with update_snapshots writes it" in run(capsys, "check", str(path)).out
    assert code(capsys, path, "--update-snapshots") == ExitCode.OK
    assert json.loads(stored(path).read_text())["adamw/status"] == "finished"
    assert code(capsys, path) == ExitCode.OK


def test_standard_input_has_no_place_for_them(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    found = run(capsys, "check", "-", stdin=path.read_text())
    assert found.code == ExitCode.COULD_NOT_RUN
    assert "beside a scenario's file" in found.out
