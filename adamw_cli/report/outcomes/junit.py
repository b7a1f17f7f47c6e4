"""JUnit's XML, as GitLab, GitHub actions, Azure and most dashboards read it: one test suite per file, one test per expectation.

It is ASCII, with references for all other characters, so that no encoding on the way can spoil it.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from adamw_cli.report.characters import one_line, xml_text
from adamw_cli.report.document import counted
from adamw_cli.report.findings.places import in_repository, is_file
from adamw_cli.report.outcomes.cases import Case, cases
from adamw_cli.verdict.check import CheckResult

_KINDS = {"failed": "failure", "error": "error", "xfailed": "skipped"}


def render(result: CheckResult) -> str:
    """The document, with `file` and `line` of each test."""
    return document(result)


def document(result: CheckResult, *, places: bool = True) -> str:
    """Return the document; `places` says whether tests have `file` and `line`, which strict readers refuse."""
    root = Element("testsuites", {"name": "adamw check"})
    used: dict[tuple[str, str], int] = {}
    everything: list[Case] = []
    total = 0
    for file in result.files:
        milliseconds = round(1000 * file.seconds)
        found = cases(file)
        suite = SubElement(root, "testsuite", {"name": _text(file.path), **_file(file.path)})
        suite.attrib |= _counts(found, milliseconds)
        for case, time in zip(found, _shares(milliseconds, len(found)), strict=True):
            suite.append(_element(case, time, _names(file.path, case.name, used), places))
        everything += found
        total += milliseconds
    if result.not_run:
        _add_not_run(root, result, everything)
    root.attrib |= _counts(everything, total)
    if not places:
        del root.attrib["skipped"]
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root).decode("ascii")}\n'


def _add_not_run(root: Element, result: CheckResult, everything: list[Case]) -> None:
    """A suite that says what is missing: without it a check that was interrupted would look complete."""
    why = "interrupted" if result.interrupted else "stopped after a failure"
    case = Case("xfailed", "all scenarios run", "", reason=f"{why}: {counted(result.not_run, 'scenario')} not run")
    suite = SubElement(root, "testsuite", {"name": "not run", **_counts([case], 0)})
    test = SubElement(suite, "testcase", {"classname": "not run", "name": case.name, "time": _seconds(0)})
    SubElement(test, "skipped", {"message": _text(case.reason)})
    everything.append(case)


def _element(case: Case, milliseconds: int, names: tuple[str, str], places: bool) -> Element:
    test = Element("testcase", {"classname": names[0], "name": names[1], "time": _seconds(milliseconds)})
    if places:
        test.attrib |= _file(case.source)
        if case.line is not None:
            test.set("line", str(case.line))
    if case.outcome == "xfailed":
        SubElement(test, "skipped", {"message": _text(f"xfail: {case.reason}")})
    elif case.outcome != "passed":
        attributes = {"type": case.problems[0].code, "message": _text(case.message)}
        detail = SubElement(test, _KINDS[case.outcome], attributes)
        detail.text = xml_text("\n".join(problem.render() for problem in case.problems))
    return test


def _names(path: str, name: str, used: dict[tuple[str, str], int]) -> tuple[str, str]:
    """A class and a name that no other test has: of tests with the same two, GitLab shows one.

    used : how often each name was asked for, those included that were made here.
    """
    group = _text(in_repository(path).removesuffix(".yaml").removesuffix(".yml").replace("/", ".").strip(".") or path)
    base = unique = _text(name)
    while (group, unique) in used:
        used[group, base] += 1
        unique = f"{base} ({used[group, base]})"
    used[group, unique] = 1
    return group, unique


def _file(source: str) -> dict[str, str]:
    return {"file": _text(in_repository(source))} if is_file(source) else {}


def _counts(found: Sequence[Case], milliseconds: int) -> dict[str, str]:
    number = {outcome: str(sum(case.outcome == outcome for case in found)) for outcome in _KINDS}
    return {
        "tests": str(len(found)),
        "failures": number["failed"],
        "errors": number["error"],
        "skipped": number["xfailed"],
        "time": _seconds(milliseconds),
    }


def _shares(total: int, parts: int) -> list[int]:
    """Split into whole numbers that differ by at most one and add up to the total."""
    each, rest = divmod(total, parts)
    return [each + (i < rest) for i in range(parts)]


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _text(text: str) -> str:
    return xml_text(one_line(text))
