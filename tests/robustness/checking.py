"""What must hold whatever a file contains, and the commands through which it is tested."""

from __future__ import annotations

import io
import json
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adamw_cli.cli.main import main

ALLOWED = (0, 1, 2, 5)
SECONDS = 2.0
MEGABYTES = 500
# What must never be read by a user. The last one would say that the limit set on the worker's memory was hit.
FORBIDDEN = ("Traceback", "Warning", "this is a bug", "not enough memory")


@dataclass(frozen=True)
class Call:
    """A command line that was run, and what came of it."""

    arguments: tuple[str, ...]
    code: int
    seconds: float  # of processors, so that other work on the machine does not count
    out: str
    err: str


def commands(path: str, index: int) -> list[tuple[str, ...]]:
    """The command lines for the input number `index`: always the check, and others in turn.

    A path of `-` is read from standard input, which only `simulate` does.
    """
    found: list[tuple[str, ...]] = [("check", path, "--format", "json")]
    if index % 4 == 1:
        found.append(("validate", path, "--format", "json"))
    if index % 4 == 3:
        found.append(("simulate", path, "--format", "json"))
    if index % 5 == 2:
        found.append(OTHERS[index // 5 % len(OTHERS)](path))
    return found


def _with(command: str, form: str) -> Callable[[str], tuple[str, ...]]:
    return lambda path: (command, path, "--format", form)


OTHERS: list[Callable[[str], tuple[str, ...]]] = [
    *(_with("check", form) for form in ("full", "concise", "csv", "markdown")),
    *(_with("validate", form) for form in ("full", "concise")),
    *(_with("simulate", form) for form in ("table", "csv", "markdown")),
    lambda path: ("simulate", "-", "--format", "json"),
    lambda path: ("simulate", path, "--format", "json", "--set", "steps=3", "--set", "optimizers.adamw.lr=1e300"),
]


def call(arguments: tuple[str, ...], content: bytes) -> Call:
    """Run a command line in this process; the content is there on standard input too."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
    started = time.process_time()
    try:
        # A warning is otherwise shown once per place and process, so that only the first input would be blamed for it; and
        # pytest would keep it.
        with redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            code = main(list(arguments))
    finally:
        sys.stdin = before
    seconds = time.process_time() - started
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    texts[1] += "".join(f"{one.filename}:{one.lineno}: {one.category.__name__}: {one.message}\n" for one in warned)
    return Call(arguments, int(code), seconds, *texts)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def strict_json(text: str) -> Any:
    """Parse JSON, in which nan and infinity do not exist."""
    return json.loads(text, parse_constant=_refuse)


def broken(done: Call) -> list[str]:
    """The rules that a call broke."""
    found = [] if done.code in ALLOWED else [f"exit code {done.code}"]
    found += [f"{word!r} in the output" for word in FORBIDDEN if word in done.out + done.err]
    if done.seconds >= SECONDS:
        found.append(f"{done.seconds:.1f} s")
    if done.code in (1, 2) and not done.out + done.err:
        found.append("no word about what is wrong")
    # A simulation that could not be run has no result to print.
    if "json" in done.arguments and not (done.arguments[0] == "simulate" and done.code == 2 and not done.out):
        try:
            strict_json(done.out)
        except ValueError as error:
            found.append(f"not strict JSON: {error}")
    return found


def feed(content: bytes, folder: Path, index: int) -> list[tuple[Call, list[str]]]:
    """Run a file through its commands; each call with the rules that it broke.

    A slow call is made again and the second time counts: a kernel that is compiled at its first use is not the input's fault.
    """
    path = folder / "input.yaml"
    path.write_bytes(content)
    found = []
    for arguments in commands(str(path), index):
        done = call(arguments, content)
        if done.seconds >= SECONDS:
            done = call(arguments, content)
        found.append((done, broken(done)))
    return found
