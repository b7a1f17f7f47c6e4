"""JUnit's XML, as GitLab, GitHub actions, Azure and most dashboards read it.

It is ASCII, with references for all other characters, so that no encoding on the way can spoil it.
"""

from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from adamw_cli.report.characters import one_line, xml_text
from adamw_cli.report.findings.places import in_repository, is_file
from adamw_cli.report.outcomes.cases import Case, Tests

_KINDS = {"failed": "failure", "error": "error"}


def render(tests: Tests) -> str:
    """The document, with `file` and `line` of each test."""
    return _document(tests, places=True)


def render_strict(tests: Tests) -> str:
    """The same for the xUnit plugin of Jenkins, which checks what it reads against a schema of its own, junit-10.xsd.

    There a test has no `file` and no `line`, and the root does not count what was skipped.
    """
    return _document(tests, places=False)


def _document(tests: Tests, places: bool) -> str:
    root = Element("testsuites", {"name": tests.name})
    used: dict[tuple[str, str], int] = {}
    for suite in tests.suites:
        element = SubElement(root, "testsuite", {"name": _text(suite.name), **_file(suite.source)})
        element.attrib |= _counts(suite.cases, suite.milliseconds)
        for case, time in zip(suite.cases, _shares(suite.milliseconds, len(suite.cases)), strict=True):
            element.append(_element(case, time, _names(suite.name, case.name, used), places))
    everything = [case for suite in tests.suites for case in suite.cases]
    root.attrib |= _counts(everything, sum(suite.milliseconds for suite in tests.suites))
    if not places:
        del root.attrib["skipped"]
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root).decode("ascii")}\n'


def _element(case: Case, milliseconds: int, names: tuple[str, str], places: bool) -> Element:
    test = Element("testcase", {"classname": names[0], "name": names[1], "time": _seconds(milliseconds)})
    if places:
        test.attrib |= _file(case.source)
        if case.line is not None:
            test.set("line", str(case.line))
    if case.outcome == "xfailed":
        SubElement(test, "skipped", {"message": _text(f"xfail: {case.reason}")})
    elif case.outcome == "skipped":
        SubElement(test, "skipped", {"message": _text(case.reason)})
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


def _file(source: str | None) -> dict[str, str]:
    return {"file": _text(in_repository(source))} if source is not None and is_file(source) else {}


def _counts(found: Sequence[Case], milliseconds: int) -> dict[str, str]:
    number = Counter(case.outcome for case in found)
    return {
        "tests": str(len(found)),
        "failures": str(number["failed"]),
        "errors": str(number["error"]),
        "skipped": str(number["xfailed"] + number["skipped"]),
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
