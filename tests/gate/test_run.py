"""Many scenarios: in order whatever the number of workers, none taken down by another, and an end on request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from adamw_cli.errors import ExitCode, UsageError
from adamw_cli.gate import run as gate
from adamw_cli.gate.run import Limits, check_all
from adamw_cli.gate.select import selected
from adamw_cli.judging.check import BUG, NO_MEMORY, TIMEOUT, CheckResult
from adamw_cli.judging.snapshots import NOWHERE, SnapshotValues
from adamw_cli.scenario.model import Scenario
from tests.cli.terminal import BROKEN, FAILING, GOOD, UNJUDGED, run

FOREVER = GOOD.replace("steps: 100", "steps: 1e12")
DIVERGES = GOOD.replace("weight_decay: 0.1", "weight_decay: -1e9").replace("half_life", "status").replace(
    "near: theory", "equals: diverged"
)  # fmt: skip


class Doing:
    """A SnapshotKeeper that does something of its own for scenarios of some names."""

    def __init__(self, **actions: object) -> None:
        self.actions = actions

    def stored(self, scenario: Scenario) -> SnapshotValues:
        action = self.actions.get(scenario.name)
        if isinstance(action, BaseException):
            raise action
        if isinstance(action, float):
            time.sleep(action)
        return NOWHERE

    def keep(self, scenario: Scenario, values: Mapping[str, object]) -> None:
        raise AssertionError("nothing here is a snapshot")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, text in enumerate([GOOD, FAILING, BROKEN, GOOD, UNJUDGED, DIVERGES, FAILING, GOOD]):
        (tmp_path / f"s{number}.yaml").write_text(text)
    return tmp_path


def outcomes(result: CheckResult) -> list[tuple[str, str]]:
    return [
        (Path(file.path).stem, file.problems[0].code if file.problems else file.judged[0].verdict.outcome)
        for file in result.files
    ]


ALL = [
    ("s0", "passed"), ("s1", "failed"), ("s2", "S103"), ("s3", "passed"), ("s4", "error"), ("s5", "passed"),
    ("s6", "failed"), ("s7", "passed"),
]  # fmt: skip


@pytest.mark.parametrize("jobs", [1, 2, 3, 16, 0])
def test_results_are_in_order_whoever_is_done_first(folder: Path, jobs: int) -> None:
    slow = Doing(s0=0.3, s3=0.1)
    assert outcomes(check_all(selected([str(folder)]), keeper=slow, limits=Limits(jobs))) == ALL


@pytest.mark.parametrize("form", ["full", "concise", "json", "csv", "markdown"])
def test_the_number_of_workers_changes_no_byte(capsys: pytest.CaptureFixture[str], folder: Path, form: str) -> None:
    for flags in ([], ["-x"], ["--max-failures", "2"], ["--strict"]):
        one, three = (run(capsys, "check", str(folder), "-f", form, "-n", n, *flags) for n in ("1", "3"))
        assert one == three


def test_it_stops_after_as_many_failures_as_are_allowed(folder: Path) -> None:
    for allowed, last in ((1, 2), (2, 3), (3, 5), (4, 7), (5, 8)):
        result = check_all(selected([str(folder)]), limits=Limits(4, max_failures=allowed))
        assert outcomes(result) == ALL[:last]
        assert result.not_run == len(ALL) - last


def test_what_was_not_run_is_said(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    found = run(capsys, "check", str(folder), "-x", "-f", "concise")
    assert found.code == ExitCode.EXPECTATION_FAILED
    assert found.out.splitlines()[-1] == "2 scenarios, 2 expectations: 1 passed, 1 failed; 6 more scenarios not run"
    assert json.loads(run(capsys, "check", str(folder), "-x", "-f", "json").out)["summary"]["not_run"] == 6


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_scenario_that_runs_too_long_is_stopped_and_the_others_are_not(folder: Path, jobs: int) -> None:
    (folder / "s3.yaml").write_text(FOREVER)
    result = check_all(selected([str(folder)]), limits=Limits(jobs, timeout=3.0))
    assert outcomes(result) == [*ALL[:3], ("s3", TIMEOUT), *ALL[4:]]
    assert "longer than 3 s" in result.files[3].problems[0].message
    assert result.exit_code == ExitCode.COULD_NOT_RUN


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_scenario_that_does_not_stop_when_asked_is_given_up(
    monkeypatch: pytest.MonkeyPatch, folder: Path, jobs: int
) -> None:
    monkeypatch.setattr(gate, "_GRACE_SECONDS", 0.1)
    monkeypatch.setattr(gate, "_PARTING_SECONDS", 0.0)
    result = check_all(selected([str(folder)]), keeper=Doing(s3=20.0), limits=Limits(jobs, timeout=3.0))
    assert outcomes(result) == [*ALL[:3], ("s3", TIMEOUT), *ALL[4:]]
    assert "did not stop when asked" in result.files[3].problems[0].hint


def test_a_bug_in_one_scenario_leaves_the_others_and_is_exit_code_3(folder: Path) -> None:
    result = check_all(selected([str(folder)]), keeper=Doing(s3=ZeroDivisionError("by none"), s7=MemoryError()))
    assert outcomes(result) == [*ALL[:3], ("s3", BUG), *ALL[4:7], ("s7", NO_MEMORY)]
    assert "ZeroDivisionError: by none" in result.files[3].problems[0].message
    assert result.exit_code == ExitCode.BUG
    assert isinstance(result.bug, ZeroDivisionError)


def test_a_bug_reaches_the_user_after_the_report(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: object, scenario: Scenario) -> SnapshotValues:
        raise ZeroDivisionError("by none")

    monkeypatch.setattr("adamw_cli.gate.snapshots.Snapshots.stored", fails)
    found = run(capsys, "check", str(folder), "-f", "concise")
    assert found.code == ExitCode.BUG
    assert found.out.count("E301 this is a bug in adamw: ZeroDivisionError: by none") == len(ALL) - 1
    assert "please report it" in found.err
    assert "Traceback" not in found.out + found.err
    assert "in fails" in run(capsys, "check", str(folder), "--traceback").err


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_ctrl_c_prints_what_was_done(folder: Path, jobs: str) -> None:
    written = folder / "__snapshots__" / "s6.yaml.json"  # by the last scenario that ends
    (folder / "s6.yaml").write_text(f"{FAILING}  - {{metric: status, snapshot: true}}\n")
    (folder / "s7.yaml").write_text(FOREVER)
    # Jobs in the background are born deaf to Ctrl-C; this one listens all the same.
    listens = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "runpy.run_module('adamw_cli', run_name='__main__')"
    )
    command = [sys.executable, "-c", listens, "check", str(folder), "-f", "concise", "-n", jobs, "--timeout", "0"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "CI"},
    )
    try:
        for _ in range(600):
            time.sleep(0.1)
            if written.exists():
                break
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == ExitCode.INTERRUPTED
    stored = "1 value stored in __snapshots__, not compared: commit the folder"
    assert err.splitlines() == [stored, "interrupted, 7 of 8 scenarios done"]
    assert "7 scenarios, 7 expectations: 4 passed, 2 failed, 2 errors; 1 more scenario not run" in out


def test_memory_does_not_grow_with_the_number_of_scenarios(folder: Path) -> None:
    """What is kept of a scenario is small beside the scenario, which is 31 kB."""
    import tracemalloc

    def kept(count: int) -> int:
        for number in range(count):
            (folder / f"more{number}.yaml").write_text(GOOD)
        tracemalloc.start()
        result = check_all(selected([str(folder)]))
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(result.files) == count + len(ALL)
        return size

    kept(20)  # whatever is cached once
    few = kept(20)
    assert (kept(220) - few) / 200 < 8_000


def test_strict_counts_empty_and_misleading_scenarios_as_failures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.partition("expect:")[0])
    (tmp_path / "b.yaml").write_text(GOOD.replace("weight_decay: 0.1", "weight_decay: 15"))
    (tmp_path / "c.yaml").write_text(GOOD)
    assert run(capsys, "check", str(tmp_path)).code == ExitCode.OK
    found = run(capsys, "check", str(tmp_path), "--strict", "-f", "concise")
    assert found.code == ExitCode.EXPECTATION_FAILED
    assert f"{tmp_path / 'a.yaml'}: E103 the scenario expects nothing" in found.out
    assert f"{tmp_path / 'b.yaml'}: E104 adamw: lr*weight_decay is 1.5" in found.out
    assert found.out.splitlines()[-1] == "3 scenarios, 2 expectations: 2 passed, 2 failed"


def test_failures_can_be_forgiven_and_errors_cannot(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert run(capsys, "check", str(folder / "s1.yaml"), "--exit-zero").code == ExitCode.OK
    assert run(capsys, "check", str(folder / "s2.yaml"), "--exit-zero").code == ExitCode.COULD_NOT_RUN
    empty = folder / "empty"
    empty.mkdir()
    assert run(capsys, "check", str(empty), "--exit-zero").code == ExitCode.NOTHING_MATCHED


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1"])
def test_a_timeout_that_is_none_is_an_error(capsys: pytest.CaptureFixture[str], folder: Path, seconds: str) -> None:
    found = run(capsys, "check", str(folder), "--timeout", seconds)
    assert found.code == ExitCode.COULD_NOT_RUN
    assert "timeout" in found.err


def test_durations_are_on_standard_error(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    plain = run(capsys, "check", str(folder), "-f", "json")
    timed = run(capsys, "check", str(folder), "-f", "json", "--durations", "3")
    assert timed.out == plain.out
    first, *rows = timed.err.splitlines()
    assert first == "slowest of 8:"
    seconds = [float(row.split()[0]) for row in rows]
    assert len(rows) == 3
    assert seconds == sorted(seconds, reverse=True)


@pytest.mark.parametrize("limits", [{"jobs": -1}, {"max_failures": -1}])
def test_numbers_below_zero_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="must be at least 0"):
        Limits(**limits)
