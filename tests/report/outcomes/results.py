"""Results for tests of formats, made by checking scenarios: every outcome, and names that formats stumble over."""

from __future__ import annotations

from dataclasses import replace

from adamw_cli.judging.check import CheckResult, FileResult, check_one
from adamw_cli.scenario.load import load_text
from adamw_cli.scenario.model import Scenario

# Two steps of lr * weight_decay = 0.5: the weight 8 becomes 4, then 2.
HEAD = """\
version: 1
name: {name}
landscape: {{kind: plateau}}
start: [8.0]
steps: 2
optimizers:
  {run}: {{kind: adamw, lr: 1.0, weight_decay: 0.5}}
"""
PASSED = "{metric: weight_norm, near: 2.0}"
FAILED = "{metric: weight_norm, near: 3.0, rtol: 0.1}"
UNJUDGED = "{metric: late_max, near: theory}"
XFAILED = "{metric: weight_norm, above: 3.0, xfail: 'known | # \\ <b> \"quoted\"'}"
XPASSED = "{metric: weight_norm, below: 3.0, xfail: 'not ]]> yet'}"
EVERY = (PASSED, FAILED, UNJUDGED, XFAILED, XPASSED)

# Names of files may have any byte but NUL and the slash; a byte that is no text is a lone surrogate.
PATHS = [
    "a folder/\u00fc \U0001f600.yaml",
    "two\nlines\r.yaml",
    "byte\udc80.yaml",
    "::error file=a,line=1::b%0A.yaml",
    "]]>&amp;.yaml",
    "<b>|`*_x_*\\.yaml",
    "\x1b[31mred\ufffe\u2028\x85.yaml",
    " # TODO \\# 1..2.yaml",
    "'\"quoted\"'.yaml",
]
NAMES = ["'we\"ird ]]> <b>'", '"::error \\U0001F600"', "'# TODO | \\'", "'---'"]


def text(*expectations: str, name: str = "plain", run: str = "fast") -> str:
    """A scenario with these expectations."""
    lines = "".join(f"  - {expectation}\n" for expectation in expectations)
    return HEAD.format(name=name, run=run) + (f"expect:\n{lines}" if lines else "")


def checked(path: str, source: str, *, strict: bool = False) -> FileResult:
    """Check a text as if it stood in a file."""
    return check_one(path, lambda: load_text(source, path), strict=strict)


def broken(path: str) -> FileResult:
    """A file with three problems."""
    return checked(path, text(PASSED).replace("8.0", "x").replace("steps: 2", "steps: 0").replace("lr: 1.0", "lr: -1"))


def fault(path: str) -> FileResult:
    """A file that meets a bug."""

    def load() -> Scenario:
        raise ZeroDivisionError("surprise ]]> \x00 \ud800")

    return check_one(path, load)


def nasty() -> CheckResult:
    """Every outcome in files with every name."""
    files = []
    for i, path in enumerate(PATHS):
        name = NAMES[i % len(NAMES)]
        files += [checked(path, text(*EVERY, name=name, run=name)), broken(f"broken {path}")]
    return CheckResult((*files, fault("\x01\udcff.yaml"), checked("empty.yaml", text(), strict=True)))


def every() -> CheckResult:
    """One file with every outcome, one with problems, one that ran and expects nothing, one that `strict` objects to."""
    files = (checked("a.yaml", text(*EVERY)), broken("b.yaml"), checked("c.yaml", text()))
    return CheckResult((*files, checked("d.yaml", text(PASSED, PASSED)), checked("e.yaml", text(), strict=True)))


def failing(number: int) -> CheckResult:
    """A file with so many failures."""
    lines = [FAILED.replace("3.0", f"{3 + i}.0") for i in range(number)]
    return CheckResult((checked("many.yaml", text(*lines)),))


RESULTS = {
    "every outcome": every,
    "nasty names": nasty,
    "all is well": lambda: CheckResult((checked("a.yaml", text(PASSED)),)),
    "nothing": lambda: CheckResult(matched=False),
    "an empty part": CheckResult,
    "interrupted": lambda: CheckResult((checked("a.yaml", text(PASSED)),), not_run=2, interrupted=True),
    "interrupted at once": lambda: CheckResult(not_run=2, interrupted=True),
    "stopped": lambda: CheckResult((checked("a.yaml", text(FAILED)),), not_run=1),
    "a bug": lambda: CheckResult((fault("a.yaml"),)),
    "many": lambda: failing(30),
}


def timed(result: CheckResult, seconds: float) -> CheckResult:
    """The same result, with other times."""
    return replace(result, files=tuple(replace(file, seconds=seconds + i / 7) for i, file in enumerate(result.files)))
