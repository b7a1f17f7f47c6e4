"""The one boundary: exceptions become messages on standard error and exit codes."""

import sys
from collections.abc import Sequence

from adamw_cli.errors import AdamwError, ExitCode, FileError, InterruptionError, PluginError

_TRACEBACK = "--traceback"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, `sys.argv` by default; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:  # without importing the command-line library, which takes longer than this
        from adamw_cli._version import __version__
        from adamw_cli.report.output import write

        write(f"adamw {__version__}\n")
        return ExitCode.OK
    options = given[: given.index("--")] if "--" in given else given
    traceback = _TRACEBACK in options
    if traceback:
        given.remove(_TRACEBACK)
    try:
        return _guarded(given)
    except InterruptionError as error:
        _say(f"interrupted, {error.message}")
        return ExitCode.INTERRUPTED
    except KeyboardInterrupt:
        _say("interrupted")
        return ExitCode.INTERRUPTED
    except MemoryError:
        _say("error: not enough memory")
        return ExitCode.COULD_NOT_RUN
    except Exception as error:
        if _interrupted(error):
            _say("interrupted")
            return ExitCode.INTERRUPTED
        if traceback:
            import traceback as printer

            _say(printer.format_exc().rstrip())
        from adamw_cli import registry

        plugin = error if isinstance(error, PluginError) else registry.blamed(error)
        if plugin is not None:
            hint = [*([plugin.hint] if plugin.hint else []), *_notes(plugin), f"{_TRACEBACK} shows more"]
            _say("\n  ".join([f"error: {plugin.message}", *hint]))
            return ExitCode.COULD_NOT_RUN
        _say(
            f"error: this is a bug in adamw: {type(error).__name__}: {error}\n"
            f"  please report it with the command and the output of `adamw doctor`; {_TRACEBACK} shows where it happened"
        )
        return ExitCode.BUG


def _interrupted(error: BaseException) -> bool:
    """Whether Ctrl-C is behind an error: compiled libraries may turn it into one of their own and keep it as the cause."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, KeyboardInterrupt):
        seen = seen.__cause__ or seen.__context__
    return seen is not None


def _guarded(given: list[str]) -> int:
    """Run, and turn what a user can cause into a message and exit code 2."""
    _tolerate_narrow_encodings()
    from adamw_cli.cli.app import run
    from adamw_cli.cli.settings import UsageProblem

    try:
        return run(given)
    except FileError as error:
        _say("\n  ".join([str(error), *_notes(error)]))
    except (InterruptionError, PluginError):
        raise
    except AdamwError as error:
        _say("\n  ".join([f"error: {error.message}", *([error.hint] if error.hint else []), *_notes(error)]))
    except UsageProblem as error:
        context = getattr(error, "ctx", None)
        _say(f"error: {error.format_message()}")
        if context is not None:
            _say(f"  see `{context.command_path} --help`")
    return ExitCode.COULD_NOT_RUN


def _notes(error: BaseException) -> list[str]:
    """What was added to an exception on its way: which settings were in effect."""
    return getattr(error, "__notes__", [])


def _tolerate_narrow_encodings() -> None:
    """Let a terminal that lacks a character show an escape instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _say(text: str) -> None:
    from adamw_cli.report.output import say

    say(text)
