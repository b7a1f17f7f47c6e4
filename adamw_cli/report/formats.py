"""The one table of output formats: for `--format`, for `--report` and for the documentation.

Imports nothing of what it names: a command line that needs no report does not wait for any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ResultFormat:
    """A way to write a result.

    Attributes
    ----------
    where : `module:function`, the function from the result to a text that ends with a newline, the same for the same result.
    reader : whom it is for.
    what : what it looks like, one line.
    drawn : the function for standard output, if that may be a terminal and gets lines and colours then.

    """

    where: str
    reader: str
    what: str
    drawn: str = ""

    def render(self, result: Any) -> str:
        """The result as text, for a file."""
        return call(self.where, result)

    def draw(self, result: Any) -> str:
        """The result as text, for standard output."""
        return call(self.drawn or self.where, result)


@dataclass(frozen=True)
class Family:
    """The formats of one command.

    Attributes
    ----------
    formats : by name.
    log : `module:function` of what `auto` prints in a GitHub workflow.
    summary : of what it adds to the job's summary there, which takes the bytes that are in it already; none if empty.

    """

    formats: Mapping[str, ResultFormat]
    log: str
    summary: str = ""


def call(where: str, *arguments: Any) -> str:
    """Import a function by `module:function` and call it."""
    from importlib import import_module

    module, _, name = where.partition(":")
    return str(getattr(import_module(module), name)(*arguments))


_OUTCOMES = "adamw_cli.report.outcomes"
_VALIDATION = "adamw_cli.report.validation"
_GITHUB = ("GitHub Actions", "an annotation at the line of each of the first ten failures, then the summary")
_GITLAB = ("GitLab", "the JSON of its code quality report: failures beside the lines of a merge request")
_SARIF = ("code scanning, editors", "SARIF 2.1.0: rules, and a result per failure")

CHECK = Family(
    {
        "full": ResultFormat(
            f"{_OUTCOMES}.full:render",
            "people",
            "a table of every expectation, then each failure with its line and numbers",
            drawn=f"{_OUTCOMES}.full:draw",
        ),
        "concise": ResultFormat(
            f"{_OUTCOMES}.concise:render", "editors, `grep`", "`path:line:col: CODE message` per failure"
        ),
        "json": ResultFormat(
            f"{_OUTCOMES}.json_object:render", "programs", "one object: the counts, and a record per expectation"
        ),
        "jsonl": ResultFormat(
            f"{_OUTCOMES}.json_lines:render", "programs, `jq`", "the counts in the first line, then a record per line"
        ),
        "csv": ResultFormat(f"{_OUTCOMES}.csv_table:render", "spreadsheets", "the same records, a row each"),
        "markdown": ResultFormat(
            f"{_OUTCOMES}.markdown:render", "job summaries", "the verdict, the failures, and all in a fold"
        ),
        "github": ResultFormat(f"{_OUTCOMES}.github:render", *_GITHUB),
        "gitlab": ResultFormat(f"{_OUTCOMES}.gitlab:render", *_GITLAB),
        "sarif": ResultFormat(f"{_OUTCOMES}.sarif:render", *_SARIF),
        "junit": ResultFormat(
            f"{_OUTCOMES}.junit:render", "GitLab, dashboards", "XML: a suite per file, a test per expectation"
        ),
        "junit-strict": ResultFormat(
            f"{_OUTCOMES}.junit_strict:render", "Jenkins' xUnit plugin", "the same, as its schema junit-10 wants it"
        ),
        "tap": ResultFormat(
            f"{_OUTCOMES}.tap:render", "TAP harnesses", "version 14: a line per expectation, why it failed as YAML"
        ),
    },
    log=f"{_OUTCOMES}.github:log",
    summary=f"{_OUTCOMES}.markdown:render",
)
VALIDATE = Family(
    {
        "full": ResultFormat(f"{_VALIDATION}:full", "people", "each problem with its line and a caret"),
        "concise": ResultFormat(
            f"{_VALIDATION}:concise", "editors, `grep`", "`path:line:col: CODE message` per problem"
        ),
        "json": ResultFormat(f"{_VALIDATION}:json", "programs", "one object: the counts, and a record per problem"),
        "github": ResultFormat(f"{_VALIDATION}:github", *_GITHUB),
        "gitlab": ResultFormat(f"{_VALIDATION}:gitlab", *_GITLAB),
        "sarif": ResultFormat(f"{_VALIDATION}:sarif", *_SARIF),
    },
    log=f"{_VALIDATION}:log",
)
CONFORM = Family(
    {"junit": ResultFormat("adamw_cli.report.conform:junit", "GitLab, dashboards", "XML: a test per probe")}, log=""
)
