"""SIGTERM and SIGHUP, which `timeout`, containers and closed terminals send, end a command as Ctrl-C does: results so far are kept."""

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# What is done about them unless somebody asked for something else; Windows has no SIGHUP.
_USUAL = {"SIGTERM": signal.SIG_DFL, "SIGHUP": signal.SIG_DFL, "SIGINT": signal.default_int_handler}
_MOMENT = 0.01  # seconds, for a destructor or a callback to end
_PATIENCE = 1.0  # seconds in which a second signal is no more than the first


class Interruption(KeyboardInterrupt):
    """Of which Python keeps no note, as it does of a KeyboardInterrupt that leaves an `exec`: it then ends with that signal."""


class Received:
    """Which signal ended a command, if one did, and when; whether it was dropped and is to be raised again, or has to wait."""

    number: int = signal.SIGINT
    when = math.inf
    dropped = waits = False

    @property
    def exit_code(self) -> int:
        """What a shell would say of a process that the signal ended."""
        return 128 + self.number


@contextmanager
def heard() -> Iterator[Received]:
    """Raise KeyboardInterrupt where one of the signals comes, once: terminals and shells send SIGHUP both. A second later it counts again.

    Where Python drops it, as in a destructor or a C library's callback, it is raised anew a moment later. Whoever
    asked that a signal be ignored, as `nohup` does, or handles it, is left alone.
    """
    received, said = Received(), sys.unraisablehook
    main = threading.current_thread() is threading.main_thread()  # no other thread can
    known = {getattr(signal, name): usual for name, usual in _USUAL.items() if main and hasattr(signal, name)}
    ours = {number: usual for number, usual in known.items() if signal.getsignal(number) is usual}

    def interrupt(number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        if received.waits or (not received.dropped and received.when <= now < received.when + _PATIENCE):
            return
        received.number, received.when = number if now < received.when else received.number, now
        received.dropped = False
        raise Interruption

    def drop(lost: "sys.UnraisableHookArgs") -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            said(lost)
            return
        received.waits = received.dropped = True
        threading.Thread(target=repeat, daemon=True).start()
        received.waits = False

    def repeat() -> None:
        time.sleep(_MOMENT)
        while received.dropped:
            os.kill(os.getpid(), received.number)
            time.sleep(_MOMENT)

    for number in ours:
        signal.signal(number, interrupt)
    sys.unraisablehook = drop
    try:
        yield received
    finally:
        received.dropped = False
        sys.unraisablehook = said
        for number, usual in ours.items():
            signal.signal(number, usual)


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
        for name in _USUAL:
            signal.signal(getattr(signal, name), signal.SIG_IGN)
