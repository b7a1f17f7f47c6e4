"""SARIF 2.1.0, the OASIS standard for what analysers find; GitHub's code scanning and editors read it."""

import os
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from adamw_cli._version import __version__
from adamw_cli.errors import Problem
from adamw_cli.report.characters import encodable
from adamw_cli.report.findings import Findings
from adamw_cli.report.findings.lines import whole
from adamw_cli.report.findings.places import fingerprints, in_repository, is_file, relative
from adamw_cli.report.findings.rules import MEANINGS
from adamw_cli.report.render import strict_json

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# The repository's root, by the name that GitHub has for it; whoever reads the file knows where that is.
_ROOT = "%SRCROOT%"


def render(found: Findings) -> str:
    """A log with one run and a result per problem."""
    codes = sorted({problem.code for problem in found.problems})
    rules = [{"id": code, "shortDescription": {"text": MEANINGS[code]}} for code in codes]
    results = [
        _result(problem, codes.index(problem.code), fingerprint)
        for problem, fingerprint in zip(found.problems, fingerprints(found.problems), strict=True)
    ]
    run = {
        "tool": {"driver": {"name": "adamw", "version": __version__, "rules": rules}},
        # Columns count characters, not UTF-16 units, which are SARIF's default.
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return strict_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(problem: Problem, rule: int, fingerprint: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": encodable(whole(problem))},
        "partialFingerprints": {"adamw/v1": fingerprint},
    }
    if is_file(problem.source):
        found["locations"] = [{"physicalLocation": _place(problem)}]
    return found


def _place(problem: Problem) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(problem.source)}
    at = problem.position
    if at is not None:
        place["region"] = {"startLine": at.line, "startColumn": at.column, "endColumn": at.column + at.length}
    return place


def _artifact(source: str) -> dict[str, str]:
    """A percent-encoded URI: of the bytes of the path, so that a name that is no text has one, too."""
    path = in_repository(source)
    path = relative(path, os.curdir) if os.path.isabs(path) else path
    uri = quote(os.fsencode(PurePath(path).as_posix()))
    return {"uri": f"file://{uri}"} if os.path.isabs(path) else {"uri": uri, "uriBaseId": _ROOT}
