"""What there is of each kind: our own files, plug-in files, and what installed packages add. One door to all of them.

A file of ours is known by being there; nothing else lists names. Installed packages are looked for only where a name is none
of ours, and where everything is listed: looking takes as long as a small command. Standard library only.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from adamw_cli.errors import PluginError, UsageError, suggestion

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Key = tuple[str, str]
_PACKAGE = Path(__file__).resolve().parent
PACKAGES = ("optimizers", "landscapes", "schedules", "noises", "metrics")
# What is not ours and has been imported: (package, name) -> the module.
_added: dict[Key, ModuleType] = {}


@cache
def own(package: str) -> tuple[str, ...]:
    """Names of our own files in one of PACKAGES, sorted."""
    found = pkgutil.iter_modules([str(_PACKAGE / package)])
    return tuple(sorted(entry.name for entry in found if not entry.name.startswith("_")))


@cache
def _installed(package: str) -> dict[str, list[EntryPoint]]:
    from adamw_cli.plugins import entry_points

    return entry_points(package)


def has(package: str, name: object) -> bool:
    """Whether there is something of that name."""
    return isinstance(name, str) and (name in own(package) or (package, name) in _added or name in _installed(package))


def at_hand(package: str) -> list[str]:
    """Names of what is there without a look at installed packages: our own, and what has been loaded; sorted."""
    return sorted({*own(package), *(name for kind, name in _added if kind == package)})


def names(package: str) -> list[str]:
    """Names of all that there is in one of PACKAGES, sorted."""
    return sorted({*at_hand(package), *_installed(package)})


def load(package: str, name: str) -> ModuleType:
    """Import one of them.

    Raises
    ------
    UsageError
        If there is nothing of that name; lists the known ones and suggests the nearest.
    PluginError
        If it is an installed plug-in that cannot be used.

    """
    key = package, name
    if name in own(package):
        module = importlib.import_module(f"adamw_cli.{package}.{name}")
    elif key in _added:
        module = _added[key]
    elif name in _installed(package):
        from adamw_cli.plugins import load_entry_point

        module = _added[key] = load_entry_point(package, _installed(package)[name])
    else:
        raise UsageError(f"unknown {package.rstrip('s')} '{name}'", suggestion(name, names(package)))
    if package == "landscapes":  # which needs numpy
        importlib.import_module("adamw_cli.landscapes._derived").complete(module)
    return module


def usable(package: str) -> list[str]:
    """The names without those of installed plug-ins that cannot be imported."""
    return [name for name in names(package) if name in own(package) or _fault(package, name) is None]


def faults(*packages: str) -> tuple[str, ...]:
    """What is wrong with installed plug-ins, a sentence each."""
    found = (_fault(package, name) for package in packages for name in _installed(package))
    return tuple(error.message for error in found if error is not None)


@cache
def _fault(package: str, name: str) -> PluginError | None:
    try:
        load(package, name)
        if name in own(package):
            from adamw_cli.plugins import taken

            raise taken(package, name, _installed(package)[name][0], "adamw itself")
    except PluginError as error:
        return error
    return None


def parts() -> list[str]:
    """Names of the landscapes that may be parts of another one, sorted."""
    return [name for name in usable("landscapes") if load("landscapes", name).SPEC.part]


def load_plugin(path: str | Path) -> tuple[str, ...]:
    """Add what a plug-in file declares, and return its names; a file that has been loaded before is read anew.

    Raises
    ------
    PluginError
        If the file cannot be imported, declares nothing, something that does not fit together, or a name that is taken.

    """
    from adamw_cli.plugins import load_file, taken

    found = load_file(path)
    for (package, name), module in found.items():
        before = _added.get((package, name))
        if name in own(package):
            raise taken(package, name, path, "adamw itself")
        if name in _installed(package):
            raise taken(package, name, path, _installed(package)[name][0])
        if before is not None and before.__file__ != module.__file__:
            raise taken(package, name, path, before.__file__)
    file = next(iter(found.values())).__file__
    for key in [key for key, module in _added.items() if module.__file__ == file]:
        del _added[key]  # the file may have had another name in it
    _added.update(found)
    return tuple(name for _, name in found)


def blamed(error: BaseException) -> PluginError | None:
    """The error of a plug-in that an exception is; None if no plug-in is behind it."""
    if not _added:
        return None
    from adamw_cli.plugins import raised_in

    return raised_in({str(module.__file__) for module in _added.values()}, error)
