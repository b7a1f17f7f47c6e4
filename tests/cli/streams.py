"""Every command line that it is given, with every standard stream closed, full or broken: a process per pair, forked from this one.

A script: `python -m tests.cli.streams` prints a JSON list of [command, condition, exit code, text on standard error].
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from adamw_cli.__main__ import command
from adamw_cli.cli.main import main as run_main
from tests.cli.terminal import GOOD
from tests.smoke.test_every_command import LINES


def closed(number: int) -> Callable[[], None]:
    return lambda: os.close(number)


def full(number: int) -> Callable[[], None]:
    return lambda: os.dup2(os.open("/dev/full", os.O_RDWR), number) and None


def broken(number: int) -> Callable[[], None]:
    def change() -> None:
        read, write = os.pipe()
        os.close(read)
        os.dup2(write, number)

    return change


CONDITIONS: dict[str, list[Callable[[], None]]] = {
    "stdin closed": [closed(0)],
    "stdout closed": [closed(1)],
    "stdout full": [full(1)],
    "stdout broken": [broken(1)],
    "stderr closed": [closed(2)],
    "stderr full": [full(2)],
    "all closed": [closed(0), closed(1), closed(2)],
    "all full": [full(1), full(2)],
}


# The others under three conditions, not to take a minute.
EVERY_WAY = ("check", "simulate", "simulate -", "half-life", "init", "none", "--version", "--help")


def outcome(arguments: list[str], changes: list[Callable[[], None]]) -> tuple[int, str]:
    """Exit code of a forked process, and what came to standard error if that stayed as it is."""
    with tempfile.TemporaryFile() as errors, open(os.devnull, "r+b") as nowhere:
        child = os.fork()
        if child == 0:
            for number, stream in ((0, nowhere), (1, nowhere), (2, errors)):
                os.dup2(stream.fileno(), number)
            for change in changes:
                change()
            os._exit(process(arguments))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        errors.seek(0)
        return status, errors.read().decode(errors="replace")


def process(arguments: list[str]) -> int:
    """What the interpreter does: streams for the descriptors that are open, the command, and a flush at the end."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
            stream = open(number, mode, encoding="utf-8", closefd=False, errors="backslashreplace")  # noqa: SIM115
        except OSError:
            stream = None
        setattr(sys, name, stream)
    sys.argv[1:] = arguments
    code = command()
    for left in (sys.stdout, sys.stderr):
        try:
            if left is not None:
                left.flush()
        except OSError:
            return 120
    return code


@contextmanager
def folder_of_its_own() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("scenario.yaml").write_text(GOOD)
        try:
            yield
        finally:
            os.chdir("/")


def main() -> None:
    """Run all pairs in a folder of their own."""
    os.environ["ADAMW_PLUGINS"] = ""
    found = []
    lines = {name: [name, *line] for name, line in LINES.items()}
    lines |= {"--version": ["--version"], "--help": ["--help"], "help": ["check", "--help"], "none": ["nothing"]}
    lines |= {"simulate -": ["simulate", "-"], "missing": ["check", "nowhere.yaml"]}
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere), folder_of_its_own():
        for line in lines.values():  # so that the forked processes find everything imported
            run_main(line)
    for name, line in lines.items():
        for condition, changes in CONDITIONS.items():
            if name not in EVERY_WAY and condition not in ("stdout full", "stdout broken", "all closed"):
                continue
            with folder_of_its_own():
                found.append([name, condition, *outcome(line, changes)])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
