"""Text to standard output or standard error: a closed pipe ends quietly, a full disk is an error."""

import os
import sys
from typing import TextIO

from adamw_cli.errors import AdamwError
from adamw_cli.report.characters import harmless


def write(text: str, *, commands: bool = False) -> None:
    """Write to standard output and flush; nothing in the text is obeyed, but for colours on a terminal, and GitHub's `commands`.

    Raises
    ------
    AdamwError
        If the text cannot be written, because the disk is full, say. A closed pipe is no error: nobody is reading any more.

    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(harmless(text, commands=commands))
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        raise AdamwError(f"cannot write to standard output: {error.strerror}") from None


def silence(stream: TextIO) -> None:
    """Send what still comes to nowhere, so that the interpreter's own flush at exit does not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def flushed() -> bool:
    """Whether all that was printed has left; a closed pipe counts as gone, and a stream that fails says so on the other."""
    try:
        write("")
    except AdamwError as error:
        say(f"error: {error.message}")
        return False
    return True


def say(text: str) -> None:
    """One line to standard error; if that is closed there is nobody to tell."""
    try:
        sys.stderr.write(f"{harmless(text)}\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)
    except (ValueError, AttributeError):
        return
