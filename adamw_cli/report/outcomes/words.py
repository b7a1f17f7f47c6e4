"""What is said of an expectation that was judged; the same in every format."""

import shlex
from collections.abc import Callable, Iterator

from adamw_cli.errors import Problem
from adamw_cli.judging.check import CheckResult, FileResult, Judged
from adamw_cli.judging.compare import Verdict
from adamw_cli.report.document import Cell, cell_text, counted, full_text
from adamw_cli.report.findings import Findings
from adamw_cli.scenario.find import STDIN
from adamw_cli.scenario.model import TOLERANT, Reference

# Codes of outcomes, beside those of judging/check.py and the S-codes of docs/scenario.md.
CODES = {"failed": "E101", "xpassed": "E102", "error": "E201"}
# Of coordinates, in the details of a failure; there may be thousands, and the message has the one that counts.
_SHOWN = 20


def summary(result: CheckResult) -> str:
    """One sentence, the numbers that are 0 left out."""
    counts = numbers(result)
    words = [f"{counts[name]:,} {name}" for name in ("passed", "failed", "xfailed", "xpassed") if counts[name]]
    words += [counted(counts["errors"], "error")] if counts["errors"] else []
    size = f"{counted(counts['scenarios'], 'scenario')}, {counted(counts['expectations'], 'expectation')}"
    text = f"{size}: {', '.join(words) or 'nothing to judge'}"
    return f"{text}; {counted(result.not_run, 'more scenario')} not run" if result.not_run else text


def numbers(result: CheckResult) -> dict[str, int]:
    """The counts, by the names that JSON has for them."""
    return {
        "scenarios": len(result.files),
        "expectations": result.expectations,
        "passed": result.count("passed"),
        "failed": result.failed,
        "errors": result.errors,
        "xfailed": result.count("xfailed"),
        "xpassed": result.count("xpassed"),
        "not_run": result.not_run,
    }


def expected(verdict: Verdict, text: Callable[[Cell], str] = cell_text) -> str:
    """The comparison in words, with the number that it came down to."""
    word, target = verdict.expectation.comparison, verdict.target
    if word == "snapshot":
        return "the stored value" if target == "the stored value" else f"the stored {text(target)}"
    if word == "finite":
        return "a finite number" if target else "no finite number"
    if word == "between" and isinstance(target, tuple):
        return f"between {text(target[0])} and {text(target[1])}"
    return text(target) if word == "equals" else f"{word} {text(target)}"


def asked(verdict: Verdict) -> str:
    """What the file asks for: the metric, the run and the comparison as it is written there, without any result."""
    wanted = verdict.expectation
    word, given = wanted.comparison, getattr(wanted, wanted.comparison)
    if word in ("snapshot", "finite"):
        words = "as stored" if word == "snapshot" else "finite" if given else "not finite"
    else:
        if isinstance(given, Reference):
            given = f"'{given.of}'" if given.times == 1 else f"{given.times:g} times '{given.of}'"
        words = f"{word} {cell_text(given)}"
    return f"{verdict.expectation.label} of '{verdict.run}' {words}"


def sentence(verdict: Verdict) -> str:
    """What was expected, and what came of it."""
    if verdict.outcome == "xpassed":
        reason = verdict.expectation.xfail
        return f"{verdict.expectation.label} of '{verdict.run}' is {expected(verdict)}, though it is marked xfail: {reason}"
    return (
        f"{verdict.expectation.label} of '{verdict.run}' was expected to be {expected(verdict)}, but {verdict.message}"
    )


def amiss(file: FileResult) -> Iterator[Problem]:
    """Whatever is not as it should be in a file, in the order of problems, findings, expectations."""
    yield from file.problems
    yield from file.findings
    for judged in file.judged:
        if not judged.verdict.ok:
            yield as_problem(file, judged)


def all_amiss(result: CheckResult) -> list[Problem]:
    """Whatever is not as it should be in all files."""
    return [problem for file in result.files for problem in amiss(file)]


def findings(result: CheckResult) -> Findings:
    """The same with the summary, for the formats that are made of these alone."""
    return Findings(all_amiss(result), summary(result))


def slowest(result: CheckResult, most: int) -> str:
    """Which scenarios took longest, in seconds; for standard error, since times are never the same twice."""
    files = sorted(result.files, key=lambda file: -file.seconds)[:most]
    return "\n".join([f"slowest of {len(result.files):,}:", *(f"{file.seconds:9.3f} s  {file.path}" for file in files)])


def as_problem(file: FileResult, judged: Judged) -> Problem:
    """An expectation that was not met as a problem: where it stands, the numbers in full, how to judge it alone."""
    verdict = judged.verdict
    text, more = sentence(verdict), _details(file, judged)
    return Problem(CODES[verdict.outcome], text, "", judged.source, judged.position, judged.line_text, more)


def _details(file: FileResult, judged: Judged) -> tuple[str, ...]:
    """The numbers of a verdict in full, and the command that judges it alone."""
    verdict, position = judged.verdict, judged.position
    wanted = verdict.expectation
    several = verdict.measured if isinstance(verdict.measured, tuple) else (verdict.measured,)
    values = ", ".join(full_text(value) or "no value" for value in several[:_SHOWN])
    if len(several) > _SHOWN:
        values += f", ... ({len(several):,} in all)"
    shown = {"mean" if wanted.over == "every" else "measured": values}
    shown["expected"] = expected(verdict, _full)
    if verdict.tolerance is not None:
        shown["tolerance"] = f"{verdict.tolerance!r} ({_tolerance(verdict)})"
    if verdict.off is not None:
        by = "" if verdict.margin is None else f" = {verdict.margin:.4g} tolerances"
        shown["misses by"] = f"{verdict.off!r}{by}"
    if position is not None and file.path != STDIN:
        shown["reproduce"] = f"adamw check {shlex.quote(f'{file.path}:{position.line}')}"
    return tuple(f"{name:<9}  {value}" for name, value in shown.items())


def _tolerance(verdict: Verdict) -> str:
    """Where a tolerance comes from."""
    wanted = verdict.expectation
    if wanted.comparison not in TOLERANT:
        return f"{wanted.comparison} is exact"
    given = [f"{name} {value:g}" for name in ("rtol", "atol", "z") if (value := getattr(wanted, name)) is not None]
    given += ["theory's own error"] if wanted.z is not None and wanted.near == "theory" else []
    of_nothing = ", of nothing: give atol" if verdict.tolerance == 0 and wanted.atol is None else ""
    given = ["rtol 1e-09, the default", *given] if wanted.rtol is None and wanted.atol is None else given
    return ", ".join(given) + of_nothing


def _full(cell: Cell) -> str:
    """Every digit, and a number that was written without a point as the one that it was compared as."""
    return full_text(float(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell)
