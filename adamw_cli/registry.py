"""What there is: the files of optimizers/, landscapes/, schedules/, noises/ and metrics/, found without importing them.

A new file is known by being there; nothing else lists names. Standard library only.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType

from adamw_cli.errors import UsageError, suggestion

_PACKAGE = Path(__file__).resolve().parent
PACKAGES = ("optimizers", "landscapes", "schedules", "noises", "metrics")


@cache
def _names(package: str) -> tuple[str, ...]:
    found = pkgutil.iter_modules([str(_PACKAGE / package)])
    return tuple(sorted(entry.name for entry in found if not entry.name.startswith("_")))


def names(package: str) -> list[str]:
    """Names of the files in one of PACKAGES, sorted."""
    return list(_names(package))


def parts() -> list[str]:
    """Names of the landscapes that may be parts of another one, sorted."""
    return [name for name in names("landscapes") if load("landscapes", name).SPEC.part]


def load(package: str, name: str) -> ModuleType:
    """Import one of them.

    Raises
    ------
    UsageError
        If there is no such file; lists the known ones and suggests the nearest.

    """
    known = names(package)
    if name not in known:
        raise UsageError(f"unknown {package.rstrip('s')} '{name}'", suggestion(name, known))
    return importlib.import_module(f"adamw_cli.{package}.{name}")
