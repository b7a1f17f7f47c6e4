"""-k, -t, --exclude, --shard, --lf, --ff and --collect-only, through the command."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adamw_cli.errors import ExitCode
from tests.cli.terminal import BROKEN, Outcome, run

TEXT = """\
version: 1
tags: [{tags}]
landscape: {{kind: plateau}}
start: [1.0, 0.5]
steps: 100
optimizers:
  adamw: {{lr: 0.1, weight_decay: 0.1}}
  gentle: {{kind: adamw, lr: 0.1, weight_decay: 0.01}}
expect:
  - {{metric: total_shrink, of: adamw, near: theory}}
  - {{metric: weight, of: gentle, at: 1, at_step: 50, finite: true}}
  - {{metric: weight_norm, of: gentle, above: {above}}}
"""
Check = Callable[..., Outcome]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """A folder with scenarios, in which `adamw check` is run."""
    monkeypatch.setattr("adamw_cli.gate.memory.root", lambda: tmp_path)
    project = tmp_path / "project"
    (project / "drafts" / "old").mkdir(parents=True)
    (project / ".git").mkdir()
    monkeypatch.chdir(project)
    for path, tags, above in (
        ("a.yaml", "smoke, fast", 0.1),
        ("b.yaml", "smoke", 5),
        ("drafts/c.yaml", "fast", 5),
        ("drafts/old/d.yaml", "", 0.1),
    ):
        Path(path).write_text(TEXT.format(tags=tags, above=above))
    return lambda *arguments: run(capsys, "check", *arguments)


def judged(outcome: Outcome) -> list[str]:
    """`path:line` of every result."""
    return [f"{r['path']}:{r['line']}" for r in json.loads(outcome.out)["results"]]


def files(outcome: Outcome) -> list[str]:
    return list(dict.fromkeys(place.partition(":")[0] for place in judged(outcome)))


EVERY = ["a.yaml", "b.yaml", "drafts/c.yaml", "drafts/old/d.yaml"]


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("total_shrink and c.yaml", ["drafts/c.yaml:10"]),
        ("GENTLE and (a.yaml or b.yaml)", ["a.yaml:11", "a.yaml:12", "b.yaml:11", "b.yaml:12"]),
        ("'weight[1] at step 50' and not drafts", ["a.yaml:11", "b.yaml:11"]),
        ("drafts and not old and not gentle", ["drafts/c.yaml:10"]),
    ],
)
def test_words_choose_expectations(check: Check, words: str, places: list[str]) -> None:
    assert judged(check(".", "-k", words, "-f", "json")) == places
    listed = check(".", "-k", words, "--collect-only", "-f", "concise").out.splitlines()
    assert [line.partition(": ")[0] for line in listed[:-1]] == places


def test_the_other_expectations_of_a_scenario_are_not_judged(check: Check) -> None:
    assert check("b.yaml").code == ExitCode.EXPECTATION_FAILED
    assert check("b.yaml", "-k", "not weight_norm").code == ExitCode.OK


def test_words_and_lines_add_up(check: Check) -> None:
    assert judged(check("a.yaml:10", "a.yaml:12", "-k", "gentle", "-f", "json")) == ["a.yaml:12"]


def test_tags_choose_scenarios_with_any_of_them(check: Check) -> None:
    assert files(check(".", "-t", "smoke", "-f", "json")) == EVERY[:2]
    assert files(check(".", "-t", "smoke", "--tag", "fast", "-f", "json")) == EVERY[:3]
    assert check(".", "-t", "nowhere").code == ExitCode.NOTHING_MATCHED


@pytest.mark.parametrize(
    ("globs", "left"),
    [
        (["drafts"], EVERY[:2]),
        (["drafts/*.yaml"], EVERY[:2]),
        (["old"], EVERY[:3]),
        (["[ab].yaml", "old"], ["drafts/c.yaml"]),
        (["*/old/*"], EVERY[:3]),
    ],
)
def test_patterns_leave_files_and_folders_out(check: Check, globs: list[str], left: list[str]) -> None:
    flags = [item for glob in globs for item in ("--exclude", glob)]
    assert files(check(".", *flags, "-f", "json")) == left


def test_parts_are_everything_and_nothing_twice(check: Check) -> None:
    for of in (1, 2, 3, 4):
        parts = [files(check(".", "--shard", f"{i}/{of}", "-f", "json")) for i in range(1, of + 1)]
        assert sorted(file for part in parts for file in part) == EVERY
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_an_empty_part_is_fine_and_an_empty_selection_is_not(check: Check) -> None:
    assert check(".", "--shard", "5/5").code == ExitCode.OK
    assert check(".", "--exclude", "*", "--shard", "1/5").code == ExitCode.NOTHING_MATCHED
    assert check(".", "--exclude", "*", "--shard", "1/5", "--allow-empty").code == ExitCode.OK


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1/0", "1", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_part_is_an_error(check: Check, shard: str) -> None:
    found = check(".", "--shard", shard)
    assert found.code == ExitCode.COULD_NOT_RUN
    assert "must be i/N with 1 <= i <= N" in found.err


def test_what_cannot_be_read_stays_whatever_is_chosen(check: Check) -> None:
    Path("z.yaml").write_text(BROKEN)
    for flags in (["-k", "total_shrink and a.yaml"], ["-t", "smoke"], ["--collect-only"]):
        found = check(".", *flags, "-f", "concise")
        assert found.code == ExitCode.COULD_NOT_RUN
        assert "z.yaml:2:" in found.out


def test_last_failed_and_failed_first(check: Check) -> None:
    everything = check(".", "--lf", "-f", "json")
    assert files(everything) == EVERY
    assert "nothing here failed last time" in everything.err
    assert files(check(".", "--lf", "-f", "json")) == ["b.yaml", "drafts/c.yaml"]
    assert files(check("drafts", "--lf", "-f", "json")) == ["drafts/c.yaml"]
    assert files(check(".", "--ff", "-f", "json")) == ["b.yaml", "drafts/c.yaml", "a.yaml", "drafts/old/d.yaml"]

    Path("b.yaml").write_text(TEXT.format(tags="", above=0.1))
    check("b.yaml", "-k", "total_shrink")  # a part that passes says nothing of the rest
    assert files(check(".", "--lf", "-f", "json")) == ["b.yaml", "drafts/c.yaml"]
    assert files(check(".", "--lf", "-f", "json")) == ["drafts/c.yaml"]
    Path("drafts/c.yaml").unlink()
    assert files(check(".", "--lf", "-f", "json")) == ["a.yaml", "b.yaml", "drafts/old/d.yaml"]


def test_each_project_has_a_memory_of_its_own(check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    check(".")
    monkeypatch.chdir("drafts")  # the same project
    assert files(check(".", "--lf", "-f", "json")) == ["c.yaml"]
    monkeypatch.chdir(tmp_path)
    assert "nothing here failed last time" in check("project", "--lf").err


def test_a_memory_that_is_damaged_or_cannot_be_kept_is_none(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(".")
    (memory,) = tmp_path.glob("failed-*.json")
    for text in ("", "{", "3", '{"a": 1}', "[1, null]", "[" * 100_000):
        memory.write_text(text)
        assert files(check(".", "--lf", "-f", "json")) == EVERY
    monkeypatch.setattr("adamw_cli.gate.memory.root", lambda: tmp_path / "gone")
    assert check(".", "--lf").code == ExitCode.EXPECTATION_FAILED
    monkeypatch.setattr("adamw_cli.gate.memory.root", lambda: None)
    assert check(".", "--lf").code == ExitCode.EXPECTATION_FAILED


def test_what_would_be_judged_is_what_is_judged(check: Check) -> None:
    flags = [".", "-k", "gentle or old", "-t", "smoke", "-t", "fast", "--shard", "1/2"]
    places = judged(check(*flags, "-f", "json"))
    listed = json.loads(check(*flags, "--collect-only", "-f", "json").out)
    assert [f"{e['path']}:{e['line']}" for e in listed["expectations"]] == places
    rows = list(csv.DictReader(io.StringIO(check(*flags, "--collect-only", "-f", "csv").out)))
    assert [f"{row['path']}:{row['line']}" for row in rows] == places
    assert {row["run"] for row in rows} == {"gentle"}
    table = check(*flags, "--collect-only").out
    assert all(place in table for place in places)


def test_a_report_of_what_is_only_listed_is_not_written_and_that_is_said(check: Check) -> None:
    listed = check(".", "--collect-only", "--report", "junit=out.xml")
    assert listed.code == ExitCode.OK
    assert "no report is written" in listed.err
    assert not Path("out.xml").exists()


def test_a_scenario_that_expects_nothing_is_listed_and_found_by_its_name(check: Check) -> None:
    Path("quiet.yaml").write_text(TEXT.partition("expect:")[0].format(tags="smoke"))
    assert check(".", "-k", "quiet", "--collect-only", "-f", "concise").out.splitlines() == [
        "quiet.yaml: expects nothing",
        "1 scenario, 0 expectations",
    ]
    assert check(".", "-k", "quiet").code == ExitCode.OK


def test_standard_input_is_read_once(capsys: pytest.CaptureFixture[str]) -> None:
    text = TEXT.format(tags="smoke", above=0.1)
    found = run(capsys, "check", "-", "-t", "smoke", "-k", "gentle", "-f", "json", stdin=text)
    assert judged(found) == ["<stdin>:11", "<stdin>:12"]
