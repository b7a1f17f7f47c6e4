"""SIGTERM and SIGHUP, which `timeout`, containers and closed terminals send, end a command as Ctrl-C does: results so far are kept."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class Received:
    """Which signal ended a command, if one did."""

    number: int = signal.SIGINT

    @property
    def exit_code(self) -> int:
        """What a shell would say of a process that the signal ended."""
        return 128 + self.number


@contextmanager
def heard() -> Iterator[Received]:
    """Raise KeyboardInterrupt where one of the signals comes, once: terminals and shells send SIGHUP both.

    Whoever asked that a signal be ignored, as `nohup` does, or handles it, is left alone.
    """
    received = Received()
    ours = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        ours = []  # only the main thread can
    ours = [number for number in ours if signal.getsignal(number) is signal.SIG_DFL]

    def interrupt(number: int, _: FrameType | None) -> None:
        received.number = number
        for other in ours:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
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
