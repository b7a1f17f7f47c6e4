"""What holds for all formats of `adamw check`, whatever came out and whatever things are called."""

from __future__ import annotations

import csv
import importlib
import io
import json
import re
from pathlib import Path

import pytest

from adamw_cli.report.findings.rules import MEANINGS
from adamw_cli.report.formats import CHECK, VALIDATE
from adamw_cli.report.outcomes.words import numbers
from tests.report.outcomes.results import EVERY, RESULTS, every, nasty, text, timed

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def results() -> dict[str, object]:
    return {name: make() for name, make in RESULTS.items()}


@pytest.mark.parametrize("form", CHECK.formats)
@pytest.mark.parametrize("name", RESULTS)
def test_every_result_can_be_written(results: dict[str, object], name: str, form: str) -> None:
    written = CHECK.formats[form].render(results[name])
    assert written.endswith("\n")
    assert not written.endswith("\n\n")
    written.encode("utf-8", errors="backslashreplace")
    assert written == CHECK.formats[form].render(results[name])


@pytest.mark.parametrize("form", [form for form in CHECK.formats if not form.startswith("junit")])
def test_times_are_in_junit_only(form: str) -> None:
    result = every()
    assert CHECK.formats[form].render(timed(result, 1.0)) == CHECK.formats[form].render(timed(result, 2.0))


@pytest.mark.parametrize("form", ["json", "jsonl", "junit", "junit-strict", "sarif", "gitlab"])
def test_formats_for_machines_are_ascii(form: str) -> None:
    assert CHECK.formats[form].render(nasty()).isascii()


@pytest.mark.parametrize("form", ["concise", "markdown", "github", "tap"])
def test_a_name_begins_no_line(form: str) -> None:
    """Else a file's name could look like a workflow command, a test point or the end of a table."""
    text = CHECK.formats[form].render(nasty())
    assert not [line for line in text.split("\n") if line.startswith(("lines", "red"))]
    commands = [line for line in text.split("\n") if line.lstrip().startswith("::")]
    assert all(re.match(r"::error (file=[^:]*,(line=\d+,col=\d+,endColumn=\d+,)?)?title=adamw", c) for c in commands)
    assert len(commands) == (10 if form == "github" else 0)


def test_csv_has_a_row_per_record_and_json_lines_have_the_records_of_json() -> None:
    result = nasty()
    data = json.loads(CHECK.formats["json"].render(result))
    rows = list(csv.DictReader(io.StringIO(CHECK.formats["csv"].render(result), newline="")))
    assert [row["path"] for row in rows] == [record["path"] for record in data["results"]]
    head, *lines = [json.loads(line) for line in CHECK.formats["jsonl"].render(result).splitlines()]
    assert head == {"format": "adamw.check/1", "summary": numbers(result), "records": len(lines)}
    assert lines == data["results"]


def test_concise_has_one_line_for_everything_amiss() -> None:
    result = nasty()
    *lines, last = CHECK.formats["concise"].render(result).removesuffix("\n").split("\n")
    problems = sum(len(file.problems) + len(file.findings) for file in result.files)
    assert len(lines) == problems + result.count("failed", "error", "xpassed")
    assert last.startswith(f"{len(result.files)} scenarios, {result.expectations} expectations: ")


def test_full_is_plain_in_a_file_and_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    full = CHECK.formats["full"]
    assert "\x1b" not in full.render(every())
    assert "\x1b" in full.draw(every())


@pytest.mark.parametrize("where", [form.where for family in (CHECK, VALIDATE) for form in family.formats.values()])
def test_the_table_names_functions(where: str) -> None:
    module, _, name = where.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_every_code_has_a_meaning() -> None:
    """Codes as they stand in the source, and those that the documentation lists."""
    sources = [path.read_text() for path in (ROOT / "adamw_cli").rglob("*.py")]
    used = {code for source in sources for code in re.findall(r'"([SE]\d{3})"', source)}
    listed = set(re.findall(r"^\| ([SE]\d{3}) \|", (ROOT / "docs" / "scenario.md").read_text(), re.MULTILINE))
    assert len(listed) > 20
    assert used | listed == set(MEANINGS)


def test_the_results_have_every_outcome() -> None:
    result = every()
    assert all(result.count(outcome) for outcome in ("passed", "failed", "error", "xfailed", "xpassed"))
    assert text(*EVERY).count("\n  - ") == 5
