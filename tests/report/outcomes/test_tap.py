"""TAP 14, read back by a small reader of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml  # noqa: TID251  # the tests' reader of YAML blocks, which knows nothing of how they were written

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.formats import CHECK
from tests.report.outcomes.results import PATHS, RESULTS, broken, checked, every, failing, nasty, text

POINT = re.compile(r"(?P<status>(?:not )?ok) (?P<number>\d+) - (?P<rest>.*)")


@dataclass
class Point:
    ok: bool
    description: str
    todo: str | None
    diagnosis: dict[str, Any] = field(default_factory=dict)


@dataclass
class Read:
    plan: int
    points: list[Point] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    bail_out: str | None = None


def read(document: str) -> Read:
    """Read a document; whatever is not in the grammar is an error."""
    lines = iter(document.removesuffix("\n").split("\n"))
    assert next(lines) == "TAP version 14"
    plan = re.fullmatch(r"1\.\.(\d+)( # .+)?", next(lines))
    assert plan is not None
    found = Read(int(plan[1]))
    for line in lines:
        point = POINT.fullmatch(line)
        if point is not None:
            assert int(point["number"]) == len(found.points) + 1
            found.points.append(_point(point["status"] == "ok", point["rest"]))
        elif line == "  ---":
            block = []
            while (part := next(lines)) != "  ...":
                assert part.startswith("  ")
                block.append(part[2:])
            found.points[-1].diagnosis = yaml.safe_load("\n".join(block))
        elif line.startswith("# "):
            found.comments.append(line[2:])
        else:
            assert line.startswith("Bail out! "), line
            found.bail_out = line.removeprefix("Bail out! ")
    assert len(found.points) == found.plan
    return found


def _point(ok: bool, rest: str) -> Point:
    """Split at the first hash that is not escaped."""
    match = re.fullmatch(r"((?:[^\\#]|\\.)*?)(?: # (?i:todo) (.*))?", rest)
    assert match is not None, rest
    description, todo = (None if part is None else re.sub(r"\\([\\#])", r"\1", part) for part in match.groups())
    assert description is not None
    return Point(ok, description, todo)


def render(result: CheckResult) -> Read:
    return read(CHECK.formats["tap"].render(result))


@pytest.mark.parametrize("name", RESULTS)
def test_counts(name: str) -> None:
    result = RESULTS[name]()
    found = render(result)
    todo = [point for point in found.points if point.todo is not None]
    assert len(todo) == result.count("xfailed")
    assert not any(point.ok for point in todo)
    bad = [point for point in found.points if not point.ok and point.todo is None]
    assert len(bad) == result.failed + result.errors + result.count("xpassed")
    assert all(point.diagnosis["severity"] in ("fail", "error") for point in bad)
    assert sum(point.diagnosis["severity"] == "error" for point in bad) == result.errors
    assert (found.bail_out is not None) == result.interrupted


def test_a_failure_has_its_place_and_its_numbers() -> None:
    passed, failed, unjudged, xfailed, xpassed = render(every()).points[:5]
    assert (passed.ok, passed.description) == (True, "a.yaml: weight_norm of 'fast' near 2")
    assert failed.diagnosis["code"] == "E101"
    assert failed.diagnosis["at"] == {"file": "a.yaml", "line": 10}
    assert "      |   measured   2.0" in failed.diagnosis["text"]
    assert unjudged.diagnosis["code"] == "E201"
    assert xfailed.todo == 'known | # \\ <b> "quoted"'
    assert xpassed.diagnosis["code"] == "E102"


@pytest.mark.parametrize("path", PATHS)
def test_every_path_comes_back(path: str) -> None:
    kept = path.replace("\udc80", "\\udc80")
    first, *_ = render(CheckResult((broken(path),))).points
    assert first.diagnosis["at"]["file"] == kept
    # In the description, which is one line, control characters are written as escapes.
    controls = "[\x00-\x1f\x7f-\x9f\u2028]"
    plain = re.sub(controls, lambda found: found[0].encode("unicode_escape").decode(), kept)
    assert first.description == f"{plain}: runs"


def test_what_was_not_run_is_said() -> None:
    assert render(RESULTS["interrupted"]()).bail_out == "interrupted, 2 scenarios not run"
    assert render(RESULTS["stopped"]()).comments == ["1 more scenario not run"]
    assert render(failing(3)).comments == []
    assert CHECK.formats["tap"].render(CheckResult()).endswith("1..0 # skip there is no scenario\n")


def test_names_of_runs_come_back() -> None:
    result = CheckResult((checked("a.yaml", text("{metric: weight_norm, near: 2}", run="'# TODO \\ #'")),))
    (point,) = render(result).points
    assert (point.ok, point.todo) == (True, None)
    assert point.description == "a.yaml: weight_norm of '# TODO \\ #' near 2"
    assert len(render(nasty()).points) > 50
