"""Names and texts that a terminal, a build's log or a spreadsheet would obey: they are shown, and obeyed by none."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from adamw_cli import load_text
from adamw_cli.errors import ScenarioError
from adamw_cli.report.characters import PEN, harmless
from tests.cli.terminal import FAILING, GOOD, run, run_process

NAMES = [
    "red\x1b[31m.yaml", "bell\x07.yaml", "cleared\x1b[2J\x1b]0;title\x07.yaml", "line\n::error::x.yaml", "back\x08\x08.yaml",
    "turned\u202elmay.yaml", "hidden\u200b.yaml", "\u2066isolated.yaml", "next\x85line.yaml", "separator\u2028.yaml",
    "::add-mask::secret.yaml", "##vso[task.setvariable variable=x]y.yaml", "##[error]z.yaml", "lone\udcff.yaml",
]  # fmt: skip
UNSEEN = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(NAMES):
        (tmp_path / name).write_text([GOOD, FAILING, "steps: {"][number % 3])
    return tmp_path


CHECK = [
    "full",
    "concise",
    "github",
    "markdown",
    "csv",
    "json",
    "jsonl",
    "gitlab",
    "sarif",
    "junit",
    "junit-strict",
    "tap",
]
LINES = {
    **{form: ["check", ".", "-f", form] for form in CHECK},
    **{f"validate {form}": ["validate", ".", "-f", form] for form in ("full", "concise", "github")},
    **{
        f"collect {form}": ["check", ".", "--collect-only", "-f", form]
        for form in ("full", "concise", "markdown", "csv")
    },
    "durations": ["check", ".", "--durations", "20", "-f", "concise"],
    "no such file": ["check", *(f"no-{name}" for name in NAMES)],
    "no such option": ["check", "--\x1b[31m"],
    "no such name": ["show", "\x1b[31m\u202e"],
    "a folder": ["simulate", "\x1b]0;x\x07"],
}


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("workflow", ["", "true"])
def test_no_output_has_anything_to_obey(folder: Path, line: str, workflow: str) -> None:
    arguments = [argument.encode(errors="surrogateescape").decode(errors="surrogateescape") for argument in LINES[line]]
    outcome = run_process(
        *arguments, cwd=folder, env={"GITHUB_ACTIONS": workflow, "CI": "true", "PYTHONIOENCODING": "utf-8"}
    )
    for text in (outcome.out, outcome.err):
        assert not re.search(UNSEEN, text), re.findall(f".*{UNSEEN}.*", text)
        assert "##vso[" not in text
        assert "##[" not in text
        for found in re.findall(r"^\s*::.*", text, re.MULTILINE):
            assert found.startswith("::error "), found
    assert "Traceback" not in outcome.err
    if line in ("json", "sarif", "gitlab"):
        json.loads(outcome.out)


def test_on_a_terminal_colours_are_ours_alone(folder: Path) -> None:
    outcome = run_process("check", ".", cwd=folder, env={"FORCE_COLOR": "1", "TERM": "xterm"})
    assert "\x1b[3" in outcome.out
    assert "red\\x1b[31m" in outcome.out
    left = re.sub(r"\x1b\[(0|1|2|3[123]|2;3[123])m", "", outcome.out)
    assert not re.search(UNSEEN, left)


def test_a_report_that_is_no_file_is_shown_to_somebody(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    reader = subprocess.Popen(["cat", "pipe"], cwd=folder, stdout=subprocess.PIPE, text=True)
    run_process("check", ".", "--report", "full=pipe", "--report", "full=r.txt", "-f", "json", cwd=folder)
    out, _ = reader.communicate(timeout=60)
    assert "bell\\x07.yaml" in out
    assert not re.search(UNSEEN, out)
    assert "bell\x07.yaml" in (folder / "r.txt").read_text(errors="replace")


SCENARIO = """\
version: 1
name: {name}
description: {description}
tags: [{tag}]
landscape: {{kind: plateau}}
start: [1.0]
steps: 10
optimizers: {{{run}: {{kind: adamw, lr: 0.1, weight_decay: 0.1}}}}
expect: [{{metric: weight_norm, near: 5, xfail: {xfail}}}]
"""
PLAIN = {"name": "n", "description": "d", "tag": "t", "run": "r", "xfail": "x"}


@pytest.mark.parametrize("text", ["\x1b[31m", "\x07", "\x00", "a\x85b", "\u202e", "\u200b", "\u2028", "\r", "\ufeff"])
@pytest.mark.parametrize("field", PLAIN)
def test_a_free_text_with_what_cannot_be_seen_is_refused(field: str, text: str) -> None:
    given = {**PLAIN, field: json.dumps(f"a{text}b")}
    with pytest.raises(ScenarioError, match=r"S104.*cannot be printed") as caught:
        load_text(SCENARIO.format(**given))
    assert not re.search(UNSEEN, str(caught.value))


def test_a_description_may_have_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SCENARIO.format(**{**PLAIN, "description": '"one\\n::add-mask::two\\tthree"'}))
    for command in ("simulate", "check", "show"):
        shown = run(capsys, command, str(tmp_path / "a.yaml"))
        assert not re.search(r"^\s*::", shown.out + shown.err, re.MULTILINE)


def test_a_spreadsheet_calculates_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    name = "=HYPERLINK(1)"
    (tmp_path / "a.yaml").write_text(SCENARIO.format(**{**PLAIN, "run": json.dumps(name), "name": "'@SUM(1)'"}))
    for arguments in (["simulate"], ["check"], ["check", "--collect-only"]):
        rows = list(csv.reader(io.StringIO(run(capsys, *arguments, str(tmp_path / "a.yaml"), "-f", "csv").out)))
        cells = [cell for row in rows for cell in row]
        assert f"'{name}" in cells
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    rows = list(csv.reader(io.StringIO(run(capsys, "simulate", str(tmp_path / "a.yaml"), "-f", "csv").out)))
    run(capsys, "simulate", str(tmp_path / "a.yaml"), "--trace", str(tmp_path / "t.csv"))
    assert (tmp_path / "t.csv").read_text().splitlines()[1].startswith(f"'@SUM(1),'{name},0,0,")
    numbers = [cell for row in rows for cell in row if re.fullmatch(r"-[0-9.e-]+", cell)]
    assert all(float(number) < 0 for number in numbers)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ascii\n\twith a tab\n", None),
        ("größe 学习 ✓", None),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("  ::error::", "  \\u003a:error::"),
        ("a ::error::", None),
        ("a ##vso[x] ##[y] ## z", "a #\\u0023vso[x] #\\u0023[y] ## z"),
        ("##teamcity[x]", "#\\u0023teamcity[x]"),
        ("\xa0\u2003::error::", "\xa0\u2003\\u003a:error::"),
        ("soft\xadhyphen\u3164", "soft\\xadhyphen\\u3164"),
    ],
)
def test_what_is_shown(text: str, shown: str | None) -> None:
    assert harmless(text) == (text if shown is None else shown)
    assert os.linesep == "\n" or shown != text


def test_colours_and_commands_stay_where_they_are_ours() -> None:
    assert harmless(f"\x1b{PEN}[31mred\x1b{PEN}[0m\x07\x1b[8m") == "\x1b[31mred\x1b[0m\\x07\\x1b[8m"
    assert harmless("::error::##vso[", commands=True) == "::error::#\\u0023vso["
