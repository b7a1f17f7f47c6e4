"""What holds for all formats of `adamw check`, whatever came out and whatever things are called."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from adamw_cli.report.findings.rules import MEANINGS
from adamw_cli.report.formats import CHECK, VALIDATE, Family, function
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


@pytest.mark.parametrize("family", [CHECK, VALIDATE])
def test_the_table_names_functions(family: Family) -> None:
    named = {family.findings, family.summary}
    for form in family.formats.values():
        named |= {form.takes, form.writes, form.draws}
    assert all(callable(function(where)) for where in named - {""})


def test_the_table_imports_nothing_of_what_it_names() -> None:
    named = {where.partition(":")[0] for form in CHECK.formats.values() for where in (form.takes, form.writes)} - {""}
    script = "import sys, adamw_cli.report.formats; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert len(named) > 5
    assert not {f"adamw_cli.report.{module}" for module in named}.intersection(loaded)


def test_the_first_line_of_json_lines_counts_the_others() -> None:
    for make in RESULTS.values():
        head, *others = CHECK.formats["jsonl"].render(make()).splitlines()
        assert json.loads(head)["records"] == len(others)


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
