"""Where scenarios are: by path, by the name of a shipped one, in folders, on standard input."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from adamw_cli import files
from adamw_cli.errors import Problem, ScenarioError, UsageError, suggestion
from adamw_cli.scenario import load
from adamw_cli.scenario.model import Scenario
from adamw_cli.scenario.shipped import SUFFIXES, inside, shipped
from adamw_cli.scenario.values import quoted

_PATH_OR_NAME = "a path to a YAML file, or the name of a shipped scenario: `adamw list scenarios`"
STDIN = "-"


def resolve(name: str) -> Path:
    """Return the file that a name on the command line means: a path if there is one, else a shipped scenario.

    Raises
    ------
    UsageError
        If the name is neither a path nor a shipped scenario.

    """
    path = Path(name)
    # Unlike Path's methods, these are false for names that are too long or have a NUL in them.
    if os.path.exists(name) and not (os.path.isdir(name) and name in shipped()):
        return path
    known = shipped()
    if name in known:
        return known[name]
    shown = quoted(name, 200)
    if not name:
        raise UsageError("the name of a scenario is empty", _PATH_OR_NAME)
    if name.endswith(SUFFIXES) or os.sep in name or "/" in name:  # it looks like a path
        stem = path.stem
        hint = f"the shipped scenario is called '{stem}'" if stem in known and path.name == name else _PATH_OR_NAME
        raise UsageError(f"{shown}: no such file", hint)
    raise UsageError(f"there is no file and no shipped scenario {shown}", suggestion(name[:80], list(known)))


def read(path: Path) -> str:
    """Return the text of a scenario file.

    Raises
    ------
    ScenarioError
        If it cannot be read, or is not text.

    """
    try:
        if path.is_dir():
            raise ScenarioError([Problem("S011", "this is a folder, not a file", "name a file in it", str(path), None)])
        raw = files.read(path, load.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError([Problem("S001", f"cannot be read: {reason}", "", str(path), None)]) from None
    return load.decode(raw, str(path))


def load_scenario(name: str | Path, *, overrides: Mapping[str, Any] | Sequence[str] = ()) -> Scenario:
    """Read a scenario from a file, or by the name of a shipped one; `-` reads standard input.

    Parameters
    ----------
    name : a path, the name of a shipped scenario such as `plateau`, or `-`.
    overrides : values to put in place of the file's, as `{"optimizers.adamw.lr": 3e-4}` or
        `["optimizers.adamw.lr=3e-4"]`.

    Raises
    ------
    UsageError
        If there is no such file and no such shipped scenario.
    ScenarioError
        With every problem of the file: code, line and column.

    """
    if str(name) == STDIN:
        if sys.stdin is None:
            raise UsageError("standard input is closed", "name a file, or send the scenario through a pipe")
        raw = sys.stdin.buffer.read(load.MAX_BYTES + 1)
        return load.load_text(load.decode(raw, "<stdin>"), "<stdin>", name="stdin", overrides=overrides)
    path = resolve(str(name))
    return load.load_text(read(path), str(path), name=path.stem, overrides=overrides)


def discover(names: Iterable[str]) -> list[str]:
    """Return the files that paths, folders and names mean, each once, in the order given; folders sorted inside.

    Names that mean nothing are kept, so that loading them reports the error beside the results of the others.
    """
    found: dict[str, str] = {}
    for name in names:
        for item in map(str, inside(Path(name))) if os.path.isdir(name) else [name]:
            found.setdefault(identity(item), item)
    return list(found.values())


def identity(name: str) -> str:
    """The same for every way to write a path; names that are no paths stand for themselves."""
    try:
        return os.path.abspath(name) if os.path.lexists(name) else name
    except (OSError, ValueError):
        return name
