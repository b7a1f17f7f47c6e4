"""Shipped scenarios that state something in their description and put it to the test: what `adamw claims` and `adamw reproduce` share."""

from collections.abc import Callable, Mapping

from adamw_cli.judging.check import CheckResult, check_one
from adamw_cli.scenario.model import Scenario


def judged(scenarios: Mapping[str, Scenario], progress: Callable[[int, int], None] | None = None) -> CheckResult:
    """Run scenarios and judge their expectations; one FileResult each, in their order.

    scenarios : name -> scenario.
    progress : called with the number of scenarios done, and how many there are.

    A bug is raised: a gallery that is run in part says nothing.
    """
    files = []
    for name, scenario in scenarios.items():
        files.append(check_one(name, lambda: scenario))  # noqa: B023  # called at once
        if progress is not None:
            progress(len(files), len(scenarios))
    result = CheckResult(tuple(files))
    if result.bug is not None:
        raise result.bug
    return result


def paragraphs(description: str) -> list[str]:
    """Return what is between the empty lines of a description; YAML leaves one line break of each."""
    return [text.strip() for text in description.split("\n") if text.strip()]
