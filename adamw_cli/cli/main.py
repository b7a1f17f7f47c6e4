"""The one boundary: exceptions become messages on standard error and exit codes."""

import io
import os
import sys
from collections.abc import Sequence

from adamw_cli.cli.signals import Received, heard
from adamw_cli.errors import AdamwError, ExitCode, FileError, InterruptionError, PluginError
from adamw_cli.report.output import flushed, say, write

_TRACEBACK = "--traceback"
# Longer than a part of a name in the net may be, and with a character that is not in ASCII.
_SAMPLE = f"{'-' * 80} ü\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, `sys.argv` by default; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = given[: given.index("--")] if "--" in given else given
    traceback = _TRACEBACK in options
    if traceback:
        given.remove(_TRACEBACK)
    with heard() as received:
        code = _answered(given, traceback)
    if not flushed():
        code = code or ExitCode.COULD_NOT_RUN
    ended = code == ExitCode.INTERRUPTED or (code == ExitCode.COULD_NOT_RUN and received.number != Received.number)
    return received.exit_code if ended else code


def _answered(given: list[str], traceback: bool) -> int:
    """Run, and turn whatever happens into words and an exit code."""
    try:
        return _guarded(given)
    except InterruptionError as error:
        say(f"interrupted, {error.message}")
        return ExitCode.INTERRUPTED
    except MemoryError:
        say("error: not enough memory")
        return ExitCode.COULD_NOT_RUN
    except (Exception, KeyboardInterrupt) as error:
        if _interrupted(error):
            say("interrupted")
            return ExitCode.INTERRUPTED
        if traceback:
            import traceback as printer

            say(printer.format_exc().rstrip())
        from adamw_cli import registry

        plugin = error if isinstance(error, PluginError) else registry.blamed(error)
        if plugin is not None:
            say("\n  ".join([f"error: {plugin}", *_notes(plugin), f"{_TRACEBACK} shows more"]))
            return ExitCode.COULD_NOT_RUN
        cause = _surroundings(error)
        if cause is not None:
            say(f"error: {cause}; {_TRACEBACK} shows where it happened")
            return ExitCode.COULD_NOT_RUN
        say(
            f"error: this is a bug in adamw: {type(error).__name__}: {error}\n"
            f"  please report it with the command and the output of `adamw doctor`; {_TRACEBACK} shows where it happened"
        )
        return ExitCode.BUG


def _surroundings(error: BaseException) -> str | None:
    """What to say of an error that the system, the interpreter or a library made; None of one that is ours."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}" + (f": {error.filename}" if error.filename is not None else "")
    foreign = isinstance(error, ImportError) and (error.name or "").partition(".")[0] != "adamw_cli"
    if foreign or isinstance(error, SystemError):
        text = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return f"{text}\n  is every library installed as a whole, and is there enough memory?"
    return None


def _interrupted(error: BaseException) -> bool:
    """Whether Ctrl-C is behind an error: compiled libraries may turn it into one of their own and keep it as the cause."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, KeyboardInterrupt):
        seen = seen.__cause__ or seen.__context__
    return seen is not None


def _guarded(given: list[str]) -> int:
    """Run, and turn what a user can cause into a message and exit code 2."""
    _tolerate_narrow_encodings()
    for name in ("COLUMNS", "LINES"):
        text = os.environ.get(name, "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 5):
            del os.environ[name]  # libraries take it for a number
    if "conform" not in given:  # its targets may want fast matrices; nothing of ours multiplies any
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        if given == ["--version"]:  # without the command-line library: to import it takes longer than this
            from adamw_cli._version import __version__

            write(f"adamw {__version__}\n")
            return ExitCode.OK
        from adamw_cli.cli.app import run

        return run(given)
    except FileError as error:
        say("\n  ".join([str(error), *_notes(error)]))
    except (InterruptionError, PluginError):
        raise
    except AdamwError as error:
        say("\n  ".join([f"error: {error}", *_notes(error)]))
    except Exception as error:
        from adamw_cli.cli.settings import UsageProblem

        if not isinstance(error, UsageProblem):
            raise
        context = getattr(error, "ctx", None)
        say(f"error: {error.format_message()}")
        if context is not None:
            say(f"  see `{context.command_path} --help`")
    return ExitCode.COULD_NOT_RUN


def _notes(error: BaseException) -> list[str]:
    """What was added to an exception on its way: which settings were in effect."""
    return getattr(error, "__notes__", [])


def _tolerate_narrow_encodings() -> None:
    """Let a terminal that lacks a character show an escape instead of ending the program; and let what is written be written whole."""
    if isinstance(
        getattr(sys.stdout, "buffer", None), io.RawIOBase
    ):  # PYTHONUNBUFFERED: what a call does not take would be lost
        whole = io.BufferedWriter(sys.stdout.buffer)
        sys.stdout = io.TextIOWrapper(whole, sys.stdout.encoding, sys.stdout.errors)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
            try:
                _SAMPLE.encode(stream.encoding, "backslashreplace")
            except (UnicodeError, LookupError):  # of names in the net, say: PYTHONIOENCODING may be any
                reconfigure(encoding="utf-8")
