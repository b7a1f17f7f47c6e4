"""The job summary: one row per row, whatever is in it, and short enough for GitHub."""

from __future__ import annotations

import html
import re

import pytest

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.outcomes import markdown
from adamw_cli.report.outcomes.words import all_amiss, numbers
from tests.report.outcomes.results import EVERY, PATHS, RESULTS, checked, every, failing, text


def tables(written: str) -> list[list[list[str]]]:
    """The cells of every table, without the rule below the titles; a bar ends a cell unless it is a reference."""
    found: list[list[list[str]]] = []
    for block in re.findall(r"(?:^\|.*\n)+", written, re.MULTILINE):
        rows = [[html.unescape(cell.strip()) for cell in line[1:-1].split("|")] for line in block.splitlines()]
        assert len({len(row) for row in rows}) == 1
        found.append([rows[0], *rows[2:]])
    return found


@pytest.mark.parametrize("name", RESULTS)
def test_the_verdict_comes_first_then_the_failures_then_everything(name: str) -> None:
    result = RESULTS[name]()
    written = markdown.render(result)
    verdict = re.match(r"\*\*adamw check: (.*)\.\*\* ", written)
    assert verdict is not None
    assert (verdict[1] == "passed") == (result.exit_code == 0)
    found = tables(written)
    problems = all_amiss(result)
    if problems:
        places = [f"{p.source}:{p.position.line}" if p.position else p.source for p in problems]
        shown = [row[0] for row in found.pop(0)[1:]]
        assert [re.sub(r"\W", "", cell) for cell in shown] == [re.sub(r"\W", "", one_line(place)) for place in places]
    if result.expectations:
        (everything,) = found
        assert len(everything) - 1 == numbers(result)["expectations"]
        assert written.endswith("</details>\n")
    else:
        assert found == []


def one_line(path: str) -> str:
    controls = "[\x00-\x1f\x7f-\x9f\u2028\ud800-\udfff]"
    return re.sub(controls, lambda found: found[0].encode("unicode_escape").decode(), path)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_in_a_name_is_markup(path: str) -> None:
    written = markdown.render(CheckResult((checked(path, text(*EVERY)),)))
    body = (
        written.split("\n", 1)[1].replace("<details><summary>", "").replace("</summary>", "").replace("</details>", "")
    )
    assert not re.search(r"[<>`*\\~]|\b_|_\b", body)
    assert tables(written)[0][1][0] == f"{one_line(path).strip()}:10"


def test_a_word_with_an_underscore_stays_readable() -> None:
    assert "weight_norm" in markdown.render(every())


@pytest.mark.parametrize("taken", [0, 990_000, 5_000_000])
def test_it_is_cut_to_fit_and_says_so(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    many = failing(30)
    result = CheckResult(many.files * 400)
    whole = markdown.render(many)
    assert "more" not in whole
    written = markdown.render(result, taken)
    assert len(written.encode()) <= max(0, markdown.LIMIT - taken) + 1000
    failures, everything = tables(written)
    left = [int(number.replace(",", "")) for number in re.findall(r"^and ([\d,]+) more$", written, re.MULTILINE)]
    assert [len(failures) - 1 + left[0], len(everything) - 1 + left[-1]] == [12000, 12000]
    assert len(left) == 2
    assert markdown.LIMIT + 1000 < 1024**2
