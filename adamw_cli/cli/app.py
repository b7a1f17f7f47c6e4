"""All commands under one name; the only place that knows the command-line library's own errors."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from adamw_cli.cli import (
    cache,
    check,
    claims,
    conform,
    critical_lambda,
    decay,
    doctor,
    half_life,
    init,
    listing,
    overshoot,
    schema,
    show,
    simulate,
    validate,
)
from adamw_cli.errors import ExitCode
from adamw_cli.report.output import silence

# Whatever is wrong with a command line; typer names only its descendants.
UsageProblem: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


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
) -> None:
    """The test bench for weight decay: exact optimizer dynamics, measured beside theory.

    \b
    Examples:
      adamw half-life --lr 3e-4 --weight-decay 0.1
      adamw simulate plateau
      adamw check scenarios/

    Exit codes: 0 fine; 1 an expectation failed; 2 could not run; 3 a bug in adamw; 5 nothing matched; 130 interrupted.
    `--traceback` shows where a bug happened.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


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
    app.command("simulate")(simulate.simulate)
    app.command("half-life")(half_life.half_life)
    app.command("decay")(decay.decay)
    app.command("overshoot")(overshoot.overshoot)
    app.command("critical-lambda")(critical_lambda.critical_lambda)
    app.command("claims")(claims.claims)
    app.command("check")(check.check)
    app.command("conform")(conform.conform)
    app.command("validate")(validate.validate)
    app.command("list")(listing.listing)
    app.command("show")(show.show)
    app.command("init")(init.init)
    app.command("schema")(schema.schema)
    app.command("doctor")(doctor.doctor)
    app.command("cache")(cache.cache)
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
            silence(1)
        return 0
    if code == ExitCode.INTERRUPTED:  # what some versions of the library make of Ctrl-C; others raise Abort
        raise KeyboardInterrupt
    return int(code or 0)
