"""Where compiled kernels are kept: one folder per digest of everything that decides their machine code.

The folder's name is a digest of all kernel sources, of the versions of python, numba, llvmlite and numpy, and of
the processor, so that an edited rule, an upgrade or another machine never meets old machine code. Files are written under
another name and then renamed, and carry a checksum, so that a reader never sees half of one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import stat
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_SOURCES = (
    "engine",
    "optimizers",
    "landscapes",
    "schedules",
    "noises",
    "formats.py",
    "vocabulary",
    "conformance/recurrence.py",
)
_CHECKSUM_BYTES = 32
ENVIRONMENT_VARIABLE = "ADAMW_CACHE_DIR"


def kernel_sources() -> list[Path]:
    """Every file whose text can change a kernel, in a fixed order."""
    found: list[Path] = []
    for name in _SOURCES:
        path = _PACKAGE / name
        found += sorted(path.glob("*.py")) if path.is_dir() else [path]
    return found


@cache
def digest() -> str:
    """Name of the folder for the kernels of this code on this machine."""
    from importlib.metadata import version

    from llvmlite import binding

    state = hashlib.sha256()
    facts = [platform.python_version(), platform.machine(), sys.platform]
    facts += [version(package) for package in ("numba", "llvmlite", "numpy")]
    facts += [binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()]
    for text in facts:
        state.update(text.encode() + b"\0")
    for path in kernel_sources():
        state.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()[:24]


def _candidates() -> Iterator[Path]:
    for variable in (ENVIRONMENT_VARIABLE, "NUMBA_CACHE_DIR"):
        if os.environ.get(variable):
            yield Path(os.environ[variable]) / "adamw"
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


def folder() -> Path | None:
    """Where this code's kernels are on this machine; None without a cache."""
    top = root()
    return None if top is None else top / digest()


def load(name: str) -> bytes | None:
    """Object code of a kernel, or None if it is not there or damaged."""
    place = folder()
    if place is None:
        return None
    try:
        stored = (place / f"{name}.o").read_bytes()
    except OSError:
        return None
    code = stored[_CHECKSUM_BYTES:]
    return code if hashlib.sha256(code).digest() == stored[:_CHECKSUM_BYTES] else None


def store(name: str, code: bytes) -> None:
    """Keep a kernel's object code; a full or vanished disk only costs the next process time."""
    place = folder()
    if place is None:
        return
    with contextlib.suppress(OSError):
        place.mkdir(mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(temporary, place / f"{name}.o")


def entries() -> list[Path]:
    """Every file in the cache, of this and of earlier versions."""
    top = root()
    return [] if top is None else sorted(path for path in top.glob("*/*") if path.is_file())


def clean(all_versions: bool = True) -> int:
    """Delete cached kernels, of earlier versions only unless `all_versions`; return how many files went."""
    current = folder()
    removed = 0
    for path in entries():
        if all_versions or path.parent != current:
            with contextlib.suppress(OSError):
                path.unlink()
                removed += 1
    top = root()
    for place in [] if top is None else top.glob("*/"):
        with contextlib.suppress(OSError):
            place.rmdir()
    return removed
