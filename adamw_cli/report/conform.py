"""The document of `adamw conform`: the verdict, what it is, where it parts from the reference, what to change."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from adamw_cli.conformance.judge import Judgement
from adamw_cli.conformance.variants import AXES, PRECISIONS
from adamw_cli.errors import Problem
from adamw_cli.report.document import Cell, Document, Table, counted, error_text, left, prose, right
from adamw_cli.report.files import write_whole
from adamw_cli.report.junit import render as as_junit
from adamw_cli.report.outcomes.cases import Case, Suite, Tests
from adamw_cli.report.render import strict_json

FORMAT = "adamw.conform/1"
_DIFFERS = "K101"  # the type of a failure in JUnit's XML


def document(judgement: Judgement) -> Document:
    """Identification, first divergence, advice and probes as tables; the verdict is the first line."""
    tables = [_identification(judgement)]
    divergence = judgement.first_divergence
    if divergence is not None:
        columns = [*left("probe"), *right("step", "coordinate", "expected", "got"), *left("because of")]
        row: list[Cell] = [divergence.probe, divergence.step, divergence.coordinate, divergence.expected]
        row += [divergence.got, divergence.term or "no single term"]
        tables.append(Table(f"where it first parts from {judgement.reference.name}", columns, [row]))
    if judgement.advice:
        rows: list[list[Cell]] = [[i, line] for i, line in enumerate(judgement.advice, start=1)]
        tables.append(Table("what to change", [*right(""), *prose("change")], rows))
    tables.append(_probes(judgement))
    return Document(tables, _records(judgement), data(judgement))


def junit(judgement: Judgement) -> str:
    """JUnit's XML: a test for the verdict, and one per probe; those that could not be run are skipped."""
    name = judgement.reference.name
    source = judgement.target.rpartition(":")[0]
    place = source if source.endswith(".py") else judgement.target if judgement.kind == "recorded trajectory" else "-"
    tests = [(f"conforms to {name}", judgement.conforms, f"{verdict(judgement)}", tuple(_reasons(judgement)))]
    for probe in judgement.probes:
        text = f"the weight is off by {error_text(probe.max_error)}, rounding explains {error_text(probe.tolerance)}"
        tests.append((f"probe '{probe.name}'", probe.passed, text, ()))
    cases = [
        Case("passed", test, place)
        if passed
        else Case("failed", test, place, None, (Problem(_DIFFERS, text, "", judgement.target, None, "", details),))
        for test, passed, text, details in tests
    ]
    recorded = judgement.kind == "recorded trajectory"
    reason = "the trajectory has no rows for it" if recorded else "the target cannot change lr between steps"
    cases += [Case("skipped", f"probe '{skipped}'", place, reason=reason) for skipped in judgement.skipped]
    suite = Suite(judgement.target, round(1000 * judgement.seconds), cases, place)
    return as_junit(Tests("adamw conform", [suite]))


def _reasons(judgement: Judgement) -> Iterator[str]:
    """What differs, where it first parts, what to change, and what else was noticed."""
    for axis, found, reference, agrees in _axes(judgement):
        if not agrees and found:  # without a precision there is none that the target has
            whose = "" if judgement.in_family else "the nearest has "
            yield f"{whose}{axis}: {_several(found)} instead of {_several(reference)}"
    parts = judgement.first_divergence
    if parts is not None:
        place = f"probe '{parts.probe}', step {parts.step}, coordinate {parts.coordinate}"
        yield f"{place}: expected {parts.expected}, got {parts.got}, because of {parts.term or 'no single term'}"
    yield from judgement.advice
    yield from _notes(judgement)
    yield from judgement.findings


def write_probes(path: Path, probes: Mapping[str, Any], *, overwrite: bool) -> None:
    """Write the exported probes as JSON."""
    text = strict_json(probes).encode()
    write_whole(path, "`export_probe`", lambda stream: stream.write(text), overwrite=overwrite)


def verdict(judgement: Judgement) -> str:
    """One line: conforms or not, to what, and what limits that."""
    word, limits = "conforms" if judgement.conforms else "does NOT conform", ""
    if judgement.conforms and judgement.skipped:
        ran = len(judgement.probes)
        limits = f" as far as it was tested ({ran} of {counted(ran + len(judgement.skipped), 'probe')})"
    elif judgement.other is not None:
        limits = "" if judgement.conforms else f"; it is {judgement.other}, exactly"
    elif not judgement.in_family:
        limits = "; not in the family"
    return f"{judgement.target} ({judgement.kind}, {judgement.dtype}): {word} to {judgement.reference.name}{limits}"


def _identification(judgement: Judgement) -> Table:
    notes = [*_notes(judgement), *judgement.findings]
    if not any(judgement.identified().values()):
        return Table(verdict(judgement), [], [], notes)
    columns = [
        *left("axis", "found" if judgement.in_family else "nearest", "reference", ""),
        *prose("what was found means"),
    ]
    rows: list[list[Cell]] = []
    for axis, found, reference, agrees in _axes(judgement):
        meaning = "; ".join(AXES[axis][value] for value in found[:1]) if axis in AXES else ""
        rows.append([axis, _several(found), _several(reference), "" if agrees else "differs", meaning])
    return Table(verdict(judgement), columns, rows, notes)


def _notes(judgement: Judgement) -> list[str]:
    found = judgement.identification
    if judgement.other is not None:
        return [
            f"this is {judgement.other}, exactly: every probe agrees to the rounding of {judgement.other.precision}"
        ]
    if found.precision is None:
        reference = judgement.reference_values()
        differs = [
            f"{axis} {_several(values)}"
            for axis, values in judgement.found().items()
            if values and reference[axis] and not set(values) & set(reference[axis])
        ]
        nearest = f"{', '.join(differs)}, otherwise {judgement.reference.name}" if differs else judgement.reference.name
        return [f"no variant agrees; the nearest ({nearest}) is off by {error_text(found.distance)} of the weight"]
    notes = [f"distance {error_text(found.distance)}: the rounding of {found.precision}"]
    if judgement.fixed.values:
        notes.append(f"with {judgement.fixed} built in, whatever is passed")
    if judgement.misread is not None:
        notes.append(f"{judgement.misread.what}: with that it agrees on every probe")
    if len(found.variants) > 1:
        notes.append(f"{len(found.variants)} variants agree; no probe that was run can tell them apart")
    if judgement.conventions():
        otherwise = "otherwise " if judgement.fixed.values or judgement.misread is not None else ""
        notes.append(f"{otherwise}this is what is called: {', '.join(judgement.conventions())}")
    return notes


def _axes(judgement: Judgement) -> list[tuple[str, tuple[str, ...], tuple[str, ...], bool | None]]:
    """(axis, values found, values of the reference, whether they can be the same); None if nothing was found on any axis."""
    reference, identified = judgement.reference_values(), judgement.identified()
    rows = []
    for axis, found in identified.items():
        expected = reference[axis]
        agrees: bool | None = None
        if not any(identified.values()):
            pass
        elif axis == "precision":
            agrees = any(PRECISIONS[each] <= PRECISIONS[wanted] for each in found for wanted in expected)
        else:
            agrees = bool(set(found) & set(expected)) or not (found and expected)
        rows.append((axis, found, expected, agrees))
    return rows


def _several(values: tuple[str, ...]) -> str | None:
    return " or ".join(values) or None


def _probes(judgement: Judgement) -> Table:
    columns = [*left("probe", "outcome"), *right("largest error", "rounding explains")]
    rows: list[list[Cell]] = [
        [p.name, "passed" if p.passed else "failed", error_text(p.max_error), error_text(p.tolerance)]
        for p in judgement.probes
    ]
    rows += [[name, "not run", None, None] for name in judgement.skipped]
    return Table(f"probes, against {judgement.reference.name}", columns, rows)


def _records(judgement: Judgement) -> Table:
    rows: list[list[Cell]] = [["verdict", "conforms", judgement.conforms, True, judgement.conforms]]
    rows += [["axis", axis, _several(found), _several(ref), agrees] for axis, found, ref, agrees in _axes(judgement)]
    rows += [["probe", p.name, p.max_error, p.tolerance, p.passed] for p in judgement.probes]
    rows += [["probe", name, None, None, None] for name in judgement.skipped]
    return Table("", left("kind", "name", "found", "reference", "agrees"), rows)


def data(judgement: Judgement) -> dict[str, Any]:
    """Return the judgement for JSON; see docs/conformance.md."""
    found = judgement.identification
    divergence = judgement.first_divergence
    return {
        "format": FORMAT,
        "target": judgement.target,
        "reference": judgement.reference.name,
        "conforms": judgement.conforms,
        "identified": {axis: _several(values) for axis, values in judgement.identified().items()},
        "distance": found.distance,
        "first_divergence": None if divergence is None else asdict(divergence),
        "probes": [{"name": p.name, "passed": p.passed, "max_error": p.max_error} for p in judgement.probes],
        "skipped": judgement.skipped,
        "kind": judgement.kind,
        "dtype": judgement.dtype,
        "exact": judgement.in_family,
        "built_in": dict(judgement.fixed.values),
        "rule": judgement.rule,
        "misread": None if judgement.misread is None else judgement.misread.what,
        "conventions": judgement.conventions(),
        "candidates": [asdict(variant) for variant in found.variants],
        "advice": judgement.advice,
        "findings": judgement.findings,
    }
