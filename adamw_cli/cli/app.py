"""All commands under one name; with cli.settings and cli.forms the only place that knows the command-line library's own workings."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from adamw_cli.cli.cache import cache
from adamw_cli.cli.check import check
from adamw_cli.cli.claims import claims
from adamw_cli.cli.config import config
from adamw_cli.cli.conform import conform
from adamw_cli.cli.convert import convert
from adamw_cli.cli.critical_lambda import critical_lambda
from adamw_cli.cli.decay import decay
from adamw_cli.cli.defaults import defaults
from adamw_cli.cli.doctor import doctor
from adamw_cli.cli.forms import FormCommand, ScheduleCommand
from adamw_cli.cli.half_life import half_life
from adamw_cli.cli.init import init
from adamw_cli.cli.listing import listing
from adamw_cli.cli.overshoot import overshoot
from adamw_cli.cli.reproduce import reproduce
from adamw_cli.cli.schema import schema
from adamw_cli.cli.settings import CONFIG_VARIABLE, Command, given, load
from adamw_cli.cli.show import show
from adamw_cli.cli.simulate import simulate
from adamw_cli.cli.theory import theory
from adamw_cli.cli.validate import validate
from adamw_cli.errors import ExitCode
from adamw_cli.report.output import silence

# In the order in which help lists them.
_COMMANDS: list[Callable[..., None]] = [simulate, half_life, convert, defaults, theory, decay, overshoot]
_COMMANDS += [critical_lambda, claims, reproduce, check, conform, validate]
_COMMANDS += [listing, show, init, schema, config, doctor, cache]
# A command has the name of its function, but where Python has that for something else.
_NAMES = {listing: "list"}
# What is more than a command whose options are those of its function.
_CLASSES: dict[Callable[..., None], type[Command]] = {theory: FormCommand}
_CLASSES |= dict.fromkeys([half_life, convert, decay, overshoot, critical_lambda], ScheduleCommand)


def _version(wanted: bool) -> None:
    if wanted:
        from adamw_cli._version import __version__

        typer.echo(f"adamw {__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    settings: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", envvar=CONFIG_VARIABLE, help="Read settings from this file."),
    ] = None,
    no_settings: Annotated[bool, typer.Option("--no-config", help="Read settings from no file.")] = False,
) -> None:
    """The test bench for weight decay: exact optimizer dynamics, measured beside theory.

    \b
    Examples:
      adamw half-life --lr 3e-4 --weight-decay 0.1
      adamw simulate plateau
      adamw check scenarios/

    Exit codes: 0 fine; 1 an expectation failed; 2 could not run; 3 a bug in adamw; 5 nothing matched; 130 interrupted, or 143 and 129 by SIGTERM and SIGHUP.
    `--traceback` shows where a bug happened.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        return
    if settings == "":
        raise typer.BadParameter("it is empty; --no-config reads no file", param_hint="'--config'")
    if no_settings and given(context, "settings"):
        raise typer.BadParameter("it goes against --config", param_hint="'--no-config'")
    load(context, settings, none=no_settings)


def build(terminal: bool) -> typer.Typer:
    """Return the application, its help drawn for a terminal or plain."""
    app = typer.Typer(
        name="adamw",
        add_completion=False,
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown" if terminal else None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for command in _COMMANDS:
        name = _NAMES.get(command, command.__name__.replace("_", "-"))
        app.command(name, cls=_CLASSES.get(command, Command))(command)
    return app


def run(arguments: list[str]) -> int:
    """Run one command line; return its exit code."""
    try:
        code = build(sys.stdout is not None and sys.stdout.isatty())(
            args=arguments, prog_name="adamw", standalone_mode=False
        )
    except typer.Abort:
        raise KeyboardInterrupt from None
    except SystemExit:  # the library's answer to a closed pipe while it printed help
        if sys.stdout is not None:
            silence(sys.stdout)
        return 0
    if code == ExitCode.INTERRUPTED:  # what some versions of the library make of Ctrl-C; others raise Abort
        raise KeyboardInterrupt
    return int(code or 0)
