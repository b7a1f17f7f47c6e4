"""Workflow commands, which GitHub turns into annotations of the files.

Escaping as in GitHub's "Workflow commands for GitHub Actions": `%`, carriage return and line feed; in properties `:` and `,` too.
"""

from collections.abc import Sequence

from adamw_cli.errors import Problem
from adamw_cli.report.characters import harmless
from adamw_cli.report.findings import Findings, lines
from adamw_cli.report.findings.places import in_repository, is_file

# GitHub shows as many errors per step and drops the rest without a word.
SHOWN = 10


def render(found: Findings) -> str:
    """The annotations, then the summary."""
    return f"{_commands(found.problems)}{found.summary}\n"


def log(found: Findings) -> str:
    """The annotations, which GitHub shows ten of, then every line of `concise`."""
    return _commands(found.problems) + lines.render(found)


def _commands(problems: Sequence[Problem]) -> str:
    """One command per problem; of more than GitHub shows all but the last, which says how many there are."""
    shown = problems if len(problems) <= SHOWN else problems[: SHOWN - 1]
    found = [_command(problem) for problem in shown]
    if len(shown) < len(problems):
        found.append(f"::error title=adamw::and {len(problems) - len(shown)} more, see the log")
    return "".join(f"{line}\n" for line in found)


def _command(problem: Problem) -> str:
    place = problem.position
    properties = {"file": in_repository(problem.source)} if is_file(problem.source) else {}
    if properties and place is not None:
        properties |= {"line": str(place.line), "col": str(place.column), "endColumn": str(place.column + place.length)}
    properties["title"] = f"adamw {problem.code}"
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::error {listed}::{_data(lines.whole(problem))}"


def _data(text: str) -> str:
    return harmless(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"), commands=True)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
