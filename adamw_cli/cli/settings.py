"""Settings from a file and from the environment, by the command-line library's own means.

What a file says becomes the library's map of defaults, and every option names its variable; so it is the library that decides
that a flag beats the environment and the environment a file, and that knows for every value where it came from.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import typer
from typer.core import TyperCommand

from adamw_cli.errors import (
    AdamwError,
    FileError,
    PluginError,
    Problem,
    ScenarioError,
    SettingsError,
    UsageError,
    suggestion,
)
from adamw_cli.report.characters import harmless
from adamw_cli.report.output import say
from adamw_cli.settings import SHARED

if TYPE_CHECKING:
    from adamw_cli.report.settings import OptionInEffect
    from adamw_cli.settings.read import Kind, Option, Settings

_SETTINGS, _PROBLEMS, _PLUGINS = "adamw.settings", "adamw.settings.problems", "adamw.plugins"
_PREFIX = "ADAMW_"
# What is none of these is text.
_KINDS: Mapping[type, Kind] = {bool: "flag", int: "integer", float: "number"}
CONFIG_VARIABLE = "ADAMW_CONFIG"

# Whatever is wrong with a command line; typer names only its descendants.
UsageProblem: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


class Command(TyperCommand):
    """A command whose options are read from a file and from the environment too."""

    def __init__(self, name: str | None, **declared: Any) -> None:
        super().__init__(name, **declared)
        name_variables(str(name), declared["params"])

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; then, unless help was asked for, refuse a file of settings that is wrong."""
        if {"-h", "--help"}.intersection(args):  # which the library prints as it is, and a file may be anybody's
            ctx.default_map = {name: _tame(value) for name, value in (ctx.default_map or {}).items()}
        if ctx.resilient_parsing:  # a first look
            return list(super().parse_args(ctx, args))
        try:
            rest = super().parse_args(ctx, args)
        except UsageProblem as error:
            _require_settings(ctx)  # what is missing may be what could not be read
            parameter = getattr(error, "param", None)
            if parameter is not None and _source(ctx, parameter) == "environment":
                error.param_hint = f"{_variable(parameter)} in the environment"
            raise
        _require_settings(ctx)
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Load plug-ins, choose the engine and run."""
        with explained(ctx):
            load_plugins(ctx)
            if "engine" in ctx.params:
                from adamw_cli.engine.choice import use

                use(ctx.params["engine"], say)
            return super().invoke(ctx)


@contextmanager
def explained(ctx: Any) -> Iterator[None]:
    """Let an error name flags, and one that the values may have caused which of them are not from the command line."""
    try:
        yield
    except AdamwError as error:
        _name_flags(error, {key(p).replace("-", "_"): max(p.opts, key=len) for p in _settable(ctx.command)})
        if not isinstance(error, UsageError | ScenarioError | PluginError):
            raise
        for row in _rows(ctx, ctx.params):
            if row.source in ("file", "environment"):
                error.add_note(f"with {row.option} from {row.origin()}")
        raise


def load_plugins(ctx: Any) -> None:
    """Load the plug-ins that a command names, each once: they may have been needed to read its command line."""
    loaded = ctx.meta.setdefault(_PLUGINS, set())
    given = ctx.params.get(SHARED) or ()
    if given and any(p.name == SHARED and _source(ctx, p) == "environment" for p in ctx.command.params):
        # ADAMW_PLUGINS="$ADAMW_PLUGINS:more.py", whether it was set before or not
        given = [path for path in given if Path(path) != Path()]
    for path in given:
        if path not in loaded:
            from adamw_cli.registry import load_plugin

            load_plugin(path)
            loaded.add(path)


def name_variables(command: str, parameters: Iterable[Any]) -> None:
    """Let options be read from the environment, too."""
    for parameter in filter(_may_be_set, parameters):
        # Not the library's automatic names: those come from the names in the source (ADAMW_CHECK_FORM), and it makes
        # ADAMW_CHECK_HELP as well. They are in docs/config.md and not in every line of help.
        own = variable(command, key(parameter))
        parameter.envvar = [own, parameter.envvar] if parameter.envvar else own
        parameter.show_envvar = False


def _name_flags(error: AdamwError, flags: Mapping[str, str]) -> None:
    """Put flags where an error has parameters in backticks, as the layers below call them."""

    def named(text: str) -> str:
        return re.sub(r"`(\w+)`", lambda found: flags.get(found[1], found[0]), text)

    if isinstance(error, FileError):
        error.problems = [
            replace(p, source=named(p.source), message=named(p.message), hint=named(p.hint)) for p in error.problems
        ]
        error.message = error.rendered()
    else:
        error.message, error.hint = named(error.message), named(error.hint or "")


def load(context: Any, path: str | None, *, none: bool) -> None:
    """Give the commands below a context the settings of a file: the one named, none, or the nearest.

    What is wrong with the file is kept until a command is about to run, so that help is never in the way of a mistake.
    """
    if none:
        return
    from adamw_cli.settings import files

    known = context.command.commands
    try:
        file = files.nearest() if path is None else files.named(path)
        if file is None:
            return
        from adamw_cli.settings.read import read

        settings = read(file, {name: options(command) for name, command in known.items()})
    except SettingsError as error:
        if path is not None and not given(context, "settings"):
            error.add_note(f"{CONFIG_VARIABLE} in the environment names this file")
        context.meta[_PROBLEMS] = error
        return
    context.meta[_SETTINGS] = settings
    if settings.problems:
        context.meta[_PROBLEMS] = SettingsError(settings.problems)
    context.default_map = {
        name: {p.name: values[key(p)] for p in _settable(known[name]) if key(p) in values}
        for name, values in settings.values.items()
    }


def given(context: Any, name: str) -> bool:
    """Whether a parameter was given on the command line."""
    return bool(context.get_parameter_source(name).name == "COMMANDLINE")


def commands(context: Any) -> list[str]:
    """The names of all commands; `context` is that of one."""
    return list(context.parent.command.commands)


def file(context: Any) -> str | None:
    """The file that settings come from."""
    settings: Settings | None = context.meta.get(_SETTINGS)
    return settings.file.path if settings is not None else None


def in_effect(context: Any, names: Iterable[str]) -> list[OptionInEffect]:
    """What commands would use, and where it comes from; `context` is that of any command.

    Raises
    ------
    SettingsError
        With every variable of the environment that holds a wrong value.

    """
    rows: list[OptionInEffect] = []
    problems: list[Problem] = []
    for name in names:
        command = context.parent.command.commands[name]
        inner = command.context_class(command, parent=context.parent, info_name=name)
        values: dict[str, Any] = {}
        for parameter in _settable(command):
            # As the library does for a command line without this option, short of refusing where one is required.
            value, source = parameter.consume_value(inner, {})
            inner.set_parameter_source(parameter.name, source)
            try:
                missing = parameter.value_is_missing(value)
                values[parameter.name] = None if missing else parameter.process_value(inner, value)
            except UsageProblem as error:
                message = str(error.message).rstrip(".")
                problems.append(Problem("C109", message, "correct it, or unset it", _variable(parameter), None))
        rows += _rows(inner, values)
    if problems:
        raise SettingsError(problems)
    return rows


def strangers(context: Any) -> list[str]:
    """A sentence for each variable of the environment that looks like a setting and is none."""
    from adamw_cli.engine.private import ENVIRONMENT_VARIABLE

    known = [CONFIG_VARIABLE, ENVIRONMENT_VARIABLE]
    for command in context.parent.command.commands.values():
        known += [name for parameter in _settable(command) for name in _variables(parameter)]
    unknown = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)
    return [f"{name} is set, but no setting has this name: {suggestion(name, known)}" for name in unknown]


def variable(command: str, option: str) -> str:
    """The environment variable of an option: `ADAMW_CHECK_ALLOW_EMPTY`; of the one that commands share, `ADAMW_PLUGINS`."""
    return f"{_PREFIX}{option if option == SHARED else f'{command}_{option}'}".replace("-", "_").upper()


def _variables(parameter: Any) -> list[str]:
    """The environment variables of an option: its own, and one that several commands share."""
    return [parameter.envvar] if isinstance(parameter.envvar, str) else list(parameter.envvar)


def _variable(parameter: Any) -> str:
    """The one of them that is set, or its own."""
    names = _variables(parameter)
    return next((name for name in names if os.environ.get(name)), names[0])


def key(parameter: Any) -> str:
    """What a file calls an option or an argument: `allow-empty`."""
    longest = SHARED if parameter.name == SHARED else max(parameter.opts, key=len)
    return str(longest).lstrip("-").replace("_", "-")


def _settable(command: Any) -> list[Any]:
    return list(filter(_may_be_set, command.params))


def _may_be_set(parameter: Any) -> bool:
    """Options, and arguments that are lists; what a single argument says is what the command is called for."""
    return bool(parameter.param_type_name == "option" or parameter.nargs == -1)


def options(command: Any) -> Mapping[str, Option]:
    """What a file may set of a command."""
    # Not the library's own account of its types, which is another one in each of its versions.
    declared = inspect.signature(command.callback, eval_str=True).parameters
    context = command.context_class(command)
    # What it has beside its function's, `forms.ScheduleCommand` says, are numbers.
    kinds = {p.name: _single(declared[p.name].annotation) if p.name in declared else float for p in _settable(command)}
    return {key(parameter): _option(parameter, kinds[parameter.name], context) for parameter in _settable(command)}


def _single(declared: Any) -> Any:
    """The type of one value, without what is said about it: of an entry if it is a list, and of what is there if it may be None."""
    while get_origin(declared) is not Literal and (inner := [t for t in get_args(declared) if t is not NoneType]):
        declared = inner[0]
    return declared


def _option(parameter: Any, kind: Any, context: Any) -> Option:
    from adamw_cli.settings.read import Option

    many = parameter.multiple or parameter.nargs == -1

    def refusal(value: Any) -> str | None:
        try:
            taken = kind(value) if kind in _KINDS else value
            parameter.process_value(context, [taken] if many else taken)
        except UsageProblem as error:
            return str(error.message).rstrip(".")
        except OverflowError:
            return "too large a number"
        return None

    return Option(
        key(parameter),
        _KINDS.get(kind, "text"),
        many=many,
        names="scenarios" if parameter.nargs == -1 else "file" if kind is Path else "nothing",
        choices=get_args(kind),
        refusal=refusal,
    )


def _require_settings(context: Any) -> None:
    problems: SettingsError | None = context.meta.get(_PROBLEMS)
    if problems is not None:
        raise problems


def _source(context: Any, parameter: Any) -> str:
    """Where the library found a value: command line, environment, file or default."""
    source = context.get_parameter_source(parameter.name)
    names = {"COMMANDLINE": "command line", "ENVIRONMENT": "environment", "DEFAULT_MAP": "file"}
    return names.get(source.name if source is not None else "", "default")


def _rows(context: Any, values: Mapping[str, Any]) -> list[OptionInEffect]:
    """A row for each of the values, which the context knows the sources of."""
    from adamw_cli.report.settings import OptionInEffect

    settings: Settings | None = context.meta.get(_SETTINGS)
    rows = []
    for parameter in _settable(context.command):
        if parameter.name not in values:
            continue
        source, name = _source(context, parameter), key(parameter)
        path, line = None, None
        if source == "file" and settings is not None:
            path, line = settings.file.path, settings.line(context.info_name, name)
        flag = max(parameter.opts, key=len) if parameter.param_type_name == "option" else ""
        shown = flag or parameter.metavar or parameter.name.upper()
        value = _plain(values[parameter.name])
        rows.append(OptionInEffect(context.info_name, shown, name, _variable(parameter), value, source, path, line))
    return rows


def _tame(value: Any) -> Any:
    """Text, or a list, of which nothing is obeyed wherever a line of help begins."""
    tame = harmless(value).replace("::", r":\u003a") if isinstance(value, str) else value
    return [*map(_tame, value)] if isinstance(value, list) else tame


def _plain(value: Any) -> Any:
    """A value as text, number, flag or a tuple of these; None for an empty list, which is what the library makes of none."""
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value)) or None
    return value if value is None or isinstance(value, bool | int | float) else str(value)
