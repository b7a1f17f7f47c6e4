"""The JSON of GitLab's code quality report, as its documentation, "Code Quality report format", describes it."""

from adamw_cli.report.characters import one_line
from adamw_cli.report.findings import Findings
from adamw_cli.report.findings.places import fingerprints, in_repository
from adamw_cli.report.render import strict_json


def render(found: Findings) -> str:
    """An array with one object per problem."""
    return strict_json(
        [
            {
                "description": one_line(problem.message),
                "check_name": problem.code,
                "fingerprint": fingerprint,
                # What could not be judged is worse than what failed: nobody knows what is behind it.
                "severity": "major" if problem.code.startswith("E1") else "critical",
                "location": {
                    "path": one_line(in_repository(problem.source)),
                    "lines": {"begin": problem.position.line if problem.position else 1},
                },
            }
            for problem, fingerprint in zip(found.problems, fingerprints(found.problems), strict=True)
        ]
    )
