"""Where compiled kernels are kept: one folder per toolchain, in it one file per kernel, both named by a digest.

The digests are native.py's, and cover all that machine code depends on: an edited rule, an upgrade or another machine
never meets old machine code. A file begins with a checksum of the rest, and the rest with the digest and the kernel's name, so that
neither half a file nor another kernel's is run. Files are written under another name and then renamed.
"""

import contextlib
import hashlib
from pathlib import Path

from adamw_cli.engine import private
from adamw_cli.files import write_whole

_CHECKSUM_BYTES = 32


def load(place: Path | None, key: str) -> bytes | None:
    """Object code of a kernel, or None if it is not in the folder, is damaged, or is another kernel's."""
    stored = None if place is None else private.read(place / f"{key}.o")
    if stored is None:
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
        write_whole(place / f"{key}.o", hashlib.sha256(content).digest() + content, mode=0o600)


def clean(keep: Path | None = None) -> int:
    """Delete compiled kernels, but for those in the folder to keep; return how many files went."""
    removed = 0
    for path in private.kernels():
        if path.parent != keep:
            with contextlib.suppress(OSError):
                path.unlink()
                removed += 1
    for place in private.toolchains():
        with contextlib.suppress(OSError):
            place.rmdir()
    return removed
