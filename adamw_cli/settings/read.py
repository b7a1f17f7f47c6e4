"""What a file of settings says, checked against what the commands take; every problem of the file at once."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from adamw_cli.errors import Position, Problem, suggestion
from adamw_cli.scenario.values import quoted
from adamw_cli.settings import SHARED
from adamw_cli.settings.files import SettingsFile

Kind = Literal["flag", "integer", "number", "text"]
Key = tuple[str, ...]

_WANTED: Mapping[Kind, tuple[str, tuple[type, ...]]] = {
    "flag": ("true or false", (bool,)),
    "integer": ("a whole number", (int,)),
    "number": ("a number", (int, float)),
    "text": ("text", (str, int, float)),  # `steps = 1000` is what one writes for an option that takes 1e3 too
}
# A text that would be right without its quotation marks.
_BARE = re.compile(r"true|false|[-+]?[0-9.]+([eE][-+]?[0-9]+)?")
# What of `a.yaml:12:3` is the file.
_LINES = re.compile(r"(:[1-9][0-9]*){1,2}\Z")


@dataclass(frozen=True)
class Option:
    """What one key of a command's table may hold.

    Attributes
    ----------
    key : the option's name without dashes in front, or the argument's.
    kind : what one value is.
    many : whether it takes a list of them.
    names : what a text names: nothing in particular, a file, or scenarios (a file, a folder, or a shipped one).
    choices : the texts that are allowed; empty if any is.
    refusal : what the command line has against a value of the right kind, or None.

    """

    key: str
    kind: Kind
    many: bool = False
    names: Literal["nothing", "file", "scenarios"] = "nothing"
    choices: tuple[str, ...] = ()
    refusal: Callable[[Any], str | None] = lambda _: None


@dataclass
class Settings:
    """What a file says.

    Attributes
    ----------
    file : the file.
    values : command -> key -> value, as the command line takes it; what is wrong is left out.
    written : (command, key) -> the same as it is written in the file, with the table before it.
    problems : what is wrong.

    """

    file: SettingsFile
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    written: dict[tuple[str, str], Key] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def _places(self) -> Mapping[Key, Position]:
        from adamw_cli.settings.places import places

        return places(self.file.text)

    def place(self, key: Key) -> tuple[Position | None, str]:
        """Where a key stands in the file, and that line of it; None where this is not certain."""
        position = self._places.get(key)
        if position is None:
            return None, ""
        return position, self.file.text.split("\n")[position.line - 1].rstrip("\r")

    def line(self, command: str, key: str) -> int | None:
        """The line of a setting, if it is certain."""
        position, _ = self.place(self.written[command, key])
        return position.line if position is not None else None


def read(file: SettingsFile, commands: Mapping[str, Mapping[str, Option]]) -> Settings:
    """Return what the file sets, and everything that is wrong with it.

    Parameters
    ----------
    file : the file.
    commands : command -> key -> what it may hold.

    """
    settings = Settings(file)
    if not isinstance(file.settings, dict):
        hint = "write [tool.adamw.check], say"
        _complain(settings, file.table, "C106", f"{_shown(file.table)} must be a table", hint)
        return settings
    having = [command for command, options in commands.items() if SHARED in options]
    for written, table in file.settings.items():
        key = (*file.table, written)
        command = written if written in commands else written.replace("_", "-")
        if having and written == SHARED:
            continue
        if not isinstance(table, dict):
            hint = f"settings stand in the table of their command, [check], say; `{SHARED}` alone before them"
            _complain(settings, key, "C106", f"{quoted(written)} must be a table", hint)
        elif command not in commands:
            hint = suggestion(written[:80], list(commands))
            _complain(settings, key, "C104", f"unknown command {quoted(written)}", hint)
        else:
            _table(settings, key, command, table, commands[command])
    if having and SHARED in file.settings:
        key = (*file.table, SHARED)
        shared = _value(settings, key, commands[having[0]][SHARED], file.settings[SHARED])
        for command in having if shared is not None else ():
            if (command, SHARED) not in settings.written:  # its own table says otherwise
                settings.written[command, SHARED] = key
                settings.values.setdefault(command, {})[SHARED] = shared
    return settings


def _table(settings: Settings, table: Key, command: str, values: dict[str, Any], options: Mapping[str, Option]) -> None:
    for written, value in values.items():
        key = (*table, written)
        option = options.get(written.replace("_", "-"))
        if option is None:
            hint = suggestion(written[:80], list(options)) or "this command has no settings"
            _complain(settings, key, "C105", f"`adamw {command}` has no setting {quoted(written)}", hint)
        elif (command, option.key) in settings.written:
            _complain(settings, key, "C108", f"'{option.key}' of `adamw {command}` is set twice", "remove one of them")
        else:
            settings.written[command, option.key] = key
            taken = _value(settings, key, option, value)
            if taken is not None:
                settings.values.setdefault(command, {})[option.key] = taken


def _value(settings: Settings, key: Key, option: Option, value: Any) -> Any:
    """The value as the command line takes it; None, and a problem, if it does not."""
    wanted, _ = _WANTED[option.kind]
    if not option.many:
        return _one(settings, key, option, value)
    if not isinstance(value, list):
        hint = f"[...], of {wanted}"
        _complain(settings, key, "C106", f"'{option.key}' must be an array, it is {_type(value)}", hint)
        return None
    taken = [_one(settings, key, option, item) for item in value]
    return None if None in taken else taken


def _one(settings: Settings, key: Key, option: Option, value: Any) -> Any:
    wanted, types = _WANTED[option.kind]
    if not isinstance(value, types) or (isinstance(value, bool) and option.kind != "flag"):
        several = "each of " if option.many else ""
        hint = "write it without quotation marks" if isinstance(value, str) and _BARE.fullmatch(value) else ""
        _complain(settings, key, "C106", f"{several}'{option.key}' must be {wanted}, it is {_type(value)}", hint)
        return None
    if option.kind == "text":
        value = str(value)
    if option.choices and value not in option.choices:
        hint = suggestion(value[:80], list(option.choices))
        _complain(settings, key, "C107", f"'{option.key}' cannot be {quoted(value)}", hint)
        return None
    refusal = option.refusal(value)
    if refusal is not None:
        _complain(settings, key, "C107", f"'{option.key}': {refusal}", "")
        return None
    if option.names == "nothing":
        return value
    return _from_folder(settings.file.folder, value, option.names == "scenarios")


def _from_folder(folder: str, name: str, scenario: bool) -> str:
    """A path as the file means it, relative to its own folder; the name of a shipped scenario stays one."""
    if not folder or name in ("", "-"):
        return name
    path = os.path.join(folder, name)
    if scenario and not os.path.exists(path) and not os.path.exists(_LINES.sub("", path)):
        from adamw_cli.scenario.shipped import shipped

        if _LINES.sub("", name) in shipped():
            return name
    return path


def _type(value: Any) -> str:
    names: dict[type, str] = {
        bool: "a boolean", str: "text", int: "a number", float: "a number", list: "an array", dict: "a table"
    }  # fmt: skip
    return names.get(type(value), "a date or time")


def _shown(key: Key) -> str:
    return f"[{'.'.join(key)}]"


def _complain(settings: Settings, key: Key, code: str, message: str, hint: str) -> None:
    position, line = settings.place(key)
    if position is None and key[:-1]:  # without a line the message has to say which table is meant
        message += f", in {_shown(key[:-1])}"
    settings.problems.append(Problem(code, message, hint, settings.file.path, position, line))
