"""One case: a folder of a user's files, a cache, the command lines that are run there, and the rules that were broken."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import numpy as np

from benchmarks.campaign import running
from benchmarks.campaign.running import ALLOWED, Done, Running
from tests.robustness.checking import strict_json

TEMPORARY = re.compile(r"\.adamw-[0-9a-f]{16}\.tmp")
SCENARIO = """\
version: 1
name: {name}
description: {description}
tags: [{tag}]
landscape: {{kind: plateau}}
start: [1.0, 0.5]
steps: {steps}
optimizers:
  {run}: {{kind: adamw, lr: 0.1, weight_decay: 0.1}}
  other: {{kind: adam_l2, lr: 1e-3, weight_decay: 0.1}}
expect:
  - {{metric: total_shrink, of: {run}, {expected}}}
  - {{metric: weight_norm, of: {run}, {expected}{xfail}}}
  - {{metric: status, of: other, equals: finished}}
"""
_PLAIN = {"name": "plain", "description": "words", "tag": "tag", "run": "adamw", "steps": "100", "xfail": "", "expected": "snapshot: true"}  # fmt: skip


def scenario(**given: str) -> str:
    """Text of a scenario, with pieces of it given; `expected` is what both of its values are to be."""
    return SCENARIO.format(**{**_PLAIN, **given})


@dataclass
class Case:
    """What a case has and what it has done.

    Attributes
    ----------
    random : what everything is drawn from.
    folder : the working directory, empty at first.
    cache : what ADAMW_CACHE_DIR names; the kernels of the scenarios here are in it.
    spare : a folder for what is neither, empty at first.
    own_mounts : whether file systems can be mounted.
    calls : the processes whose code counts.
    ended : of processes that were sent a signal, how each ended.
    broken : rules that were broken, in words.

    """

    random: Random
    folder: Path
    cache: Path
    spare: Path
    own_mounts: bool = False
    calls: list[Done] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of every process: nothing of the one that started the campaign, but its interpreter's path."""
        fixed = {
            "PATH": os.environ.get("PATH", ""), "HOME": str(self.spare), "TMPDIR": str(self.spare), "LANG": "C.UTF-8",
            "PYTHONPATH": str(running.ROOT), "ADAMW_CACHE_DIR": str(self.cache), "CI": "true",
        }  # fmt: skip
        return {**fixed, **more}

    def start(self, *arguments: str, given: bytes = b"", **more: str) -> Running:
        """Start a command line."""
        return running.forked(arguments, self.folder, self.environment(**more), given)

    def run(self, *arguments: str, codes: Sequence[int] = ALLOWED, given: bytes = b"", **more: str) -> Done:
        """Run a command line, and note the rules that it broke."""
        return self.take(self.start(*arguments, given=given, **more), codes)

    def take(self, process: Running, codes: Sequence[int] = ALLOWED) -> Done:
        """Wait for a process, and note the rules that it broke."""
        done = process.wait()
        self.calls.append(done)
        self.broken += done.broken(codes)
        return done

    def demand(self, holds: object, rule: str) -> None:
        """Note a rule that does not hold."""
        if not holds:
            self.broken.append(rule)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one of the user's files."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        return path

    def demand_sound(self, folder: Path | None = None, *, killed: bool = False) -> None:
        """Every file is whole; what is not finished has a name that says so, and is there only after a kill."""
        for path in files(folder or self.folder):
            if TEMPORARY.fullmatch(path.name):
                self.demand(killed, f"{path.name} was left")
            else:
                fault = torn(path)
                self.demand(fault is None, f"{path.name} is torn: {fault}")

    def demand_kept(self, before: Mapping[str, str], after: Mapping[str, str], but: Sequence[str] = ()) -> None:
        """The user's files are what they were, but for those that a command was asked to write."""
        for name, digest in before.items():
            self.demand(
                name in but or after.get(name) == digest, f"{name} was {'changed' if name in after else 'lost'}"
            )


def files(folder: Path) -> list[Path]:
    """Every regular file below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def digests(folder: Path) -> dict[str, str]:
    """Path below a folder -> digest of what is in the file, or where a link leads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = os.fsencode(path.relative_to(folder)).decode(errors="backslashreplace")
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def torn(path: Path) -> str | None:
    """What is wrong with a file that a command wrote, judged by its suffix; None if it is whole."""
    try:
        content = path.read_bytes()
        _READERS.get(path.suffix, _nothing)(content, path)
    except (
        ValueError,
        KeyError,
        OSError,
        EOFError,
        ElementTree.ParseError,
        zipfile.BadZipFile,
        AssertionError,
    ) as error:
        return f"{type(error).__name__}: {error}"
    return None


def _nothing(content: bytes, path: Path) -> None:
    pass


def _json(content: bytes, path: Path) -> None:
    if not content.startswith(b"# yaml-language-server"):  # a starter, which is YAML under any name
        strict_json(content.decode())


def _lines(content: bytes, path: Path) -> None:
    assert content.endswith(b"\n"), "the last line has no end"
    for line in content.decode().splitlines():
        json.loads(line)


def _xml(content: bytes, path: Path) -> None:
    ElementTree.fromstring(content)


def _csv(content: bytes, path: Path) -> None:
    rows = list(csv.reader(io.StringIO(content.decode()), strict=True))
    assert len({len(row) for row in rows}) == 1, "rows of different lengths"
    assert content.endswith(b"\n"), "the last line has no end"


def _npz(content: bytes, path: Path) -> None:
    with np.load(io.BytesIO(content)) as arrays:
        for name in arrays.files:
            arrays[name].sum()


def _tap(content: bytes, path: Path) -> None:
    assert re.search(rb"^1\.\.\d+", content, re.MULTILINE), "no plan"


def _kernel(content: bytes, path: Path) -> None:
    assert hashlib.sha256(content[32:]).digest() == content[:32], "the checksum is another one"
    assert content[32:].startswith(path.stem.encode()), "it is another kernel"


_READERS = {
    ".json": _json, ".sarif": _json, ".jsonl": _lines, ".xml": _xml, ".svg": _xml, ".csv": _csv, ".npz": _npz, ".tap": _tap,
    ".o": _kernel,
}  # fmt: skip


def emptied(folder: Path) -> Path:
    """A folder with nothing in it."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder


def copied(cache: Path, place: Path) -> Path:
    """A copy of a cache, modes and all."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(cache, place, symlinks=True)
    place.chmod(0o700)
    return place
