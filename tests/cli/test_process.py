"""What only shows in a process of its own: what is imported, closed pipes, terminals, signals, missing homes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.terminal import GOOD, LISTENS, run_process

COMMAND = [sys.executable, "-m", "adamw_cli"]
HEAVY = ("numpy", "numba", "llvmlite", "yaml", "rich", "pydantic", "pyarrow", "torch", "jax")
TYPER = tuple(map(int, version("typer").split(".")[:2]))
# What typer loads by itself: rich for any help before 0.21, pydantic for any option since 0.29.
HELP = {"rich"} if TYPER < (0, 21) else set()
OPTIONS = {"pydantic"} if TYPER >= (0, 29) else set()


def imported(*arguments: str) -> set[str]:
    """Which of the heavy modules a command line leaves in sys.modules."""
    script = f"""
import sys
from adamw_cli.cli.main import main
code = main({list(arguments)!r})
sys.stderr.write(repr([m for m in {HEAVY!r} if m in sys.modules]))
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1].replace("'", '"')))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--version"], set()),
        (["--help"], HELP),
        (["half-life"], set()),
        (["half-life", "--steps", "100", "--schedule", "cosine", "--target-shrink", "0.5", "--lr", "1e-3"], set()),
        (["convert", "--steps", "100", "--schedule", "cosine"], set()),
        (["defaults"], set()),
        (["theory"], set()),
        (["theory", "half_life", "--lr", "1e-3", "--weight-decay", "0.1"], set()),
        (
            ["theory", "total_shrink", "--lr", "1", "--weight-decay", "0.1", "--schedule", "cosine", "--steps", "9"],
            set(),
        ),
        (["validate", "plateau"], {"yaml", "pydantic", "numpy"}),  # quadratic's checks of a matrix need numpy
        (["schema"], {"pydantic", "numpy"}),
        (["simulate", "plateau"], {"yaml", "pydantic", "numpy", "llvmlite"}),  # its kernels are in the cache
        (["check", "plateau"], {"yaml", "pydantic", "numpy", "llvmlite"}),
    ],
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], allowed: set[str]) -> None:
    run_process(*arguments)  # fills the cache of kernels
    assert imported(*arguments) <= allowed | OPTIONS


def test_importing_the_package_imports_nothing_else() -> None:
    script = "import sys, adamw_cli; print([m for m in sys.modules if m.startswith('adamw_cli')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['adamw_cli._version', 'adamw_cli']"


@pytest.mark.parametrize(
    "arguments", [["simulate", "plateau"], ["half-life"], ["--help"], ["schema"], ["check", "plateau"]]
)
def test_a_closed_pipe_ends_quietly(arguments: list[str]) -> None:
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0
    assert "Error" not in errors


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [["simulate", "plateau"], ["half-life"], ["show", "adamw"]])
def test_a_full_disk_is_an_error_and_no_traceback(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "cannot write to standard output" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_home_and_with_a_cache_folder_that_cannot_be_written(tmp_path: Path) -> None:
    environment = {"HOME": None, "XDG_CACHE_HOME": None, "ADAMW_CACHE_DIR": "/proc/nowhere", "NUMBA_CACHE_DIR": None}
    outcome = run_process(
        "simulate", "plateau", "--format", "json", env={**environment, "TMPDIR": str(tmp_path)}, cwd=tmp_path
    )
    assert outcome.code == 0
    assert json.loads(outcome.out)["runs"][0]["status"] == "finished"


def test_a_terminal_that_lacks_characters(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(GOOD.replace("version: 1", "version: 1\nname: 学习 λ"), encoding="utf-8")
    for encoding in ("ascii", "cp1252"):
        outcome = run_process("simulate", "scenario.yaml", env={"PYTHONIOENCODING": encoding}, cwd=tmp_path)
        assert outcome.code == 0
        assert "\\u5b66" in outcome.out
    forced = run_process(
        "simulate", "scenario.yaml", env={"PYTHONIOENCODING": "ascii", "FORCE_COLOR": "1"}, cwd=tmp_path
    )
    assert forced.code == 0
    assert "half_life" in forced.out


def on_a_terminal(
    *arguments: str, columns: int = 80, interrupt_after: str | None = None, **env: str
) -> tuple[int, str]:
    """Exit code and everything that a terminal of this width is sent; Ctrl-C once a text has appeared."""
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm", **env}
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENS, *arguments],
        stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    seen = b""
    interrupted_at = None
    while True:
        ready, _, _ = select.select([master], [], [], 60)
        try:
            piece = os.read(master, 65536) if ready else b""
        except OSError:  # the other side is closed
            piece = b""
        if not piece:
            break
        seen += piece
        if interrupt_after and interrupted_at is None and interrupt_after.encode() in seen:
            process.send_signal(signal.SIGINT)
            interrupted_at = time.monotonic()
    os.close(master)
    return process.wait(), seen.decode(errors="replace")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


@pytest.mark.parametrize("columns", [40, 60, 200])
def test_no_number_is_cut_or_broken_on_a_narrow_terminal(columns: int) -> None:
    code, text = on_a_terminal("half-life", columns=columns)
    assert code == 0
    for number in ("69314.371", "69315", "99999.5", "0.99999"):
        assert number in plain(text)


def test_no_color_and_dumb_terminals() -> None:
    assert "\x1b[32m" in on_a_terminal("check", "plateau")[1]
    assert "\x1b[32m" not in on_a_terminal("check", "plateau", NO_COLOR="1")[1]
    assert "\x1b" not in on_a_terminal("check", "plateau", TERM="dumb")[1]


def test_a_long_run_shows_progress_and_ctrl_c_ends_it() -> None:
    code, text = on_a_terminal("simulate", "plateau", "--steps", "1e10", interrupt_after="/20000000000", columns=120)
    assert code == 130
    assert re.search(r"interrupted, [\d,]+ of 20,000,000,000 steps done", plain(text))
    assert "Traceback" not in text


def test_progress_is_for_terminals_only() -> None:
    outcome = run_process("simulate", "plateau", "--steps", "3e6")
    assert outcome.code == 0
    assert "\x1b" not in outcome.err
    assert "3000000" not in outcome.err


def test_module_and_script_are_the_same_command() -> None:
    script = shutil.which("adamw", path=str(Path(sys.executable).parent))
    assert script is not None
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == run_process("--version").out
