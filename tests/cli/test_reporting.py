"""`--format` and `--report`: what is printed where, what is written, and what is refused before anything runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from adamw_cli.errors import ExitCode
from adamw_cli.gate import run as gate
from adamw_cli.report.formats import CHECK, VALIDATE
from tests.cli.terminal import BROKEN, FAILING, GOOD, run, run_process


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {"good": GOOD, "failing": FAILING, "broken": BROKEN}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def in_workflow(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    return folder / "summary.md"


@pytest.mark.parametrize("form", ["auto", *CHECK.formats])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("good", ExitCode.OK),
        ("failing", ExitCode.EXPECTATION_FAILED),
        ("broken", ExitCode.COULD_NOT_RUN),
    ],
)
def test_the_exit_code_is_the_same_in_every_format(
    capsys: pytest.CaptureFixture[str], name: str, code: ExitCode, form: str
) -> None:
    printed = run(capsys, "check", f"{name}.yaml", "-f", form)
    assert printed.code == code
    if form != "auto":
        written = run(capsys, "check", f"{name}.yaml", "--report", f"{form}=out")
        assert written.code == code
        if not form.startswith("junit"):
            assert Path("out").read_text() == printed.out


def test_a_symbolic_link_is_written_through_and_stays(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    for name in ("there", "dangling"):
        (files / f"{name}.json").symlink_to(f"{name}-target.json")
    (files / "there-target.json").write_text("an older and much longer report" * 1000)
    for name in ("there", "dangling"):
        assert run(capsys, "check", "good.yaml", "--report", f"json={name}.json").code == ExitCode.OK
        assert (files / f"{name}.json").is_symlink()
        assert json.loads((files / f"{name}-target.json").read_text())["summary"]["passed"] == 1


@pytest.mark.parametrize("form", ["auto", *VALIDATE.formats])
def test_validate_has_the_same_exit_codes_in_every_format(capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert run(capsys, "validate", "good.yaml", "-f", form).code == ExitCode.OK
    printed = run(capsys, "validate", "good.yaml", "broken.yaml", "-f", form)
    assert printed.code == ExitCode.COULD_NOT_RUN
    if form != "auto":
        assert run(capsys, "validate", "good.yaml", "broken.yaml", "--report", f"{form}=out").code == printed.code
        assert Path("out").read_text() == printed.out


def test_auto_is_full_without_a_workflow(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    full = run(capsys, "check", "failing.yaml", "-f", "full").out
    assert run(capsys, "check", "failing.yaml").out == full
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert run(capsys, "check", "failing.yaml").out == full


def test_auto_in_a_workflow_annotates_and_adds_to_the_summary(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    concise = run(capsys, "check", "failing.yaml", "-f", "concise").out
    markdown = run(capsys, "check", "failing.yaml", "-f", "markdown").out
    summary = in_workflow(monkeypatch, files)
    monkeypatch.setenv("FORCE_COLOR", "1")  # which many workflows set
    found = run(capsys, "check", "failing.yaml")
    assert found.code == ExitCode.EXPECTATION_FAILED
    annotation, rest = found.out.split("\n", 1)
    assert annotation.startswith("::error file=failing.yaml,line=8,col=5,")
    assert rest == concise
    assert summary.read_text() == markdown
    run(capsys, "check", "failing.yaml")
    assert summary.read_text() == f"{markdown}\n\n{markdown}"
    run(capsys, "check", "failing.yaml", "-f", "full")
    run(capsys, "validate", "broken.yaml")
    assert summary.read_text() == f"{markdown}\n\n{markdown}"


def test_auto_on_a_terminal_is_full_even_in_a_workflow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    summary = in_workflow(monkeypatch, files)
    monkeypatch.setattr("adamw_cli.cli.reporting.sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert "::error" not in run(capsys, "check", "failing.yaml").out
    assert not summary.exists()


def test_a_summary_that_cannot_be_written_is_a_warning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    in_workflow(monkeypatch, files)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(files / "no" / "summary.md"))
    found = run(capsys, "check", "good.yaml")
    assert found.code == ExitCode.OK
    assert "warning: the job summary" in found.err
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert "warning" not in run(capsys, "check", "good.yaml").err


def test_validate_in_a_workflow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    concise = run(capsys, "validate", "broken.yaml", "-f", "concise").out
    in_workflow(monkeypatch, files / "elsewhere")
    found = run(capsys, "validate", "broken.yaml").out
    assert found.startswith("::error file=broken.yaml,line=2,")
    assert found.endswith(concise)


def test_several_reports_are_written_anew_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    Path("old.json").write_text("old")
    reports = ["--report", "json=old.json", "--report", "junit=a b \u00fc.xml", "--report", "full=full.txt"]
    for _ in range(2):
        assert run(capsys, "check", "failing.yaml", "good.yaml", *reports).code == ExitCode.EXPECTATION_FAILED
    assert json.loads(Path("old.json").read_text())["summary"]["failed"] == 1
    assert ElementTree.parse("a b \u00fc.xml").getroot().get("failures") == "1"
    assert "\x1b" not in Path("full.txt").read_text()


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (["json"], "must be FORMAT=PATH"),
        (["jsn=a"], "did you mean 'json'?"),
        (["auto=a"], "there is no format 'auto'"),
        (["=a"], "there is no format ''"),
        (["json="], "needs the name of a file"),
        (["json=-"], "needs the name of a file"),
        (["json=no/such/a.json"], "there is no folder no/such"),
        (["json=."], "is a folder"),
        (["json=good.yaml"], "this might be a scenario"),
        (["json=a\0b"], "null"),
        ([f"json={'a' * 300}"], "File name too long"),
        (["json=good.yaml/a"], "there is no folder good.yaml"),
        (["json=/dev/stdout"], "--format says in which format"),
        (["json=/dev/../dev/fd/1"], "--format says in which format"),
        (["json=a", "junit=./a"], "another report goes into the same file"),
        (["json=a", "junit=link"], "another report goes into the same file"),
    ],
)
def test_what_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, report: list[str], message: str
) -> None:
    def unwanted(*_: object, **__: object) -> None:
        raise AssertionError("it ran")

    Path("link").symlink_to("a")
    monkeypatch.setattr("adamw_cli.gate.run.check_all", unwanted)
    found = run(capsys, "check", "good.yaml", *(part for given in report for part in ("--report", given)))
    assert found.code == ExitCode.COULD_NOT_RUN
    assert message in found.err
    assert found.out == ""
    assert Path("good.yaml").read_text() == GOOD


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a working directory cannot be removed")
def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = (
        "import os, sys; os.rmdir(os.getcwd()); from adamw_cli.cli.main import main; "
        "sys.exit(main(['check', 'plateau', '--report', 'json=a.json']))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=gone, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == ExitCode.COULD_NOT_RUN, done.stderr
    assert "the working directory does not exist" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a device that is always full")
def test_a_report_that_cannot_be_written_loses_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "check", "good.yaml", "--report", "json=/dev/full", "--report", "tap=a.tap")
    assert found.code == ExitCode.COULD_NOT_RUN
    assert "--report /dev/full: cannot be written" in found.err
    assert "1 passed" in found.out
    assert Path("a.tap").read_text().startswith("TAP version 14\n1..1\nok 1")


def test_an_interrupted_check_reports_what_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gather = gate._Crew.gather

    def interrupted(self: gate._Crew) -> None:
        gather(self)
        if self.results:
            raise KeyboardInterrupt

    monkeypatch.setattr(gate._Crew, "gather", interrupted)
    found = run(capsys, "check", "failing.yaml", "good.yaml", "broken.yaml", "--report", "json=a.json")
    assert found.code == ExitCode.INTERRUPTED
    assert found.err == "interrupted, 1 of 3 scenarios done\n"
    assert "2 more scenarios not run" in found.out
    summary = json.loads(Path("a.json").read_text())["summary"]
    assert (summary["failed"], summary["not_run"]) == (1, 2)


def test_a_bug_is_reported_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("adamw_cli.judging.check.judge", broken)
    assert run(capsys, "check", "good.yaml", "--report", "gitlab=a.json").code == ExitCode.BUG
    assert [item["check_name"] for item in json.loads(Path("a.json").read_text())] == ["E301"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="elsewhere names of files are text")
def test_a_name_that_is_no_text(files: Path) -> None:
    name = os.fsdecode(b"byte\xff.yaml")
    try:
        (files / name).write_text(FAILING)
    except OSError:
        pytest.skip("this file system takes text only")
    for form in CHECK.formats:
        done = run_process("check", ".", "--report", f"{form}=out", "-f", form, cwd=files)
        assert done.code == ExitCode.COULD_NOT_RUN, done.err  # broken.yaml is there
        assert (files / "out").read_bytes().decode()
        assert "bug" not in done.err
