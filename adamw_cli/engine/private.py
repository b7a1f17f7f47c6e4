"""The folder in the user's cache that is ours alone: found, checked, marked.

In it are compiled kernels, which are run, and files of other rooms, each of its own name. So nobody else may be able to write there, and
nothing there is deleted but what has a name that we give. A CACHEDIR.TAG says that the folder is ours, and keeps it out of backups.
"""

import contextlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from adamw_cli.files import write_whole

ENVIRONMENT_VARIABLE = "ADAMW_CACHE_DIR"
TAG = "CACHEDIR.TAG"
# The first line is the one of https://bford.info/cachedir, the second one ours.
MARK = b"Signature: 8a477f597d28d172789f06886806bc55\n# What adamw compiled or noted; it may delete this.\n"
_TOOLCHAIN = re.compile(r"[0-9a-f]{24}")
_KERNEL = re.compile(r"[0-9a-f]{32}\.o|\.adamw-[0-9a-f]{16}\.tmp")
_MOST = 1 << 26  # bytes of a kernel, many times as many as any has
_NOTE = re.compile(r"\w+-[0-9a-f]{24}\.json(\.\d+)?|\.adamw-[0-9a-f]{16}\.tmp")
# A pipe is opened at once, and then refused.
_OPEN = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY", "O_NONBLOCK"):  # Windows has one of them
    _OPEN |= getattr(os, _flag, 0)


def _candidates() -> Iterator[Path]:
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        yield Path(named) / "adamw"
    with contextlib.suppress(RuntimeError, KeyError, OSError):  # no home directory
        if sys.platform == "win32":
            yield Path(os.environ["LOCALAPPDATA"]) / "adamw" / "cache"
        elif sys.platform == "darwin":
            yield Path.home() / "Library" / "Caches" / "adamw"
        else:
            configured = os.environ.get("XDG_CACHE_HOME", "")
            yield (Path(configured) if os.path.isabs(configured) else Path.home() / ".cache") / "adamw"
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    with contextlib.suppress(OSError):  # no temporary folder
        yield Path(tempfile.gettempdir()) / f"adamw-cache-{user}"


def _exposed(facts: os.stat_result, *, shared: bool = False) -> str | None:
    """Why somebody else may put something there; None if nobody can. shared : sticky folders, as for temporary files, will do."""
    if not hasattr(os, "getuid"):
        return None  # Windows, where a profile's folders are its user's
    if facts.st_uid != os.getuid() and not (shared and facts.st_uid == 0):
        return f"belongs to another user ({facts.st_uid})"
    loose = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if loose and not (shared and facts.st_mode & stat.S_ISVTX):
        return f"may be written by others (mode {stat.S_IMODE(facts.st_mode):o})"
    return None


def _fault(folder: Path) -> str | None:
    """Why a folder is not to be trusted with machine code; None if it is."""
    facts = folder.lstat()
    if stat.S_ISLNK(facts.st_mode):
        return "is a link"
    return "is no folder" if not stat.S_ISDIR(facts.st_mode) else _exposed(facts)


def read(file: Path) -> bytes | None:
    """What is in a file that nobody else can have written; None if there is no such file."""
    with contextlib.suppress(OSError), open(os.open(file, _OPEN), "rb") as opened:
        facts = os.fstat(opened.fileno())
        if stat.S_ISREG(facts.st_mode) and _exposed(facts) is None:
            return opened.read(_MOST)
    return None


def _ours(folder: Path) -> bool:
    """Whether a folder has our mark, or no mark and nothing in it that we would not have put there, as before there was one."""
    if os.path.lexists(folder / TAG):
        return read(folder / TAG) == MARK
    places = (folder, *(place for place in folder.iterdir() if place.is_dir()))
    return all(
        (_TOOLCHAIN if entry.is_dir() else _NOTE if place == folder else _KERNEL).fullmatch(entry.name)
        for place in places
        for entry in place.iterdir()
    )


def _around(folder: Path) -> str | None:
    """Why a folder is not to be trusted for what is above it: a link of another user, or a level that others may change."""
    levels = [folder, *folder.parents]
    for level in levels:  # which grows
        facts = level.lstat()
        if stat.S_ISLNK(facts.st_mode):
            onward = level.parent / os.readlink(level)
            levels += [above for above in (onward, *onward.parents) if above not in levels]
        why = None if stat.S_ISLNK(facts.st_mode) and facts.st_uid in (0, os.getuid()) else _exposed(facts, shared=True)
        if why is not None:
            return f"{level} {why}"
    return None


def _refusal(folder: Path) -> str | None:
    """Make a folder ours if it may be; why it may not.

    Raises
    ------
    OSError
        If it cannot be written.

    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    around = _around(folder.parent.absolute()) if hasattr(os, "getuid") else None
    if around is not None:
        return around
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    for place in (folder, *folder.glob("*/")):
        why = _fault(place)
        if why is not None:
            return f"{place} {why}"
    if not _ours(folder):
        return f"{folder} holds something that is not ours"
    if not os.path.lexists(folder / TAG):
        write_whole(folder / TAG, MARK, mode=0o600)
    with tempfile.TemporaryFile(dir=folder):
        return None


@cache
def found() -> tuple[Path | None, tuple[str, ...]]:
    """Return the first folder that will do, if any, and why those before it that exist would not."""
    refused: list[str] = []
    for folder in _candidates():
        with contextlib.suppress(OSError):
            why = _refusal(folder)
            if why is None:
                return folder, tuple(refused)
            refused.append(why)
    return None, tuple(refused)


def root() -> Path | None:
    """The first folder that will do, or None: then nothing is kept."""
    return found()[0]


def warning() -> str | None:
    """What to say of a folder that was passed over because it is not safe, or not ours."""
    place, refused = found()
    if not refused:
        return None
    instead = f"compiled code is kept in {place}" if place is not None else "no compiled code is kept"
    return f"{refused[0]}: {instead}; set {ENVIRONMENT_VARIABLE} to a folder that is yours alone"


def kernels() -> list[Path]:
    """Every file of a compiled kernel, of this and of earlier versions."""
    return sorted(
        file
        for place in toolchains()
        for file in place.iterdir()
        if _KERNEL.fullmatch(file.name) and stat.S_ISREG(file.lstat().st_mode)
    )


def toolchains() -> list[Path]:
    """The folders of compiled kernels; no links."""
    top = root()
    inside = [] if top is None else list(top.iterdir())
    return sorted(place for place in inside if _TOOLCHAIN.fullmatch(place.name) and _fault(place) is None)
