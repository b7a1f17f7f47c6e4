"""Ways to run the command: inside the test's process, which is quick, or in one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from adamw_cli.cli.main import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


def run(capsys: pytest.CaptureFixture[str], *arguments: str, stdin: str | None = None) -> Outcome:
    """Run a command line in this process."""
    before = sys.stdin
    if stdin is not None:
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
    capsys.readouterr()
    try:
        code = main(list(arguments))
    finally:
        sys.stdin = before
    captured = capsys.readouterr()
    return Outcome(int(code), captured.out, captured.err)


# What a script starts in the background does not hear Ctrl-C, nor under `nohup` SIGHUP; this process does.
LISTENS = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "signal.signal(signal.SIGHUP, signal.SIG_DFL); "
    "from adamw_cli.__main__ import command; sys.exit(command())"
)


def run_in_shell(change: str, *arguments: str, **env: str) -> Outcome:
    """Run a command line behind what a shell does first, such as `ulimit -v 100000; exec`; `preexec_fn` would fork this process."""
    done = subprocess.run(
        ["sh", "-c", change, "sh", sys.executable, "-m", "adamw_cli", *arguments],
        capture_output=True, text=True, env={**os.environ, **env}, check=False,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout, done.stderr)


def run_process(
    *arguments: str, env: dict[str, str | None] | None = None, cwd: Path | None = None, **options: object
) -> Outcome:
    """Run a command line in a process of its own, without a terminal."""
    environment = {**os.environ, **(env or {})}
    done = subprocess.run(
        [sys.executable, "-m", "adamw_cli", *arguments],
        capture_output=True,
        text=True,
        env={name: value for name, value in environment.items() if value is not None},
        cwd=cwd,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


GOOD = """\
version: 1
landscape: {kind: plateau}
start: [1.0]
steps: 100
optimizers:
  adamw: {lr: 0.1, weight_decay: 0.1}
expect:
  - {metric: half_life, of: adamw, near: theory}
"""
FAILING = GOOD.replace("near: theory", "near: 12.0")
BROKEN = GOOD.replace("kind: plateau", "kind: plato")
UNJUDGED = GOOD.replace("half_life, of: adamw, near: theory", "late_max, of: adamw, near: theory")
