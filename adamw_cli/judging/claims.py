"""`adamw claims`: what is said about AdamW, put to the test; one shipped scenario for each claim.

A scenario with the tag `claim` states a claim in the first paragraph of its description and the finding in the second.
A second tag is the verdict. Its expectations have the numbers; the first of them is the one that decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from adamw_cli.errors import UsageError
from adamw_cli.judging.check import CheckResult, FileResult
from adamw_cli.judging.compare import Verdict
from adamw_cli.judging.gallery import judged, paragraphs
from adamw_cli.result import Result
from adamw_cli.scenario.model import Scenario

TAG = "claim"
Finding = Literal["holds", "holds-if", "does-not-hold"]
FINDINGS: tuple[str, ...] = get_args(Finding)
IN_WORDS: Mapping[str, str] = {
    "holds": "holds",
    "holds-if": "holds under a condition",
    "does-not-hold": "does not hold",
}


@dataclass(frozen=True)
class Claim:
    """A claim and what became of it.

    Attributes
    ----------
    number, name : its place in the list; the name that `adamw simulate` takes.
    says, found : the claim, and the finding.
    finding : the verdict that the scenario states.
    deciding : its first expectation, judged.
    confirmed : whether all its expectations are met.

    """

    number: int
    name: str
    says: str
    found: str
    finding: Finding
    deciding: Verdict
    confirmed: bool


@dataclass(frozen=True, repr=False)
class Claims(Result):
    """All claims, and the check that they come from."""

    claims: tuple[Claim, ...]
    check: CheckResult


def claims(scenarios: Mapping[str, Scenario], progress: Callable[[int, int], None] | None = None) -> Claims:
    """Run the scenarios of claims and gather what they say.

    scenarios : name -> scenario; those without the tag are left out.
    progress : called with the number of scenarios done, and how many there are.
    """
    chosen = {name: scenario for name, scenario in scenarios.items() if TAG in scenario.tags}
    result = judged(chosen, progress)
    found = [_claim(number, chosen[file.path], file) for number, file in enumerate(result.files, start=1)]
    return Claims(tuple(found), result)


def _claim(number: int, scenario: Scenario, file: FileResult) -> Claim:
    says, *found = paragraphs(scenario.description)
    return Claim(
        number=number,
        name=file.path,
        says=says,
        found="\n".join(found),
        finding=finding_of(scenario.name, scenario.tags),
        deciding=file.judged[0].verdict,
        confirmed=not file.failures,
    )


def finding_of(name: str, tags: Sequence[str]) -> Finding:
    """The verdict among the tags of a claim.

    Raises
    ------
    UsageError
        If there is not exactly one.

    """
    stated: list[Finding] = [tag for tag in get_args(Finding) if tag in tags]
    if len(stated) != 1:
        raise UsageError(
            f"the claim '{name}' has {len(stated)} verdicts among its tags", f"one of: {', '.join(FINDINGS)}"
        )
    return stated[0]
