"""The shipped scenarios, by name; standard library only, so that listing names waits for nothing."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
SUFFIXES = (".yaml", ".yml")


def shipped_folder() -> Path:
    """Where the shipped scenarios are: inside the installed package, or beside it in a checkout."""
    installed = _PACKAGE / "_scenarios"
    return installed if installed.is_dir() else _PACKAGE.parent / "scenarios"


def shipped() -> dict[str, Path]:
    """Name -> file of every shipped scenario, sorted."""
    folder = shipped_folder()
    found = {path.relative_to(folder).with_suffix("").as_posix(): path for path in inside(folder)}
    return dict(sorted(found.items()))


def claimed() -> dict[str, Path]:
    """Those that put a claim about AdamW to the test."""
    return _below("claims/")


def published() -> dict[str, Path]:
    """Those that reproduce a published result."""
    return _below("papers/")


def _below(folder: str) -> dict[str, Path]:
    return {name: path for name, path in shipped().items() if name.startswith(folder)}


def _refuse(error: OSError) -> None:
    raise error


def inside(folder: Path) -> list[Path]:
    """Scenario files in a folder and below, sorted; hidden folders are left out, and links that lead in circles too.

    Raises
    ------
    OSError
        If a folder cannot be read: what is in it would be passed over in silence.

    """
    found = []
    for top, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(top) / name for name in files if name.endswith(SUFFIXES) and not name.startswith(".")]
    return sorted(found)
