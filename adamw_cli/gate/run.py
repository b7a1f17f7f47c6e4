"""Many scenarios, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from adamw_cli.gate.select import Chosen
from adamw_cli.scenario.find import load_scenario
from adamw_cli.verdict.check import CheckResult, FileResult, Keeper, check_one


def check_all(
    files: Sequence[Chosen],
    *,
    keeper: Keeper | None = None,
    strict: bool = False,
    progress: Callable[[int], None] | None = None,
) -> CheckResult:
    """Check scenarios one after the other; `progress` is called with the number done.

    Ctrl-C ends it and leaves a result of those that are done, for reports.
    """
    done: list[FileResult] = []
    interrupted = False
    try:
        for file in files:
            load = partial(load_scenario, file.path)
            done.append(check_one(file.path, load, which=file.which, keeper=keeper, strict=strict))
            if progress is not None:
                progress(len(done))
    except KeyboardInterrupt:
        interrupted = True
    return CheckResult(tuple(done), len(files) - len(done), interrupted, matched=bool(files))
