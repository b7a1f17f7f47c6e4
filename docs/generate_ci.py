"""Writes the section on formats into docs/ci.md, from the table of formats and from a check of the scenario below.

    python docs/generate_ci.py

A test checks that it is up to date.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from adamw_cli.judging.check import CheckResult, check_one
from adamw_cli.report.formats import CHECK, VALIDATE
from adamw_cli.scenario.load import load_text

TARGET = Path(__file__).resolve().parent / "ci.md"
BEGIN, END = "<!-- formats -->\n", "<!-- end of formats -->\n"
# Powers of two: every number in the samples is the same on every processor.
SCENARIO = """\
version: 1
landscape: {kind: plateau}
start: [8.0]
steps: 2
optimizers:
  adamw: {lr: 1.0, weight_decay: 0.5}
expect:
  - {metric: weight_norm, near: 2.0}
  - {metric: total_shrink, below: 0.125}
  - {metric: weight_norm, above: 3.0, xfail: the decay is strong}
"""
_PATH = "scenarios/decay.yaml"
_LANGUAGES = {
    "json": "json",
    "jsonl": "json",
    "markdown": "markdown",
    "gitlab": "json",
    "sarif": "json",
    "junit": "xml",
    "junit-strict": "xml",
}
_HEAD = """\
`adamw check --format NAME` prints the outcomes in one of these formats; `--report NAME=PATH`, as often as needed, writes them
into files as well. The exit code does not depend on either. The same outcomes give the same bytes, except for the times in
`junit` and `junit-strict`.

Formats marked with a star are there for `adamw validate`, too, which has problems of the file only.
"""
_AUTO = """\
`auto`, the default of `--format`, is `full` on a terminal. Without one, and with `GITHUB_ACTIONS` set, it prints the annotations
of `github` and the lines of `concise`, and `adamw check` adds `markdown` to the file that `GITHUB_STEP_SUMMARY` names; if that
cannot be written, a warning on standard error says so and the exit code stays. In all other places it is `full`.

- A report takes the place of an older one. The folder must be there; that, an unknown format, and two reports into one file are
  found before anything runs. `full` is plain text in a file. A report is UTF-8; bytes in file names that are no text become escapes.
- Reports are written if expectations failed, if scenarios could not be run, and if the check was interrupted. If one cannot be
  written, the exit code is 2.
- Paths are relative to `GITHUB_WORKSPACE` or `CI_PROJECT_DIR`, where one is set and the file is below it, in `github`, `gitlab`,
  `sarif` and `markdown`, and in the attributes `file` of `junit`. A relative `sarif` path is relative to `%SRCROOT%`.
- GitHub shows ten annotations per step: of more, `github` prints nine and one that counts the rest.
- Fingerprints in `gitlab` and `sarif` are made of the path, the code and the text of the line; lines that are added above leave
  them as they are.
- In `junit` and `tap`, a scenario that ran and expects nothing is a test that passed; one that could not be run is one test, an
  error; what is marked `xfail` is skipped (`# TODO` in TAP), and an `xfail` that passed is a failure. What was not run is a
  skipped test of its own in `junit`, and `Bail out!` or a comment in `tap`.
- `junit-strict` keeps to junit-10.xsd of Jenkins' xUnit plugin: tests have no `file` and no `line`.
- The first line of `jsonl` has the format, the counts and the number of records that follow.
- `markdown` stays below the 1 MiB that GitHub takes per step, and says how many rows it left out.
"""


def text() -> str:
    """The whole document, with the section as it should be."""
    before, _, rest = TARGET.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n{section()}\n{END}{rest.partition(END)[2]}"


def section() -> str:
    """The table, what holds for the formats, and a sample of each."""
    rows = ["| format | for | what it is |", "|---|---|---|"]
    for name, form in CHECK.formats.items():
        star = "*" if name in VALIDATE.formats else ""
        rows.append(f"| `{name}`{star} | {form.reader} | {form.what} |")
    result = sample()
    parts = [_HEAD, "\n".join(rows) + "\n", _AUTO, f"Samples, all of one check of this file, `{_PATH}`:\n"]
    parts.append(f"```yaml\n{SCENARIO}```\n")
    for name, form in CHECK.formats.items():
        parts.append(f"### {name}\n\n```{_LANGUAGES.get(name, 'text')}\n{form.render(result)}```\n")
    return "\n".join(parts)


def sample() -> CheckResult:
    """A check of the scenario, with a time that is the same everywhere."""
    return CheckResult((replace(check_one(_PATH, lambda: load_text(SCENARIO, _PATH, name="decay")), seconds=0.031),))


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
