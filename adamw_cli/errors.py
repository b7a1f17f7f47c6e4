"""The one error family, and the exit codes that it leads to.

Everything below `cli` raises these; `cli.main` alone turns them into messages and exit codes. An
error says what is wrong, where, and what to do. Standard library only.

Parameters stand in messages under their names, in backticks: `weight_decay` must be above 0. The command line writes the flag instead.
"""

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command. Mixed outcomes: 3 beats 2 beats 1."""

    OK = 0
    EXPECTATION_FAILED = 1
    COULD_NOT_RUN = 2
    BUG = 3
    NOTHING_MATCHED = 5
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class AdamwError(Exception):
    """Base of every error that a user can cause; `hint` says what to do about it, and stands below the message in the error's text."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(AdamwError):
    """A command line, or a call of the Python API, that cannot be carried out."""


class DeclarationError(AdamwError):
    """A rule, landscape, schedule, noise or metric whose declared facts contradict each other; raised at its import."""


class UnknownNameError(AdamwError, KeyError):
    """A result has nothing of this name; the message lists what it has."""


class PluginError(AdamwError):
    """A plug-in that cannot be used; the message names it."""


class InterruptionError(AdamwError):
    """Ctrl-C in the middle of a long run; the message says how much was done."""


class MissingExtraError(AdamwError):
    """An optional dependency is not installed; the message names the extra to install."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        message = f"{purpose} needs the package '{package}', which is not installed"
        super().__init__(message, f"pip install 'adamw-cli[{extra}]'")
        self.args = (package, extra, purpose)  # what a copy in another process is made of


@dataclass(frozen=True)
class Position:
    """A place in a text; line and column count from 1, `length` is how many characters to mark."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a scenario, or with a file of settings.

    Attributes
    ----------
    code : stable identifier, e.g. `S103` or `C104`; docs/scenario.md and docs/config.md list them.
    message : what is wrong, lower case, no full stop.
    hint : what to do, or the empty string.
    source : where it stands: a path, `<stdin>`, or a parameter of the call in backticks.
    position : where in the source; None if the whole source is meant.
    line_text : that line of the source, for the caret display.
    details : what else there is to say, one line each, below the caret.

    """

    code: str
    message: str
    hint: str
    source: str
    position: Position | None
    line_text: str = ""
    details: tuple[str, ...] = ()

    def location(self) -> str:
        """`path:line:col`, or the path alone."""
        if self.position is None:
            return self.source
        return f"{self.source}:{self.position.line}:{self.position.column}"

    def render(self) -> str:
        """Several lines: location, code, message, the source line with a caret, the hint."""
        text = f"{self.location()}: error[{self.code}]: {self.message}"
        if self.position is None or not self.line_text:
            hint = [f"  {self.hint}"] if self.hint else []
            return "\n".join([text, *hint, *(f"  {line}" for line in self.details)])
        shown, column = _window(self.line_text, self.position.column)
        number = f"{self.position.line:>5}"
        pad = "".join("\t" if c == "\t" else " " * _columns(c) for c in shown[: column - 1])
        caret = "^" * max(1, min(self.position.length, len(shown) - column + 1))
        margin = f"{' ' * len(number)} |"
        marked = f"{text}\n{number} | {shown}\n{margin} {pad}{caret} {self.hint}".rstrip()
        return "\n".join([marked, *(f"{margin}   {line}" for line in self.details)])


def _columns(character: str) -> int:
    """How many columns of a terminal a character takes: East Asian wide ones two, combining ones none."""
    import unicodedata

    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _window(line: str, column: int, width: int = 100) -> tuple[str, int]:
    """Cut a very long line around the column, so that the caret stays on the screen."""
    if len(line) <= width or column <= width // 2:
        return line[:width], min(column, width)
    start = column - width // 2
    return "..." + line[start : start + width - 3], column - start + 3


class FileError(AdamwError):
    """A file that cannot be used; carries every problem found, not just the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(self.rendered())
        self.args = (problems,)

    def rendered(self) -> str:
        """Every problem, one below the other."""
        return "\n".join(problem.render() for problem in self.problems)


class ScenarioError(FileError):
    """A scenario that cannot be used."""


class SettingsError(FileError):
    """A file of settings for the command line that cannot be used."""


# A list of more names than this is cut to the nearest: nobody reads forty.
_MOST_NAMES = 16


def suggestion(wrong: object, known: list[str]) -> str:
    """`did you mean 'adamw'? known: ...` for an unknown name, or what is none; of a long list the nearest names."""
    import difflib

    asked, names = str(wrong).lower(), {name.lower(): name for name in sorted(known, reverse=True)}
    near = [names[found] for found in difflib.get_close_matches(asked, names, n=_MOST_NAMES // 2, cutoff=0.3)]
    close = difflib.get_close_matches(asked, names, n=1, cutoff=0.6)
    start = f"did you mean '{names[close[0]]}'? " if close else ""
    if len(known) <= _MOST_NAMES:
        return f"{start}known: {', '.join(sorted(known))}" if known else start.strip()
    shown = sorted(near) or sorted(known)[: _MOST_NAMES // 2]
    return f"{start}{len(known)} are known, among them: {', '.join(shown)}"
