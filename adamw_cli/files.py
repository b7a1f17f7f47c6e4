"""Files of every room: written whole or not at all, and read only where reading comes to an end."""

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# Opening a pipe that nobody writes to would otherwise wait for ever.
_READ = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0)
_OPENED = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY


def write_whole(path: Path, content: bytes | Callable[[IO[bytes]], object], mode: int = 0o666) -> None:
    """Write content, or let a function write it, into a new file beside the place, then put it there.

    Whatever ends it, the place is as before or complete, and nothing else is left.

    The name of the new file is short, so that it is possible wherever the path is. `mode` is subject to the umask, as always.

    Raises
    ------
    OSError

    """
    temporary = path.parent / f".adamw-{os.urandom(8).hex()}.tmp"
    try:
        with open(os.open(temporary, _NEW, mode), "wb") as stream:
            if isinstance(content, bytes):
                stream.write(content)
            else:
                content(stream)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def read(path: str | Path, most: int = -1) -> bytes:
    """Return what is in a file, at most so many bytes of it.

    A pipe or a device by name is refused, but for the one that is empty; what the shell opened for this process, `<(...)`, is not.

    Raises
    ------
    OSError

    """
    if os.path.normpath(path).startswith(_OPENED):
        with open(path, "rb") as stream:
            return stream.read(most)
    with open(os.open(path, _READ), "rb") as stream:
        kind = os.fstat(stream.fileno()).st_mode
        if not stat.S_ISREG(kind) and not os.path.samestat(os.fstat(stream.fileno()), os.stat(os.devnull)):
            raise OSError(0, f"it is {_kind(kind)}, not a file", str(path))
        return stream.read(most)


def open_to_write(path: str | Path, mode: str) -> IO[bytes]:
    """Open what must not be replaced; a pipe that nobody reads is an OSError, as opening it would wait for ever."""
    patient = getattr(os, "O_NONBLOCK", 0)
    stream = open(path, mode, opener=lambda name, flags: os.open(name, flags | patient, 0o666))  # noqa: SIM115  # who called closes
    if os.name == "posix":
        os.set_blocking(stream.fileno(), True)
    return stream


def _kind(mode: int) -> str:
    return "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
