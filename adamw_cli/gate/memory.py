"""Which scenarios failed the last time, for `--lf` and `--ff`: one small file per project in the user's cache folder.

A project is the nearest folder above with a .git, a pyproject.toml or an adamw.toml in it. Nothing is lost if the
file is: then nothing is known to have failed.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Collection
from pathlib import Path

from adamw_cli.engine.private import root
from adamw_cli.files import read, write_whole
from adamw_cli.judging.check import CheckResult
from adamw_cli.scenario.find import STDIN, identity

_MARKS = (".git", "pyproject.toml", "adamw.toml")


def failed_before() -> frozenset[str]:
    """What failed the last time that it was checked, as identities."""
    try:
        place = _place()
        known = json.loads(read(place)) if place else []
    except (OSError, ValueError, RecursionError):
        return frozenset()
    return frozenset(name for name in known if isinstance(name, str)) if isinstance(known, list) else frozenset()


def remember(result: CheckResult, whole: Collection[str]) -> None:
    """Keep which scenarios failed; those that were not checked, or not as a `whole`, stay as they were unless they failed."""
    before = failed_before()
    after = set(before)
    for file in result.files:
        if file.path == STDIN:
            continue
        if file.failures:
            after.add(identity(file.path))
        elif file.path in whole:
            after.discard(identity(file.path))
    after = {name for name in after if os.path.lexists(name) or not os.path.isabs(name)}
    with contextlib.suppress(OSError):
        place = _place() if after != before else None
        if place is not None:
            write_whole(place, json.dumps(sorted(after)).encode(), mode=0o600)


def _place() -> Path | None:
    folder = root()
    if folder is None:
        return None
    here = Path.cwd()
    project = next((p for p in (here, *here.parents) if any((p / mark).exists() for mark in _MARKS)), here)
    return folder / f"failed-{hashlib.sha256(os.fsencode(project)).hexdigest()[:24]}.json"
