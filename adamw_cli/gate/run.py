"""Many scenarios, checked side by side, in the order in which they were given.

Workers are threads: the engine leaves the interpreter to the others while it computes. Each takes the next scenario; the
thread that called puts results in order, so that what is reported does not depend on how many workers there are. It also
gives up on a scenario that is far over its time, and it is the one that Ctrl-C reaches.
"""

import math
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from adamw_cli.errors import Problem, UsageError
from adamw_cli.gate.memory import remember
from adamw_cli.gate.select import Chosen, Selected
from adamw_cli.gate.snapshots import Snapshots
from adamw_cli.judging.check import TIMEOUT, CheckResult, FileResult, SnapshotKeeper, TimeLimitError, check_one

TIMEOUT_SECONDS = 300.0
_GRACE_SECONDS = 2.0  # from asking a scenario to stop to giving up on it; the engine asks every 0.2 s
_POLL_SECONDS = 0.1
_PARTING_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """How much at once, and when to stop.

    Attributes
    ----------
    jobs : scenarios at once; 0 for the number of processors. One scenario alone may use every processor.
    timeout : seconds that a scenario may take; 0 for as long as it likes.
    max_failures : stop after the scenario in which this many expectations have failed; 0 for never.

    """

    jobs: int = 1
    timeout: float = TIMEOUT_SECONDS
    max_failures: int = 0

    def __post_init__(self) -> None:
        if self.jobs < 0 or self.max_failures < 0:
            raise UsageError(
                "`jobs` and `max_failures` must be at least 0", "0 is for all processors, and for no limit"
            )
        if not (self.timeout >= 0.0 and math.isfinite(self.timeout)):
            raise UsageError(f"the timeout must be a finite number of seconds, not {self.timeout}", "0 is for no limit")

    @property
    def workers(self) -> int:
        """See jobs."""
        return self.jobs or os.cpu_count() or 1


def check_all(
    chosen: Selected,
    *,
    keeper: SnapshotKeeper | None = None,
    strict: bool = False,
    limits: Limits | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CheckResult:
    """Check scenarios; Ctrl-C ends it with what was done until then.

    Parameters
    ----------
    chosen : what to check.
    keeper, strict : as in check_one.
    limits : see Limits.
    progress : called with the number done and the number of all, in this thread.

    """
    limits = limits or Limits()
    judge = partial(check_one, keeper=keeper, strict=strict, threads=1 if limits.workers > 1 else None)
    crew = _Crew(chosen.files, judge, limits)
    interrupted = False
    try:
        while not crew.finished:
            crew.gather()
            if progress is not None:
                progress(len(crew.results), len(chosen.files))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        crew.dismiss()
    done = crew.results if interrupted else crew.in_order
    return CheckResult(tuple(done), len(chosen.files) - len(done), interrupted, chosen.matched)


def check_and_remember(
    chosen: Selected,
    *,
    update_snapshots: bool,
    strict: bool,
    limits: Limits,
    progress: Callable[[int, int], None] | None = None,
) -> CheckResult:
    """Check scenarios, with the snapshots that are stored beside them, and keep which ones failed for the next time."""
    result = check_all(chosen, keeper=Snapshots(update_snapshots), strict=strict, limits=limits, progress=progress)
    remember(result, {file.path for file in chosen.files if file.whole})
    return result


class _Crew:
    """The workers, what they are at, and what they brought."""

    def __init__(self, files: Sequence[Chosen], judge: Callable[..., FileResult], limits: Limits) -> None:
        self._files, self._judge, self._limits = files, judge, limits
        self._lock = threading.Lock()
        self._next = 0
        self._started: dict[int, float] = {}
        self._brought: queue.SimpleQueue[tuple[int, FileResult]] = queue.SimpleQueue()
        self._found: dict[int, FileResult] = {}
        self._failures = 0
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.in_order: list[FileResult] = []
        for _ in range(min(limits.workers, len(files))):
            self._hire()

    @property
    def results(self) -> list[FileResult]:
        """Everything that is there, in the order of the files."""
        return [self._found[index] for index in sorted(self._found)]

    @property
    def finished(self) -> bool:
        """Whether everything is there, or as many failures as are allowed."""
        limit = self._limits.max_failures
        return len(self.in_order) == len(self._files) or 0 < limit <= self._failures

    def gather(self) -> None:
        """Wait a moment for a result; give up on what is overdue."""
        try:
            self._accept(*self._brought.get(timeout=_POLL_SECONDS))
        except queue.Empty:
            for index in self._overdue():
                self._accept(index, _given_up(self._files[index].path, self._limits.timeout))
                self._hire()  # in place of the one that is lost

    def dismiss(self) -> None:
        """Ask workers to stop; those that do not are left behind, as daemons."""
        self._stop.set()
        until = time.monotonic() + _PARTING_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _hire(self) -> None:
        thread = threading.Thread(target=self._work, name="adamw-check", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                index = self._next
                self._next += 1
            if index >= len(self._files):
                return
            file = self._files[index]
            self._started[index] = time.monotonic()
            result = self._judge(file.path, file.load, which=file.which, progress=partial(self._on, index))
            self._brought.put((index, result))

    def _on(self, index: int, _: int) -> None:
        """What a scenario calls between pieces of its work."""
        late = self._limits.timeout and time.monotonic() - self._started[index] > self._limits.timeout
        if late or self._stop.is_set():
            raise TimeLimitError(_over(self._limits.timeout))

    def _accept(self, index: int, result: FileResult) -> None:
        self._found.setdefault(index, result)  # a worker that was given up on may still bring something
        while not self.finished and len(self.in_order) in self._found:
            result = self._found[len(self.in_order)]
            self.in_order.append(result)
            self._failures += result.failures

    def _overdue(self) -> list[int]:
        if not self._limits.timeout:
            return []
        limit = time.monotonic() - self._limits.timeout - _GRACE_SECONDS
        return [index for index, start in list(self._started.items()) if start < limit and index not in self._found]


def _over(timeout: float) -> str:
    return f"it took longer than {timeout:g} s"


def _given_up(path: str, timeout: float) -> FileResult:
    hint = "it did not stop when asked to; raise the timeout, or find out what takes so long"
    problem = Problem(TIMEOUT, _over(timeout), hint, path, None)
    return FileResult(path, problems=(problem,), seconds=timeout + _GRACE_SECONDS)
