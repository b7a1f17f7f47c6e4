"""Streams that are closed, full or broken, and signals: an exit code that says so, and no traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.terminal import LISTENS, run, run_in_shell, run_process

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_every_command_ends_well_whatever_its_streams_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.streams"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    found = json.loads(done.stdout)
    assert len(found) > 100
    for command, condition, code, errors in found:
        assert code in (0, 1, 2), (command, condition, code, errors)
        assert not any(word in errors for word in ("Traceback", "bug in adamw", "Exception ignored")), (
            command,
            condition,
            errors,
        )
        prints = command not in ("none", "missing", "simulate -", "init")
        if condition in ("stdout full", "all full") and prints:
            assert code == 2, (command, condition)
        if condition == "stdout full" and prints:
            assert "No space left on device" in errors, (command, errors)
        if condition in ("stdout closed", "stdout broken", "stderr closed", "stderr full") and prints:
            assert code == 0, (command, condition, errors)


@pytest.mark.parametrize(
    ("arguments", "stream"), [(["--version"], "out"), (["--help"], "out"), (["half-life"], "out"), (["nothing"], "err")]
)
def test_a_full_disk_is_no_120_of_the_interpreter(arguments: list[str], stream: str) -> None:
    with open("/dev/full", "w") as full:
        given = {"stdout": full} if stream == "out" else {"stderr": full}
        assert subprocess.run([sys.executable, "-m", "adamw_cli", *arguments], check=False, **given).returncode == 2


@pytest.mark.parametrize("encoding", ["idna", "punycode", "utf-7", "utf-16", "cp500", "ascii"])
def test_any_encoding_of_the_streams_will_do(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "adamw_cli", "half-life"],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert "69314.371" in done.stdout.decode("utf-8" if encoding == "idna" else encoding)


@pytest.mark.parametrize("megabytes", [100, 150, 200])
def test_little_memory_is_said(megabytes: int) -> None:
    outcome = run_in_shell(f'ulimit -v {megabytes << 10}; exec "$@"', "simulate", "plateau")
    if "OpenBLAS error" not in outcome.err:  # which ends the process itself, with 1
        assert outcome.code in (0, 2), outcome.err
    assert "Traceback" not in outcome.err
    assert "bug in adamw" not in outcome.err


FOREVER = """\
version: 1
landscape: {kind: plateau}
start: [1.0]
steps: 1e12
optimizers: {adamw: {lr: 1e-3}}
expect: [{metric: status, equals: finished}]
"""


def ended(arguments: list[str], number: int, after: Path | float, folder: Path) -> tuple[int, str, str]:
    """Exit code and output of a command that gets a signal after some seconds, or once a file is there."""
    script = (
        f"import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); {LISTENS}"  # also if the tests run under nohup
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), "CI": ""},
    )  # fmt: skip
    try:
        if isinstance(after, Path):
            for _ in range(600):
                time.sleep(0.1)
                if after.exists():
                    break
            after = 1.0
        time.sleep(after)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, out, err


SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_check_that_a_signal_ends_reports_what_is_done(tmp_path: Path, number: int, code: int) -> None:
    short = FOREVER.replace("1e12", "10").replace("equals: finished", "snapshot: true")
    (tmp_path / "a.yaml").write_text(short)
    (tmp_path / "b.yaml").write_text(FOREVER)
    arguments = ["check", "a.yaml", "b.yaml", "-f", "concise", "--report", "json=report.json", "--timeout", "0"]
    done, out, err = ended(arguments, number, tmp_path / "__snapshots__" / "a.yaml.json", tmp_path)
    assert (done, err.splitlines()[-1]) == (code, "interrupted, 1 of 2 scenarios done")
    assert "1 scenario, 1 expectation: 1 passed; 1 more scenario not run" in out
    summary = json.loads((tmp_path / "report.json").read_text())["summary"]
    assert (summary["passed"], summary["not_run"]) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_simulation_ends_quietly(tmp_path: Path, number: int, code: int) -> None:
    (tmp_path / "a.yaml").write_text(FOREVER)
    done, out, err = ended(["simulate", "a.yaml", "--trace", "t.csv"], number, 3.0, tmp_path)
    assert (done, out) == (code, "")
    assert err.splitlines()[-1].startswith("interrupted")
    assert os.listdir(tmp_path) == ["a.yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("numbers", [(a, b) for a, _ in SIGNALS for b, _ in SIGNALS])
def test_a_second_signal_at_once_is_no_more_than_the_first(tmp_path: Path, numbers: tuple[int, int]) -> None:
    (tmp_path / "a.yaml").write_text(FOREVER)
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENS, "check", "a.yaml", "--report", "json=r.json", "--timeout", "0"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        time.sleep(3.0)
        process.send_signal(numbers[0])
        time.sleep(0.002)
        process.send_signal(numbers[1])
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode in [dict(SIGNALS)[number] for number in numbers]  # they may arrive in another order
    assert "1 more scenario not run" in out
    assert json.loads((tmp_path / "r.json").read_text())["summary"]["not_run"] == 1


@pytest.mark.slow
def test_a_terminal_that_is_closed_leaves_the_report(tmp_path: Path) -> None:
    import pty

    (tmp_path / "a.yaml").write_text(FOREVER.replace("1e12", "10"))
    (tmp_path / "b.yaml").write_text(FOREVER)
    line = ["check", "a.yaml", "b.yaml", "--report", "json=r.json", "--timeout", "0"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); {LISTENS}", *line], cwd=tmp_path,
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(theirs)
    try:
        time.sleep(4.0)  # until there is a bar
        os.close(ours)
        assert process.wait(60) == 129
    finally:
        process.kill()
    summary = json.loads((tmp_path / "r.json").read_text())["summary"]
    assert (summary["passed"] + summary["failed"], summary["not_run"]) == (1, 1)


def test_a_signal_that_leaves_an_exec_ends_with_its_own_code(tmp_path: Path) -> None:
    """Python would end with SIGINT, as it does after a KeyboardInterrupt that leaves an `exec`, and dataclasses use it."""
    inner = "import os, signal\\nos.kill(os.getpid(), signal.SIGTERM)\\nfor _ in range(1000): pass"
    (tmp_path / "p.py").write_text(f'exec("{inner}")\n')
    assert run_process("list", "optimizers", "--plugin", str(tmp_path / "p.py")).code == 143


@pytest.mark.parametrize("columns", ["9" * 20, "9" * 5000, "\u00b2", "-1", " 80 "])
def test_a_width_that_no_terminal_has_is_none(columns: str) -> None:
    done = run_process("check", "plateau", env={"COLUMNS": columns, "LINES": columns, "FORCE_COLOR": "1"})
    assert (done.code, "bug" in done.err) == (0, False)


def test_help_shows_a_file_that_anybody_may_have_written_harmlessly(tmp_path: Path) -> None:
    (tmp_path / "adamw.toml").write_text('[check]\nexclude = ["::error::obeyed"]\ntag = ["\\u001b]0;title"]\n')
    for colour in ("", "1"):
        env = {"ADAMW_CONFIG": str(tmp_path / "adamw.toml"), "FORCE_COLOR": colour, "COLUMNS": "200"}
        done = run_process("check", "--help", cwd=tmp_path, env=env)
        assert (done.code, "::error" in done.out, "\x1b]" in done.out) == (0, False, False)
        assert "error:\\u003aobeyed" in "".join(done.out.split())


MANY = "version: 1\nlandscape: {kind: plateau}\nstart: [1.0]\nsteps: 1\noptimizers: {adamw: {lr: 0.1}}\nexpect:\n"


def test_what_an_unbuffered_stream_does_not_take_at_once_is_not_lost(tmp_path: Path) -> None:
    """Python's own wrapper drops it."""
    (tmp_path / "a.yaml").write_text(MANY + "  - {metric: weight, of: adamw, above: 0}\n" * 1300)
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    line = [sys.executable, "-m", "adamw_cli", "check", "a.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(line, cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, text=True, env=environment)
    os.close(theirs)
    _, err = process.communicate(timeout=120)
    os.close(ours)
    assert (process.returncode, "cannot write to standard output" in err) == (2, True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_that_nobody_reads_is_not_waited_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("r.json", "t.csv", "s.md"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "link.json").symlink_to(tmp_path / "r.json")
    for report in ("r.json", "link.json"):
        done = run(capsys, "check", "plateau", "--report", f"json={tmp_path / report}")
        assert (done.code, "cannot be written: No such device" in done.err) == (2, True)
        assert "5 passed" in done.out
    assert run(capsys, "simulate", "plateau", "--trace", str(tmp_path / "t.csv"), "--force").code == 2
    summary = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "s.md")}
    done = run_process("check", "plateau", env=summary)
    assert (done.code, "the job summary" in done.err) == (0, True)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_in_a_destructor_is_not_lost(tmp_path: Path, number: int, code: int) -> None:
    """Nor in a C library's callback: an exception is swallowed there, with a traceback."""
    last = f"class Last:\n    def __del__(self):\n        os.kill(os.getpid(), {int(number)})\n        len('')\n"
    (tmp_path / "t.py").write_text(f"import os, time\n\n\n{last}\n\nLast()\ntime.sleep(60)\nprint('lost')\n")
    done = subprocess.run(
        [sys.executable, "-c", LISTENS, "conform", "t.py:f"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "interrupted\n")


def test_nohup_is_respected(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FOREVER)
    script = LISTENS.replace("SIGHUP, signal.SIG_DFL", "SIGHUP, signal.SIG_IGN")
    process = subprocess.Popen(
        [sys.executable, "-c", script, "simulate", "a.yaml"], cwd=tmp_path, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        time.sleep(2.0)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
    finally:
        process.kill()
        process.communicate()


def test_a_deleted_working_directory_is_none(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = "import os, sys; os.rmdir(os.getcwd()); from adamw_cli.__main__ import command; sys.exit(command())"
    for line, codes in (
        (["check", "plateau"], (0,)),
        (["simulate", "plateau"], (0,)),
        (["conform", "t.py:f"], (2,)),
        (["check", "."], (2, 5)),  # some systems can still list it: then it is empty
    ):
        gone.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", script, *line], cwd=gone, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "ADAMW_CACHE_DIR": str(tmp_path / line[0])},
        )  # fmt: skip
        # With Python 3.13, pydantic, which new releases of the command-line library load, cannot be imported there.
        assert done.returncode in codes or (sys.version_info >= (3, 13) and "SystemError" in done.stderr), done.stderr
        assert "Traceback" not in done.stderr


def test_what_is_read_from_a_closed_standard_input_is_said() -> None:
    outcome = run_in_shell('exec "$@" <&-', "simulate", "-")
    assert (outcome.code, outcome.err.splitlines()[0]) == (2, "error: standard input is closed")
