"""JUnit's XML: read back, counted against the result, and held against the rules of Jenkins' schema."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.formats import CHECK
from tests.report.outcomes.results import EVERY, PATHS, RESULTS, checked, every, nasty, text, timed

FORMS = ("junit", "junit-strict")
# The rules of junit-10.xsd, jenkinsci/xunit-plugin: element -> attributes that must be there, attributes that may be,
# children that may be, in any order and number, and whether it may have text.
RULES: dict[str, tuple[str, str, str, bool]] = {
    "testsuites": ("", "name time tests failures errors", "testsuite", False),
    "testsuite": (
        "name tests failures errors",
        "group time skipped timestamp hostname id package file log url",
        "testsuite properties testcase system-out system-err",
        False,
    ),
    "testcase": (
        "name",
        "time classname group",
        "skipped error failure rerunFailure rerunError flakyFailure flakyError system-out system-err",
        False,
    ),
    "skipped": ("", "type message", "", True),
    "failure": ("", "type message", "", True),
    "error": ("", "type message", "", True),
}
# Times of suites: digits, and after a point at most three in the stricter of the published versions.
TIME = re.compile(r"[0-9]*(\.[0-9]{0,3})?")


def faults(element: Element) -> list[str]:
    """Where an element and what is in it break the rules."""
    must, may, children, mixed = RULES[element.tag]
    found = [f"<{element.tag}> has no {name}" for name in must.split() if name not in element.attrib]
    found += [f"<{element.tag}> has {name}" for name in element.attrib if name not in f"{must} {may}".split()]
    if element.tag != "testcase" and not TIME.fullmatch(element.get("time", "")):
        found.append(f"<{element.tag}> takes {element.get('time')}")
    inside = [element.text or "", *(child.tail or "" for child in element)]
    found += [f"text in <{element.tag}>" for text in inside if text.strip() and not mixed]
    for child in element:
        found += faults(child) if child.tag in children.split() else [f"<{child.tag}> in <{element.tag}>"]
    return found


def read(form: str, result: CheckResult) -> Element:
    return ElementTree.fromstring(CHECK.formats[form].render(result).encode())


@pytest.mark.parametrize("name", RESULTS)
def test_the_strict_form_keeps_the_rules(name: str) -> None:
    assert faults(read("junit-strict", RESULTS[name]())) == []


def test_the_checker_of_the_rules_sees_what_breaks_them() -> None:
    assert "<testcase> has file" in faults(read("junit", every()))
    bad = "<testsuites skipped='1'>a<testsuite name='' tests='1' failures='0' time='1e-3'>"
    bad += "<testcase name='x'><failure/><b/></testcase></testsuite></testsuites>"
    wanted = ["<testsuites> has skipped", "text in <testsuites>", "<testsuite> has no errors"]
    wanted += ["<testsuite> takes 1e-3", "<b> in <testcase>"]
    assert faults(ElementTree.fromstring(bad)) == wanted


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", RESULTS)
def test_counts(form: str, name: str) -> None:
    result = RESULTS[name]()
    root = read(form, result)
    for element in [root, *root]:
        tests = list(element.iter("testcase"))
        assert int(element.get("tests", "")) == len(tests)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if attribute in element.attrib:
                assert int(element.attrib[attribute]) == len([test for test in tests if test.find(tag) is not None])
    assert int(root.attrib["failures"]) == result.failed + result.count("xpassed")
    assert int(root.attrib["errors"]) == result.errors
    skipped = root.findall(".//skipped")
    assert len(skipped) == result.count("xfailed") + bool(result.not_run)
    silent = sum(not (file.judged or file.problems or file.findings) for file in result.files)
    findings = sum(len(file.findings) for file in result.files)
    stopped = sum(bool(file.problems) for file in result.files)
    assert len(root.findall(".//testcase")) == result.expectations + findings + stopped + silent + bool(result.not_run)


@pytest.mark.parametrize("form", FORMS)
def test_no_two_tests_have_one_name(form: str) -> None:
    same = checked("a/b.yaml", text(*EVERY, *EVERY, "{metric: weight_norm, near: 2.0, atol: 1.0}"))
    files = [same, checked("a.b.yaml", text(*EVERY)), checked("a/b.yml", text(*EVERY))]
    for result in (CheckResult(tuple(files)), nasty()):
        names = [(test.get("classname"), test.get("name")) for test in read(form, result).iter("testcase")]
        assert len(set(names)) == len(names)


def test_names_do_not_depend_on_what_came_out() -> None:
    def names(source: str) -> list[str | None]:
        return [test.get("name") for test in read("junit", CheckResult((checked("a.yaml", source),))).iter("testcase")]

    assert names(text(*EVERY)) == names(text(*EVERY).replace("lr: 1.0", "lr: 0.5"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seconds", [0.0, 0.0004, 0.1, 1234567.8915])
def test_times_are_plain_and_add_up(form: str, seconds: float) -> None:
    result = timed(every(), seconds)
    root = read(form, result)
    milliseconds = [round(1000 * file.seconds) for file in result.files]
    for suite, total in zip(root, milliseconds, strict=True):
        times = [test.attrib["time"] for test in suite]
        assert all(re.fullmatch(r"\d+\.\d{3}", time) for time in [*times, suite.attrib["time"]])
        parts = [int(time.replace(".", "")) for time in times]
        assert sum(parts) == int(suite.attrib["time"].replace(".", "")) == total
        assert max(parts) - min(parts) <= 1
    assert int(root.attrib["time"].replace(".", "")) == sum(milliseconds)


def test_a_failure_has_its_place_its_message_and_the_whole_text() -> None:
    root = read("junit", every())
    passed, failed, unjudged, xfailed, xpassed = root[0]
    assert (passed.get("file"), passed.get("line"), len(passed)) == ("a.yaml", "9", 0)
    failure = failed.find("failure")
    assert failure is not None
    assert failed.get("line") == "10"
    assert failed.get("name") == "weight_norm of 'fast' near 3"
    assert "was expected to be near 3, but it is 2.0" in failure.attrib["message"]
    assert failure.text is not None
    assert "   10 |   - {metric: weight_norm, near: 3.0, rtol: 0.1}\n      |     ^^^^" in failure.text
    assert "measured   2.0\n" in failure.text
    assert "reproduce  adamw check a.yaml:10" in failure.text
    assert unjudged.find("error") is not None
    skipped = xfailed.find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == 'xfail: known | # \\ <b> "quoted"'
    assert xpassed.find("failure") is not None
    broken = root[1][0].find("error")
    assert broken is not None
    assert broken.attrib["message"].endswith(", and 2 more")
    assert broken.text is not None
    assert broken.text.count("error[S") == 3
    assert [len(root[2]), len(root[2][0])] == [1, 0]  # it ran, and that is all
    assert root[4][0].find("failure") is not None  # what `strict` objects to


def test_what_was_not_run_is_said() -> None:
    test = read("junit", RESULTS["interrupted"]()).findall(".//testcase")[-1]
    skipped = test.find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "interrupted: 2 scenarios not run"


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_valid_xml(path: str) -> None:
    suite = read("junit", CheckResult((checked(path, text(*EVERY)),)))[0]
    kept = re.sub("[\x00-\x1f\x7f-\x9f\u2028\ufffe\ud800-\udfff]", "?", path)
    assert re.sub(r"\\(x..|u....|n|r)", "?", suite.attrib["file"]) == kept


def test_standard_input_is_no_file() -> None:
    (suite,) = read("junit", CheckResult((checked("<stdin>", text(*EVERY)),)))
    assert [element for element in suite.iter() if "file" in element.attrib] == []
    assert suite.get("name") == "<stdin>"
