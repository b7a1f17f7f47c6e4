"""Where compiled kernels are kept: one folder per toolchain, in it one file per kernel, both named by a digest.

The digests are native.py's, and cover all that machine code depends on: an edited rule, an upgrade or another machine
never meets old machine code. A file begins with a checksum of the rest, and the rest with the digest and the kernel's name, so that
neither half a file nor another kernel's is run. Files are written under another name and then renamed.
"""

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_CHECKSUM_BYTES = 32
ENVIRONMENT_VARIABLE = "ADAMW_CACHE_DIR"


def _candidates() -> Iterator[Path]:
    if os.environ.get(ENVIRONMENT_VARIABLE):
        yield Path(os.environ[ENVIRONMENT_VARIABLE]) / "adamw"
    with contextlib.suppress(RuntimeError, KeyError, OSError):  # no home directory
        if sys.platform == "win32":
            yield Path(os.environ["LOCALAPPDATA"]) / "adamw" / "cache"
        elif sys.platform == "darwin":
            yield Path.home() / "Library" / "Caches" / "adamw"
        else:
            configured = os.environ.get("XDG_CACHE_HOME", "")
            yield (Path(configured) if os.path.isabs(configured) else Path.home() / ".cache") / "adamw"
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    yield Path(tempfile.gettempdir()) / f"adamw-cache-{user}"


def _usable(folder: Path) -> bool:
    """Whether the folder can be written and nobody else can put machine code into it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.stat()
        if hasattr(os, "getuid") and (facts.st_uid != os.getuid() or facts.st_mode & stat.S_IWOTH):
            return False
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@cache
def root() -> Path | None:
    """The first usable cache folder, or None: then every process compiles for itself."""
    return next((folder for folder in _candidates() if _usable(folder)), None)


def load(place: Path | None, key: str) -> bytes | None:
    """Object code of a kernel, or None if it is not in the folder, is damaged, or is another kernel's."""
    if place is None:
        return None
    try:
        stored = (place / f"{key}.o").read_bytes()
    except OSError:
        return None
    checksum, content = stored[:_CHECKSUM_BYTES], stored[_CHECKSUM_BYTES:]
    head, _, code = content.partition(b"\n")
    ours = hashlib.sha256(content).digest() == checksum and head.partition(b" ")[0] == key.encode()
    return code if ours else None


def store(place: Path, key: str, name: str, code: bytes) -> None:
    """Keep a kernel's object code; a full or vanished disk only costs the next process time."""
    content = f"{key} {name}\n".encode() + code
    with contextlib.suppress(OSError):
        place.mkdir(mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(temporary, place / f"{key}.o")


def entries() -> list[Path]:
    """Every file in the cache, of this and of earlier versions."""
    top = root()
    return [] if top is None else sorted(path for path in top.glob("*/*") if path.is_file())


def clean(keep: Path | None = None) -> int:
    """Delete cached kernels, but for those in the folder to keep; return how many files went."""
    removed = 0
    for path in entries():
        if path.parent != keep:
            with contextlib.suppress(OSError):
                path.unlink()
                removed += 1
    top = root()
    for place in [] if top is None else top.glob("*/"):
        with contextlib.suppress(OSError):
            place.rmdir()
    return removed
