"""Where a problem is, as code hosts want to hear it: relative to the root of the repository; and what identifies it."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from adamw_cli.errors import Problem

# Sources that are no files.
_NO_FILE = ("-", "<stdin>", "`set`")
# Where GitHub and GitLab have put the repository.
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def is_file(source: str) -> bool:
    """Whether a problem's source names a file."""
    return source not in _NO_FILE


def in_repository(source: str) -> str:
    """A path relative to the repository's root, with `/`, if a runner has said where that is; as it was given otherwise."""
    root = next((os.environ[name] for name in _ROOTS if os.environ.get(name)), None)
    return relative(source, root) if root else source


def relative(source: str, root: str) -> str:
    """A path relative to a folder that it is below; as it was given otherwise."""
    if not is_file(source):
        return source
    try:
        path = Path(os.path.abspath(source))
        # The working directory has no symbolic links in it; the folder that a variable names may.
        for base in (os.path.abspath(root), os.path.realpath(root)):
            if path.is_relative_to(base):
                return path.relative_to(base).as_posix()
    except (OSError, ValueError):  # the working directory is gone, or a NUL is in the path
        return source
    return source


def fingerprints(problems: Sequence[Problem]) -> list[str]:
    """One hexadecimal name for each problem: unique in the list, and the same again in the next run.

    It is made of the path in the repository, the code and the text of the line, not of the line's number or of measured
    values, so that a problem keeps its name when lines are added above it or a number changes a little. Problems that
    have all of these in common are counted.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    names = []
    for problem in problems:
        path = in_repository(problem.source)
        # What is outside the repository lies somewhere else on every machine.
        key = (os.path.basename(path) if os.path.isabs(path) else path, problem.code, problem.line_text.strip())
        names.append(hashlib.sha256(repr((*key, seen[key])).encode()).hexdigest()[:32])
        seen[key] += 1
    return names
