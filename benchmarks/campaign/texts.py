"""Texts that a terminal, a build's log or a spreadsheet would obey, in every field and every format: obeyed by none."""

from __future__ import annotations

import csv
import io
import json
import re
from random import Random
from xml.etree import ElementTree

from adamw_cli.report.formats import CHECK, VALIDATE
from benchmarks.campaign.case import Case, digests, scenario
from benchmarks.campaign.running import Done
from tests.robustness.checking import strict_json
from tests.robustness.test_hostile_texts import UNSEEN

_PIECES = [
    "\x1b[31m", "\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "\x07", "\x08\x08", "\r", "\n", "\t", "\x85", "\u2028", "\u202e", "\u2066", "\u200b",
    "\ufeff", "\U000e0041", "\u0301" * 9, "::add-mask::", "\n::error::x", "::set-output name=a::b", "##vso[task.complete]", "##[error]",
    "=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1+1", "\t=1", "%0A::error::", "</testcase>", "]]>", "<script>", "&amp;", "|", "`x`", "not ok 1", "1..9",
    "# SKIP", '"', "'", "\\", "${x}", "$(id)", "%s", "{0}", "a", "ü", "学习", "x" * 300, "..", "*", "~", "-", "--", "\x7f", "\x00",
]  # fmt: skip
_FIELDS = ("name", "description", "tag", "run", "xfail")
_GITHUB = re.compile(r"^\s*::(?!(?:error|warning|notice) )", re.MULTILINE)
_FORMULA = ("=", "@", "\t", "\r")


def text(random: Random) -> str:
    """A few pieces in a row."""
    return "".join(random.choice(_PIECES) for _ in range(random.choice([1, 1, 2, 3, 5])))


def hostile(case: Case) -> None:
    """One text as a file's name, in a field, or as an argument; one command, one format."""
    words = text(case.random)
    where = case.random.choice(["file", "file", "file", "folder", *_FIELDS, "argument", "set", "folder"])
    command = case.random.choice(["check", "check", "check", "validate", "simulate", "collect", "show"])
    name = "a.yaml"
    if where in ("file", "folder"):
        safe = re.sub("[\x00/]", "_", words)[:90].strip(".") or "_"
        name = f"{safe}/a.yaml" if where == "folder" else f"{safe}.yaml"
        words = "x"
    fields = {where: json.dumps(words)} if where in _FIELDS else {}
    if where == "xfail":
        fields = {"xfail": f", xfail: {json.dumps(words)}"}
    expected = case.random.choice(["near: theory", "near: theory", "near: 12.0", "below: {"])
    case.write(name, scenario(**fields, expected=expected))
    before = digests(case.folder)
    formats = {"check": list(CHECK.formats), "validate": list(VALIDATE.formats), "show": ["table"]}.get(
        command, ["table", "json", "csv", "markdown"]
    )
    form = case.random.choice(formats)
    target = case.random.choice([name, "."]) if command != "simulate" else name
    if target.startswith("-"):
        target = f"./{target}"
    line = {
        "collect": ["check", target, "--collect-only", "-f", "full" if form == "table" else form],
        "show": ["show", target],
    }.get(command, [command, target, "-f", form])
    given = words.replace("\x00", "")
    if where == "argument":
        line[1:2] = [case.random.choice(["./", "no-", ""]) + given]
    elif where == "set":
        flag = {"simulate": "--set", "check": "-k", "collect": "-t", "validate": "--report", "show": "--plugin"}[
            command
        ]
        line += [flag, case.random.choice(["", "description=", "optimizers."]) + given]
    done = case.run(*line, GITHUB_ACTIONS=case.random.choice(["", "true"]), PYTHONIOENCODING="utf-8")
    _judge(case, done, form)
    case.demand_kept(before, digests(case.folder))


def _judge(case: Case, done: Done, form: str) -> None:
    line = " ".join(done.arguments)
    for words in (done.out, done.err):
        case.demand(not re.search(UNSEEN, words), f"{line!r}: prints {re.findall(UNSEEN, words)[:3]}")
        case.demand("##vso[" not in words and "##[" not in words, f"{line!r}: a command for a build's log")
        case.demand(not _GITHUB.search(words), f"{line!r}: a command for a workflow")
    if not done.out or done.code not in (0, 1):
        return
    try:
        if form in ("json", "sarif", "gitlab"):
            strict_json(done.out)
        elif form == "jsonl":
            [strict_json(each) for each in done.out.splitlines()]
        elif form.startswith("junit"):
            ElementTree.fromstring(done.out)
    except (ValueError, ElementTree.ParseError) as error:
        case.broken.append(f"{line!r}: no {form}: {error}")
    if form == "csv":
        cells = [cell for row in csv.reader(io.StringIO(done.out)) for cell in row]
        wrong = [
            cell for cell in cells if cell.startswith(_FORMULA) or (cell[:1] in ("+", "-") and not _is_number(cell))
        ]
        case.demand(not wrong, f"{line!r}: a spreadsheet would calculate {wrong[:3]}")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell == "-"
    return True
