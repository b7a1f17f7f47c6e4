"""Which file holds the settings: the one that is named, or the nearest.

Most runs find none, so looking costs a few calls of the file system: the parser of TOML is imported when there is a
file that may hold settings, and not before.
"""

import os
import re
from typing import Any, NamedTuple

from adamw_cli.errors import Position, Problem, SettingsError
from adamw_cli.files import read

OWN = "adamw.toml"
PROJECT = "pyproject.toml"
MAX_BYTES = 1 << 20
# Compiled when a text is searched: most runs have none.
# However the table is written, `[tool.adamw]`, `[tool]` with a key `adamw`, or `tool.adamw.check.format = ...`, one of
# these stands in the text.
_MAY_HOLD_SETTINGS = r"""tool["']?\s*(\.\s*["']?adamw|\]|=)"""
_HEADER = r"""^[ \t]*\[[ \t]*["']?tool["']?[ \t]*\.[ \t]*["']?adamw["']?[ \t]*[].]"""
_AT = r" \(at line (\d+), column (\d+)\)$"


class SettingsFile(NamedTuple):
    """A file that was read.

    Attributes
    ----------
    path : as messages show it.
    folder : what relative paths in it start from; the empty string is the working directory.
    text : all of it.
    table : where in it the settings are: `()` or `("tool", "adamw")`.
    settings : what stands there; a table of tables, if the file is right.

    """

    path: str
    folder: str
    text: str
    table: tuple[str, ...]
    settings: Any


def nearest() -> SettingsFile | None:
    """Return the settings of the working directory, or of the nearest folder above it that has any.

    Raises
    ------
    SettingsError
        If that file cannot be read, or is not TOML.

    """
    try:
        top = folder = os.getcwd()
    except OSError:  # it was deleted
        return None
    while True:
        shown = "" if folder == top else os.path.relpath(folder, top)
        found = in_folder(shown)
        parent = os.path.dirname(folder)
        if found is not None or parent == folder:
            return found
        folder = parent


def in_folder(folder: str) -> SettingsFile | None:
    """Return the settings of one folder: `adamw.toml`, or else a `pyproject.toml` that has a table `[tool.adamw]`.

    Raises
    ------
    SettingsError
        If `adamw.toml` cannot be read or is not TOML; or if a `pyproject.toml` is not, and has that table.

    """
    path = os.path.join(folder, OWN)
    if os.path.isfile(path):
        return named(path)
    path = os.path.join(folder, PROJECT)
    if not os.path.isfile(path):
        return None
    try:
        text = _read(path)
    except SettingsError:  # somebody else's file: nothing says that it has settings
        return None
    if not re.search(_MAY_HOLD_SETTINGS, text):
        return None
    try:
        return _parsed(path, text)
    except SettingsError:
        if re.search(_HEADER, text, re.MULTILINE):
            raise
        return None


def named(path: str) -> SettingsFile:
    """Return the settings of a file; one called `pyproject.toml` has them in `[tool.adamw]`.

    Raises
    ------
    SettingsError
        If it cannot be read, is not TOML, or is a `pyproject.toml` without that table.

    """
    found = _parsed(path, _read(path))
    if found is None:
        raise SettingsError(
            [Problem("C103", "there is no table [tool.adamw]", "add it, or name another file", path, None)]
        )
    return found


def _parsed(path: str, text: str) -> SettingsFile | None:
    data = _parse(path, text)
    folder = os.path.dirname(path)
    if os.path.basename(path) != PROJECT:
        return SettingsFile(path, folder, text, (), data)
    tool = data.get("tool")
    if not isinstance(tool, dict) or "adamw" not in tool:
        return None
    return SettingsFile(path, folder, text, ("tool", "adamw"), tool["adamw"])


def _read(path: str) -> str:
    def refusal(message: str, hint: str) -> SettingsError:
        return SettingsError([Problem("C101", message, hint, path, None)])

    try:
        raw = read(path, MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refusal(f"cannot be read: {reason}", "check the path and the permissions") from None
    if len(raw) > MAX_BYTES:
        raise refusal("larger than 1 MiB", "settings are a page of text")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refusal("not UTF-8 text", "save it as UTF-8") from None


def _parse(path: str, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        message, at = "nested too deep", None
    except ValueError as error:  # TOMLDecodeError is one, and so is a number of thousands of digits
        message, at = str(error), re.search(_AT, str(error))
    from adamw_cli.scenario.values import printable  # only where there is a mistake to show

    position, line_text = None, ""
    if at is not None:
        message = message[: at.start()]
        position = Position(int(at[1]), int(at[2]))
        lines = text.split("\n")
        line_text = printable(lines[position.line - 1].rstrip("\r")) if position.line <= len(lines) else ""
    message = message[:1].lower() + message[1:]
    raise SettingsError(
        [Problem("C102", f"not TOML: {message}", "correct it here or just before", path, position, line_text)]
    )
