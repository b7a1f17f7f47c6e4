"""`--format` and `--report`: what is printed and what is written, for the commands that judge or look at scenarios."""

import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from adamw_cli.errors import AdamwError, UsageError, suggestion
from adamw_cli.files import open_to_write
from adamw_cli.report.characters import harmless
from adamw_cli.report.formats import CHECK, VALIDATE, Family, function
from adamw_cli.report.output import say, write

AUTO = "auto"
_REPORT = "--report"
# What leads to the output that is printed anyway: the two would overwrite each other in a file.
_OWN_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/1", "/dev/fd/2", "/proc/self/fd/1", "/proc/self/fd/2")


def _format_option(family: Family) -> Any:
    known = [AUTO, *family.formats]

    def format_name(given: str) -> str:
        if given not in known:
            raise typer.BadParameter(f"{given!r} is not one of {', '.join(map(repr, known))}.")
        return given

    text = f"What to print: {', '.join(known)}."
    return typer.Option("--format", "-f", metavar="FORMAT", parser=format_name, help=text)


def _report_option(family: Family) -> Any:
    text = f"Write a file too, in place of an older one. Repeatable. Formats: {', '.join(family.formats)}."
    return typer.Option(_REPORT, metavar="FORMAT=PATH", help=text)


CheckFormatOption = Annotated[str, _format_option(CHECK)]
CheckReportOption = Annotated[list[str] | None, _report_option(CHECK)]
ValidateFormatOption = Annotated[str, _format_option(VALIDATE)]
ValidateReportOption = Annotated[list[str] | None, _report_option(VALIDATE)]


@dataclass(frozen=True)
class Reporting:
    """What is to be done with a result; made before there is one, so that mistakes are found in time."""

    family: Family
    form: str
    reports: Sequence[tuple[str, Path]]

    def deliver(self, result: Any) -> bool:
        """Write the files, then print; return whether every file could be written. Each that could not is said on stderr."""
        complete = True
        for form, path in self.reports:
            try:
                _write(path, form, self.family.formats[form].render(result))
            except AdamwError as error:
                say(f"error: {error}")
                complete = False
        self._print(result)
        return complete

    def _print(self, result: Any) -> None:
        if self.form != AUTO:
            write(self.family.formats[self.form].draw(result), commands=self.form == "github")
        elif not _in_workflow():
            write(self.family.formats["full"].draw(result))
        else:
            write(self.family.log(result), commands=True)
            if self.family.summary:
                _add_to_summary(self.family.summary, result)


def reporting(family: Family, form: str, reports: Sequence[str] | None) -> Reporting:
    """Look at the options.

    Raises
    ------
    UsageError
        If a report's format is not known, or a file cannot be written as far as that can be told.

    """
    found: dict[str, tuple[str, Path]] = {}
    for given in reports or []:
        name, path = _split(family, given)
        place = os.path.realpath(path)
        if place in found:
            raise UsageError(f"{_REPORT} {given}: another report goes into the same file", "choose another name")
        found[place] = name, path
    return Reporting(family, form, list(found.values()))


def _split(family: Family, given: str) -> tuple[str, Path]:
    form, equals, name = given.partition("=")
    if not equals:
        raise UsageError(f"{_REPORT} {given}: must be FORMAT=PATH", f"such as {_REPORT} json={given or 'report.json'}")
    if form not in family.formats:
        raise UsageError(f"{_REPORT} {given}: there is no format '{form}'", suggestion(form, list(family.formats)))
    if name in ("", "-"):
        raise UsageError(f"{_REPORT} {given}: needs the name of a file", "to print a format, use --format")
    path = Path(name)
    fault = _fault(path)
    if fault:
        raise UsageError(f"{_REPORT} {given}: {fault}", "choose another place")
    return form, path


def _fault(path: Path) -> str:
    """Why a report cannot go there; empty if nothing is known against it."""
    try:
        os.path.realpath(path)  # fails where the working directory is gone
        if os.path.abspath(path) in _OWN_STREAMS or _printed_on(path):
            return "this is what is printed on; --format says in which format"
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        if error.filename is None:  # of the working directory, which has no name any more
            return "the working directory does not exist"
    except (OSError, ValueError) as error:  # too long, or a NUL in it
        return getattr(error, "strerror", None) or str(error)
    if path.is_dir():
        return "is a folder"
    if path.suffix.lower() in (".yaml", ".yml"):
        return "no report is YAML; this might be a scenario"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    if path.exists() and (path.is_symlink() or not path.is_file()):  # a device or a pipe
        return "" if os.access(path, os.W_OK) else "may not be written"
    return "" if os.access(path.parent, os.W_OK) else f"the folder {path.parent} may not be written"


def _printed_on(path: Path) -> bool:
    """Whether a file, or a pipe, is where standard output or standard error goes."""
    if not path.is_file() and not path.is_fifo():
        return False
    with suppress(OSError):
        return any(os.path.samestat(path.stat(), os.fstat(number)) for number in (1, 2))
    return False


def _write(path: Path, form: str, text: str) -> None:
    from adamw_cli.report.files import write_whole

    def fill(stream: IO[bytes]) -> None:
        # What is no file may be a terminal or a log. Names of files may have bytes that are no text; they become escapes.
        shown = text if stat.S_ISREG(os.fstat(stream.fileno()).st_mode) else harmless(text, commands=form == "github")
        stream.write(shown.encode("utf-8", errors="backslashreplace"))

    write_whole(path, _REPORT, fill, overwrite=True)


def _in_workflow() -> bool:
    """Whether this is a step of a GitHub workflow. A runner has no terminal: where there is one, somebody is watching."""
    if sys.stdout is not None and sys.stdout.isatty():
        return False
    return os.environ.get("GITHUB_ACTIONS", "").lower() not in ("", "0", "false")


def _add_to_summary(where: str, result: Any) -> None:
    """Add to the file that GitHub shows below the job; that it cannot be written does not make the check fail."""
    name = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not name:
        return
    try:
        with open_to_write(name, "ab") as stream:
            # What comes before may end in the middle of a line, or of a table.
            taken = stream.tell() if stream.seekable() else 0
            text = ("\n\n" if taken else "") + function(where)(result, taken)
            stream.write(text.encode("utf-8", errors="backslashreplace"))
    except (OSError, ValueError) as error:
        say(f"warning: the job summary {name} cannot be written: {error}")
