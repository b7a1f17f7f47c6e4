"""The one table of output formats: for `--format`, for `--report` and for the documentation.

Imports nothing of what it names: a command line that needs no report does not wait for any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class ResultFormat:
    """A way to write a result. Functions are named as `module:function`, the module as seen from this package.

    Attributes
    ----------
    takes : the function from the result to what `writes` takes; empty if that is the result itself.
    writes : the function from that to a text that ends with a newline, the same for the same result.
    reader : whom it is for.
    what : what it looks like, one line.
    draws : what takes the place of `writes` on standard output, which may be a terminal and gets lines and colours then.

    """

    takes: str
    writes: str
    reader: str
    what: str
    draws: str = ""

    def render(self, result: Any) -> str:
        """The result as text, for a file."""
        return str(function(self.writes)(_taken(self.takes, result)))

    def draw(self, result: Any) -> str:
        """The result as text, for standard output."""
        return str(function(self.draws or self.writes)(_taken(self.takes, result)))


@dataclass(frozen=True)
class Family:
    """The formats of one command.

    Attributes
    ----------
    formats : by name.
    findings : the function from a result to its Findings.
    summary : the function from a result, and the bytes that are there already, to what `auto` adds to the summary of a job in
        a GitHub workflow; nothing if empty.

    """

    formats: Mapping[str, ResultFormat]
    findings: str
    summary: str = ""

    def log(self, result: Any) -> str:
        """What `auto` prints in a GitHub workflow."""
        return str(function("findings.github:log")(_taken(self.findings, result)))


def function(where: str) -> Any:
    """Import a function by `module:function`."""
    module, _, name = where.partition(":")
    return getattr(import_module(f"adamw_cli.report.{module}"), name)


def _taken(takes: str, result: Any) -> Any:
    return function(takes)(result) if takes else result


_GITHUB = (
    "findings.github:render",
    "GitHub Actions",
    "an annotation at the line of each of the first ten failures, then the summary",
)
_GITLAB = (
    "findings.gitlab:render",
    "GitLab",
    "the JSON of its code quality report: failures beside the lines of a merge request",
)
_SARIF = ("findings.sarif:render", "code scanning, editors", "SARIF 2.1.0: rules, and a result per failure")
_CONCISE = ("findings.lines:render", "editors, `grep`")

_DOCUMENT, _TESTS = "outcomes.document:document", "outcomes.cases:tests"
_CHECKED, _VALIDATED = "outcomes.words:findings", "validation:findings"
CHECK = Family(
    {
        "full": ResultFormat(
            _DOCUMENT,
            "render:plain",
            "people",
            "a table of every expectation, then each failure with its line and numbers",
            draws="render:table",
        ),
        "concise": ResultFormat(_CHECKED, *_CONCISE, "`path:line:col: CODE message` per failure"),
        "json": ResultFormat(
            _DOCUMENT, "render:json_object", "programs", "one object: the counts, and a record per expectation"
        ),
        "jsonl": ResultFormat(
            _DOCUMENT,
            "outcomes.document:lines",
            "programs, `jq`",
            "the counts in the first line, then a record per line",
        ),
        "csv": ResultFormat(_DOCUMENT, "render:csv_table", "spreadsheets", "the same records, a row each"),
        "markdown": ResultFormat(
            "", "outcomes.markdown:render", "job summaries", "the verdict, the failures, and all in a fold"
        ),
        "github": ResultFormat(_CHECKED, *_GITHUB),
        "gitlab": ResultFormat(_CHECKED, *_GITLAB),
        "sarif": ResultFormat(_CHECKED, *_SARIF),
        "junit": ResultFormat(
            _TESTS, "junit:render", "GitLab, dashboards", "XML: a suite per file, a test per expectation"
        ),
        "junit-strict": ResultFormat(
            _TESTS, "junit:render_strict", "Jenkins' xUnit plugin", "the same, as its schema junit-10 wants it"
        ),
        "tap": ResultFormat(
            "", "outcomes.tap:render", "TAP harnesses", "version 14: a line per expectation, why it failed as YAML"
        ),
    },
    findings=_CHECKED,
    summary="outcomes.markdown:render",
)
VALIDATE = Family(
    {
        "full": ResultFormat("", "validation:full", "people", "each problem with its line and a caret"),
        "concise": ResultFormat(_VALIDATED, *_CONCISE, "`path:line:col: CODE message` per problem"),
        "json": ResultFormat(
            "validation:document", "render:json_object", "programs", "one object: the counts, and a record per problem"
        ),
        "github": ResultFormat(_VALIDATED, *_GITHUB),
        "gitlab": ResultFormat(_VALIDATED, *_GITLAB),
        "sarif": ResultFormat(_VALIDATED, *_SARIF),
    },
    findings=_VALIDATED,
)
CONFORM = Family(
    {"junit": ResultFormat("", "conform:junit", "GitLab, dashboards", "XML: a test per probe")}, findings=""
)
