"""Progress on standard error, on a terminal only, and only for what takes long."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import Any

from adamw_cli.errors import InterruptionError

# Rich is loaded after this many seconds, so that a short run neither waits for it nor flickers.
_PATIENCE = 0.5


class Progress:
    """A context in which `self(done, total)` reports how much is done; a bar appears if it takes long.

    Ctrl-C inside becomes an InterruptionError that says how much was done.
    """

    def __init__(self, unit: str) -> None:
        self.unit, self.done, self.total = unit, 0, 0
        self._started = time.monotonic()
        self._bar: Any = None
        self._wanted = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, total: int) -> None:
        """Report that `done` of `total` are done."""
        self.done, self.total = done, total
        if self._bar is None and self._wanted and time.monotonic() - self._started > _PATIENCE:
            self._bar = _bar(total, self.unit)
        if self._bar is not None:
            with suppress(OSError):  # the terminal is gone
                self._bar.update(0, completed=done)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()
        if isinstance(error, KeyboardInterrupt):
            of = f" of {self.total:,}" if self.total else ""  # it may come before anything was reported
            raise InterruptionError(f"{self.done:,}{of} {self.unit} done") from None


def _bar(total: int, unit: str) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(unit), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task(unit, total=total)
    bar.start()
    return bar
