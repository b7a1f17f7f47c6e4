"""Command lines as processes: forked from one that has imported everything, or real ones; and the rules that each must keep."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import pkgutil
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import typer

import adamw_cli
from adamw_cli import registry
from adamw_cli.cli import app
from adamw_cli.cli.main import main as run_main
from adamw_cli.engine import native, private
from tests.cli.streams import process

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = (0, 1, 2, 5)
SECONDS = 60.0  # of wall time: what takes longer is said to hang; a busy machine takes ten for what compiles
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
_FORBIDDEN = re.compile(
    r"Traceback|this is a bug|Exception ignored|Fatal Python error|std::bad_alloc|\b[A-Z]\w*Warning:"
)
# Like `python -m adamw_cli`; a byte in the pipe says that from here on the command's own code runs.
_REAL = (
    "import os, sys; from adamw_cli.__main__ import command; os.write(int(os.environ['FAULTS_MARK']), b'.'); "
    "sys.exit(command())"
)


@dataclass(frozen=True)
class Done:
    """A command line that was run, and what came of it; a negative code is the signal that ended it."""

    arguments: tuple[str, ...]
    code: int
    seconds: float
    out: str
    err: str

    def broken(self, codes: Sequence[int] = ALLOWED) -> list[str]:
        """The rules that every process must keep, as far as this one did not."""
        line = f"adamw {' '.join(self.arguments)}"
        found = [] if self.code in codes else [f"exit code {self.code}"]
        found += [f"{match[0]!r} in the output" for match in [_FORBIDDEN.search(self.out + self.err)] if match]
        found += [f"{self.seconds:.0f} s"] if self.seconds >= SECONDS else []
        if self.code in (1, 2) and not self.out + self.err:
            found.append("no word about what is wrong")
        return [f"{line}: {rule}: {self.err[-300:]!r}" for rule in found]


class Running:
    """A process on its way; `wait` takes it down if it hangs."""

    def __init__(self, arguments: Sequence[str], child: int, out: IO[bytes], err: IO[bytes]) -> None:
        self.arguments, self.child, self._out, self._err = tuple(arguments), child, out, err
        self._started = time.monotonic()

    def signal(self, number: int) -> None:
        """Send it a signal; it may be gone already."""
        with suppress(ProcessLookupError):
            os.kill(self.child, number)

    def wait(self, limit: float = SECONDS) -> Done:
        """Wait for its end, at most so long."""
        descriptor = os.pidfd_open(self.child)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(1000 * limit):
            self.signal(signal.SIGKILL)
        os.close(descriptor)
        status = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        texts = []
        for stream in (self._out, self._err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
            stream.close()
        return Done(self.arguments, status, time.monotonic() - self._started, *texts)


def preload() -> None:
    """Import what commands import, without running a kernel: a forked process then finds the cache as a new one would."""
    for module in pkgutil.walk_packages(adamw_cli.__path__, "adamw_cli."):
        if not module.name.startswith(("adamw_cli.engine.jit", "adamw_cli.__main__", "adamw_cli._scenarios")):
            importlib.import_module(module.name)
    for package in registry.PACKAGES:
        for name in registry.names(package):
            registry.load(package, name)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        for line in (
            "half-life",
            "theory",
            "convert",
            "list metrics",
            "show adamw",
            "config show",
            "validate plateau",
            "--help",
        ):
            run_main(line.split())
    # Half of a short command's time is to build what it declares, each time the same.
    group = typer.main.get_command(app.build(terminal=False))
    app.build = lambda terminal: group  # type: ignore[assignment,return-value]
    native.toolchain()
    gc.collect()
    gc.freeze()


def forked(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], given: bytes = b"",
    before: Callable[[], None] | None = None,
) -> Running:  # fmt: skip
    """Start a command line in a copy of this process. given : what is on its standard input."""
    streams: list[IO[bytes]] = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115  # `Running` closes them
    streams[0].write(given)
    streams[0].seek(0)
    os.chdir(folder)  # here, as it may be gone before the child gets to it
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = _child(list(arguments), environment, [stream.fileno() for stream in streams], before)
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.chdir("/")
    streams[0].close()
    return Running(arguments, child, *streams[1:])


def _child(
    arguments: list[str], environment: Mapping[str, str], streams: list[int], before: Callable[[], None] | None
) -> int:  # fmt: skip
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    private.found.cache_clear()
    default_signals()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    if before is not None:
        before()
    return process(arguments)


def default_signals() -> None:
    """What a process has that a terminal starts; one that a script starts in the background is deaf to Ctrl-C."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def real(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[Running, int]:
    """Start a command line as a new process; the descriptor returned can be read once its own code runs."""
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  # `Running` closes them
    read, write = os.pipe()
    started = subprocess.Popen(
        [sys.executable, "-c", _REAL, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
        env={**environment, "FAULTS_MARK": str(write)}, pass_fds=[write], preexec_fn=default_signals,
    )  # fmt: skip
    os.close(write)
    running = Running(arguments, started.pid, out, err)
    started.returncode = 0  # `Running` waits for it
    return running, read


_LIBC: Any = None
_NEW_NAMESPACE, _RECURSIVE_PRIVATE, _READ_ONLY, _REMOUNT = 0x00020000, 0x44000, 1, 32


def own_mounts() -> bool:
    """Let mounts of this process be seen by nobody else, and go with it; False where that needs rights that it has not."""
    global _LIBC
    _LIBC = ctypes.CDLL(None, use_errno=True)
    if not sys.platform.startswith("linux") or os.getuid() or _LIBC.unshare(_NEW_NAMESPACE):
        return False
    return _LIBC.mount(b"none", b"/", None, ctypes.c_ulong(_RECURSIVE_PRIVATE), None) == 0


def mount(folder: Path, size: int, *, read_only: bool = False) -> None:
    """Put a file system of so many bytes on a folder, or make the one that is there read-only."""
    flags = _REMOUNT | _READ_ONLY if read_only else 0
    if _LIBC.mount(b"faults", bytes(folder), b"tmpfs", ctypes.c_ulong(flags), f"size={size}".encode()):
        raise OSError(ctypes.get_errno(), "mount")


def unmount(folder: Path) -> None:
    """Take it away again, also if something in it is still open."""
    _LIBC.umount2(bytes(folder), 2)
