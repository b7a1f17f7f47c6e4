"""SIGTERM and SIGHUP, which `timeout`, containers and closed terminals send, end a command as Ctrl-C does: results so far are kept."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_MOMENT = 0.01  # seconds, for a destructor or a callback to end


class Received:
    """Which signal ended a command, if one did."""

    number: int = signal.SIGINT
    raised = False

    @property
    def exit_code(self) -> int:
        """What a shell would say of a process that the signal ended."""
        return 128 + self.number


@contextmanager
def heard() -> Iterator[Received]:
    """Raise KeyboardInterrupt where one of the signals comes, once: terminals and shells send SIGHUP both.

    Where nobody catches it, as in a destructor or a C library's callback, it is raised anew a moment later, as Ctrl-C's is. Whoever
    asked that a signal be ignored, as `nohup` does, or handles it, is left alone.
    """
    received, said = Received(), sys.unraisablehook
    ours = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        ours = []  # only the main thread can
    ours = [number for number in ours if signal.getsignal(number) is signal.SIG_DFL]

    def interrupt(number: int, _: FrameType | None) -> None:
        if not received.raised:
            received.number, received.raised = number, True
            raise KeyboardInterrupt

    def swallowed(lost: "sys.UnraisableHookArgs") -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            said(lost)
        else:
            received.raised = False
            threading.Timer(_MOMENT, os.kill, [os.getpid(), received.number]).start()

    for number in ours:
        signal.signal(number, interrupt)
    sys.unraisablehook = swallowed
    try:
        yield received
    finally:
        sys.unraisablehook = said
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def occupy_standard_streams() -> None:
    """Put /dev/null where a standard stream is closed, lest a file that is opened gets its number and others' output."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)


def deaf() -> None:
    """Let nothing interrupt the end of a process that has said all it has to say."""
    if sys.platform != "win32":
        for name in ("SIGINT", *_NAMES):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
