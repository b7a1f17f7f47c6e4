"""A problem as one line, for editors and `grep`; and as all that there is to say of it, for formats with a place of its own."""

from adamw_cli.errors import Problem
from adamw_cli.report.characters import one_line
from adamw_cli.report.findings import Findings


def render(found: Findings) -> str:
    """`path:line:col: CODE message`, one line for each problem, whatever characters are in its path; then the summary."""
    lines = [_plain(one_line(f"{p.location()}: {p.code} {p.message}")) for p in found.problems]
    return "".join(f"{line}\n" for line in [*lines, found.summary])


def whole(problem: Problem) -> str:
    """The message, the hint and the details, a line each."""
    return "\n".join(part for part in (problem.message, problem.hint, *problem.details) if part)


def _plain(line: str) -> str:
    """A line that GitHub does not take for a workflow command, though it begins with a path that looks like one."""
    return f"./{line}" if line.lstrip().startswith("::") else line
