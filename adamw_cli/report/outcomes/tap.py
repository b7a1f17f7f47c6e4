r"""TAP, the Test Anything Protocol, version 14: a line per test, and why it failed as YAML below it.

In descriptions `#` and `\` are escaped with `\`. Values in YAML are JSON strings and numbers, which YAML 1.2 takes as they are.
"""

import json
import re

from adamw_cli.judging.check import CheckResult
from adamw_cli.report.characters import encodable, one_line
from adamw_cli.report.document import counted
from adamw_cli.report.outcomes.cases import Case, cases

# What JSON lets stand in a string and YAML does not, or takes for a line break.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def render(result: CheckResult) -> str:
    """The version, the plan, and one test point per expectation; what was not run is a comment, or the reason to bail out."""
    found = [case for file in result.files for case in cases(file)]
    lines = ["TAP version 14", f"1..{len(found)}" + ("" if found else " # skip there is no scenario")]
    for number, case in enumerate(found, 1):
        lines += _point(number, case)
    if result.interrupted:
        lines.append(f"Bail out! interrupted, {counted(result.not_run, 'scenario')} not run")
    elif result.not_run:
        lines.append(f"# {counted(result.not_run, 'more scenario')} not run")
    return "".join(f"{line}\n" for line in lines)


def _point(number: int, case: Case) -> list[str]:
    status = "ok" if case.outcome == "passed" else "not ok"
    line = f"{status} {number} - {_description(f'{case.source}: {case.name}')}"
    if case.outcome == "xfailed":
        return [f"{line} # TODO {_description(case.reason)}"]
    return [line, *_diagnosis(case)] if case.problems else [line]


def _diagnosis(case: Case) -> list[str]:
    text = "\n".join(problem.render() for problem in case.problems).split("\n")
    lines = [
        f"message: {_scalar(case.message)}",
        f"severity: {'fail' if case.outcome == 'failed' else 'error'}",
        f"code: {case.problems[0].code}",
        "at:",
        f"  file: {_scalar(case.source)}",
        *([] if case.line is None else [f"  line: {case.line}"]),
        "text:",
        *(f"  - {_scalar(part)}" for part in text),
    ]
    return ["  ---", *(f"  {line}" for line in lines), "  ..."]


def _description(text: str) -> str:
    return one_line(text.replace("\\", "\\\\")).replace("#", "\\#")


def _scalar(text: str) -> str:
    quoted = json.dumps(encodable(text), ensure_ascii=False)
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
