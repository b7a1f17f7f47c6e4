"""Files that somebody asked for by name: there whole or not at all, and never in place of another by mistake."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from adamw_cli import files
from adamw_cli.errors import AdamwError


def write_whole(path: Path, asked_by: str, fill: Callable[[IO[bytes]], object], *, overwrite: bool = False) -> None:
    """Let `fill` write into a new file beside the place, then put it there; what must not be replaced is written to directly.

    That is a device, a pipe, or a symbolic link: replacing `/dev/stdout`, which is one, would take it away from everybody.

    asked_by : what asked for the file, for the messages: a parameter in backticks, or a flag.

    Raises
    ------
    AdamwError
        If the file exists and may not be overwritten, or cannot be written.

    """
    try:
        if path.exists() and not overwrite:
            raise AdamwError(
                f"{asked_by} {path}: the file exists and was left as it is", "choose another name, or add `force`"
            )
        if path.is_symlink() or (path.exists() and not path.is_file()):
            # `/dev/stdout` may lead to a file that others write to as well.
            mode = "ab" if os.path.abspath(path).startswith(("/dev/", "/proc/")) else "wb"
            with files.open_to_write(path, mode) as stream:
                fill(stream)
            return
        files.write_whole(path, fill)
    except (OSError, ValueError) as error:  # of a name with a NUL in it
        raise AdamwError(
            f"{asked_by} {path}: cannot be written: {getattr(error, 'strerror', None) or error}", "choose another place"
        ) from None
