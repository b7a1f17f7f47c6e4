"""`adamw reproduce`: published results, put to the test; one shipped scenario or several for each paper.

A scenario with the tag `paper` reproduces a statement; the tag after it is the paper's short name. Its description has four
paragraphs: what the paper says, what is found, `Figure:` and what of the paper's own numbers is quoted, `Source:` and the citation.
Its expectations have the numbers; the first of them is the one that decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adamw_cli.errors import UsageError, suggestion
from adamw_cli.judging.check import CheckResult
from adamw_cli.judging.compare import Verdict
from adamw_cli.judging.gallery import judged, paragraphs
from adamw_cli.result import Result
from adamw_cli.scenario.model import Scenario

TAG = "paper"
_FIGURE, _SOURCE = "Figure:", "Source:"


@dataclass(frozen=True)
class Statement:
    """What a paper says, as a scenario has it.

    Attributes
    ----------
    paper, name : the paper's short name; the scenario's, which `adamw simulate` takes.
    says, found : the statement in our words, and the finding.
    figure : what of the paper's own numbers is quoted, or that none is.
    source : the citation.

    """

    paper: str
    name: str
    says: str
    found: str
    figure: str
    source: str


@dataclass(frozen=True)
class Reproduced:
    """A statement and what became of it.

    Attributes
    ----------
    verdicts : one per expectation, the deciding one first.
    confirmed : whether all are met.

    """

    statement: Statement
    verdicts: tuple[Verdict, ...]
    confirmed: bool


@dataclass(frozen=True, repr=False)
class Gallery(Result):
    """What the papers say; nothing is run."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, repr=False)
class Reproduction(Result):
    """All that was put to the test, and the check that it comes from."""

    results: tuple[Reproduced, ...]
    check: CheckResult


def stated(scenarios: Mapping[str, Scenario]) -> tuple[Statement, ...]:
    """Return what the papers say, sorted by paper.

    scenarios : name -> scenario; those without the tag are left out.

    Raises
    ------
    UsageError
        If a scenario with the tag has no short name after it, lacks a paragraph, or expects nothing.

    """
    found = [_statement(name, scenario) for name, scenario in scenarios.items() if TAG in scenario.tags]
    return tuple(sorted(found, key=lambda statement: statement.paper))


def _statement(name: str, scenario: Scenario) -> Statement:
    short = scenario.tags[scenario.tags.index(TAG) + 1 :]
    texts = paragraphs(scenario.description)
    if not short or len(texts) != 4 or not texts[2].startswith(_FIGURE) or not texts[3].startswith(_SOURCE):
        raise UsageError(
            f"the scenario '{name}' does not say which paper it reproduces, and what of it",
            f"tags: [{TAG}, SHORT-NAME]; a description of four paragraphs: statement, finding, {_FIGURE} ..., {_SOURCE} ...",
        )
    if not scenario.expect:
        raise UsageError(f"the scenario '{name}' expects nothing", "its first expectation is the one that decides")
    figure, source = texts[2].removeprefix(_FIGURE), texts[3].removeprefix(_SOURCE)
    return Statement(short[0], name, texts[0], texts[1], figure.strip(), source.strip())


def reproduce(
    scenarios: Mapping[str, Scenario], papers: Sequence[str] = (), progress: Callable[[int, int], None] | None = None
) -> Reproduction:
    """Run the scenarios of papers and judge them.

    Parameters
    ----------
    scenarios : name -> scenario; those without the tag are left out.
    papers : short names; all if there are none.
    progress : called with the number of scenarios done, and how many there are.

    Raises
    ------
    UsageError
        If there is no such paper; and as `stated`.

    """
    statements = chosen(stated(scenarios), papers)
    check = judged({statement.name: scenarios[statement.name] for statement in statements}, progress)
    results = [
        Reproduced(statement, tuple(expectation.verdict for expectation in file.judged), not file.failures)
        for statement, file in zip(statements, check.files, strict=True)
    ]
    return Reproduction(tuple(results), check)


def chosen(statements: Sequence[Statement], papers: Sequence[str]) -> tuple[Statement, ...]:
    """Return those of some papers; all if none is named.

    Raises
    ------
    UsageError
        If there is no such paper; the message has the nearest name.

    """
    known = {statement.paper for statement in statements}
    for paper in papers:
        if paper not in known:
            raise UsageError(f"there is no paper named '{paper[:80]}'", suggestion(paper[:80], sorted(known)))
    return tuple(statement for statement in statements if not papers or statement.paper in papers)
