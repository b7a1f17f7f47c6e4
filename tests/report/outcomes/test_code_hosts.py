"""What GitHub, GitLab and code scanning read, read back as they read it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema
import pytest

from adamw_cli.errors import Position, Problem
from adamw_cli.judging.check import CheckResult
from adamw_cli.report.findings.places import fingerprints, in_repository
from adamw_cli.report.formats import CHECK, VALIDATE
from adamw_cli.report.outcomes.words import all_amiss, summary
from adamw_cli.report.validation import Validation
from tests.report.outcomes.results import PATHS, RESULTS, checked, every, failing, nasty, text


def render(form: str, result: CheckResult) -> str:
    return CHECK.formats[form].render(result)


def commands(log: str) -> list[tuple[dict[str, str], str]]:
    """Properties and message of every workflow command, as the runner takes them apart."""
    found = []
    for line in log.split("\n"):
        if line.startswith("::"):
            name, _, rest = line[2:].partition("::")
            kind, _, listed = name.partition(" ")
            assert kind == "error"
            pairs = [item.partition("=")[::2] for item in listed.split(",")]
            found.append(({key: undone(value) for key, value in pairs}, undone(rest)))
    return found


def undone(value: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        value = value.replace(code, character)
    return value


def test_github_annotations_say_what_is_wrong_and_where() -> None:
    result = every()
    log = render("github", result)
    found = commands(log)
    problems = all_amiss(result)
    assert len(found) == len(problems) <= 10
    for (properties, message), problem in zip(found, problems, strict=True):
        assert properties["file"] == problem.source
        assert properties["title"] == f"adamw {problem.code}"
        assert message.startswith(problem.message)
        assert all(detail in message for detail in problem.details)
        if problem.position is not None:
            place = (str(problem.position.line), str(problem.position.column))
            assert (properties["line"], properties["col"]) == place
    assert log.split("\n")[-2] == summary(result)


@pytest.mark.parametrize(("failures", "shown", "more"), [(1, 1, 0), (9, 9, 0), (10, 10, 0), (11, 9, 2), (30, 9, 21)])
def test_github_shows_ten(failures: int, shown: int, more: int) -> None:
    found = commands(render("github", failing(failures)))
    assert len(found) == min(failures, 10)
    assert len([properties for properties, _ in found if "file" in properties]) == shown
    assert [message for properties, message in found if "file" not in properties] == (
        [f"and {more} more, see the log"] if more else []
    )


@pytest.mark.parametrize("path", PATHS)
def test_github_gets_every_path_and_message_back(path: str) -> None:
    if "\udc80" not in path:
        problem = Problem("E101", f"message {path}, 50%: a\nb", "", path, Position(3, 4, 5))
        ((properties, message),) = commands(VALIDATE.formats["github"].render(Validation({path: (problem,)})))
        # Of what neither a terminal nor a log may obey there is no getting back.
        shown = path.replace("\x1b", "\\x1b").replace("\u2028", "\\u2028").replace("\x85", "\\x85")
        assert properties == {"file": shown, "line": "3", "col": "4", "endColumn": "9", "title": "adamw E101"}
        assert message == problem.message.replace(path, shown)


def test_paths_are_relative_to_the_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "repository" / "sub folder").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "repository")
    monkeypatch.chdir(tmp_path / "repository" / "sub folder")
    assert in_repository("a.yaml") == "a.yaml"
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        for root in ("repository", "link"):
            monkeypatch.setenv(variable, str(tmp_path / root))
            assert in_repository("a.yaml") == "sub folder/a.yaml"
            assert in_repository(str(tmp_path / root / "a.yaml")) == "a.yaml"
            assert in_repository("../../b.yaml") == "../../b.yaml"
            assert in_repository(str(tmp_path / "b.yaml")) == str(tmp_path / "b.yaml")
            assert in_repository("<stdin>") == "<stdin>"
        monkeypatch.delenv(variable)


def test_gitlab_has_one_object_per_problem() -> None:
    for result in (every(), nasty(), failing(30)):
        data = json.loads(render("gitlab", result))
        problems = all_amiss(result)
        assert len(data) == len(problems)
        for item, problem in zip(data, problems, strict=True):
            assert set(item) == {"description", "check_name", "fingerprint", "severity", "location"}
            assert item["severity"] in ("info", "minor", "major", "critical", "blocker")
            assert item["check_name"] == problem.code
            assert item["location"]["lines"]["begin"] == (problem.position.line if problem.position else 1)
            assert "\n" not in item["location"]["path"] + item["description"]
        assert len({item["fingerprint"] for item in data}) == len(data)
    assert json.loads(render("gitlab", RESULTS["all is well"]())) == []


def test_fingerprints_are_those_of_the_last_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = text(
        "{metric: weight_norm, near: 3.0}", "{metric: weight_norm, near: 3.0}", "{metric: final_loss, near: 3}"
    )

    def names(path: str, source: str) -> list[str]:
        return fingerprints(all_amiss(CheckResult((checked(path, source),))))

    first = names("a.yaml", source)
    assert len(set(first)) == 3
    # Lines above, and another measured value.
    assert names("a.yaml", "# a comment\n\n" + source.replace("lr: 1.0", "lr: 0.9")) == first
    assert names("b.yaml", source)[0] not in first
    for folder in ("one", "two"):
        monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path / folder))
        assert names(str(tmp_path / folder / "a.yaml"), source) == first


# The rules of SARIF 2.1.0 for the objects that are used here: what must be there, and nothing that is not known.
def _object(required: str, **properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 1}
_MESSAGE = _object("text", text={"type": "string", "minLength": 1})
_LOCATION = _object(
    "physicalLocation",
    physicalLocation=_object(
        "artifactLocation",
        artifactLocation=_object("uri", uri={"type": "string", "minLength": 1}, uriBaseId=_TEXT),
        region=_object("startLine", startLine=_COUNT, startColumn=_COUNT, endColumn=_COUNT),
    ),
)
_RESULT = _object(
    "message",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=_MESSAGE,
    locations={"type": "array", "items": _LOCATION},
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
)
_RULE = _object("id", id=_TEXT, shortDescription=_MESSAGE)
_DRIVER = _object("name", name=_TEXT, version=_TEXT, rules={"type": "array", "items": _RULE, "uniqueItems": True})
_RUN = _object(
    "tool",
    tool=_object("driver", driver=_DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": _RESULT},
)
SARIF = jsonschema.Draft7Validator(
    _object(
        "version runs",
        **{"$schema": _TEXT, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": _RUN}},
    )
)


@pytest.mark.parametrize("name", RESULTS)
def test_sarif_follows_its_rules(name: str) -> None:
    result = RESULTS[name]()
    log = json.loads(render("sarif", result))
    assert [error.message for error in SARIF.iter_errors(log)] == []
    (run,) = log["runs"]
    problems = all_amiss(result)
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(problems)
    for found, problem in zip(run["results"], problems, strict=True):
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"] == problem.code
        (location,) = [item["physicalLocation"] for item in found["locations"]]
        uri = location["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri)
        assert urlsplit(uri).scheme == ""
        assert os.fsdecode(unquote_to_bytes(uri)) == problem.source
        region = location.get("region")
        assert (region is None) == (problem.position is None)
        if region:
            assert region["endColumn"] - region["startColumn"] == problem.position.length  # type: ignore[union-attr]


def test_sarif_of_paths_outside_and_of_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    problems = [
        Problem("S001", "m", "", source, None) for source in ("/x y/a.yaml", str(tmp_path / "b.yaml"), "<stdin>")
    ]
    (run,) = json.loads(VALIDATE.formats["sarif"].render(Validation({"x": tuple(problems)})))["runs"]
    places = [
        found.get("locations", [{}])[0].get("physicalLocation", {}).get("artifactLocation") for found in run["results"]
    ]
    assert places == [{"uri": "file:///x%20y/a.yaml"}, {"uri": "b.yaml", "uriBaseId": "%SRCROOT%"}, None]


@pytest.mark.parametrize("form", VALIDATE.formats)
def test_validate_writes_every_problem(form: str) -> None:
    found = Validation({file.path: file.problems for file in nasty().files})
    number = sum(map(len, found.files.values()))
    written = VALIDATE.formats[form].render(found)
    if form == "github":
        assert len(commands(written)) == 10
    elif form in ("json", "gitlab", "sarif"):
        data = json.loads(written)
        items = data["problems"] if form == "json" else data if form == "gitlab" else data["runs"][0]["results"]
        assert len(items) == number
    else:
        assert len(re.findall(r"\bS\d{3}\b|\bE301\b", written)) == number
