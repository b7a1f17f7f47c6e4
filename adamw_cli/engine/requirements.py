"""What the package's own metadata asks for, beside what is installed; without a library, which might be what is missing."""

import platform
import re
from importlib.metadata import PackageNotFoundError, metadata, version

_OURS = "adamw-cli"
_LINE = re.compile(r"([A-Za-z0-9_.-]+)\s*(?:\[[^]]*\])?\s*\(?([^;)]*)")
_CLAUSE = re.compile(r"\s*(>=|<=|==|!=|<|>|~=)\s*([0-9]+(?:\.[0-9]+)*)\s*")
_TESTS = {">=": (0, 1), "<": (-1,), ">": (1,), "<=": (-1, 0)}


def ranges() -> dict[str, str]:
    """Package -> the versions that are asked for, such as `>=0.20,<0.30`; nothing if our metadata is not installed."""
    try:
        declared = metadata(_OURS)
    except PackageNotFoundError:
        return {}
    found = {"python": (declared.get_all("Requires-Python") or [""])[0]}
    for line in declared.get_all("Requires-Dist") or ():
        match = _LINE.match(line)
        if match is not None:
            found.setdefault(match[1].lower(), match[2].replace(" ", ""))
    return found


def within(installed: str, asked: str) -> bool:
    """Whether a version is in a range; a clause that is not understood holds.

    >>> within("2.4.6", ">=2.0"), within("0.30.1", "<0.30,>=0.20"), within("2.13.0+cpu", ">=2.4"), within("1.0rc1", "!=1")
    (True, False, True, True)

    """
    for clause in asked.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is not None and match[1] in _TESTS:
            ours, theirs = _numbers(installed), _numbers(match[2])
            if (ours > theirs) - (ours < theirs) not in _TESTS[match[1]]:
                return False
    return True


def _numbers(text: str) -> list[int]:
    """The release in a version, without zeros at its end: 2.0 is 2."""
    numbers = [int(part) for part in re.match(r"[0-9.]*", text)[0].split(".") if part]  # type: ignore[index]
    while numbers and numbers[-1] == 0:
        del numbers[-1]
    return numbers


def installed(package: str) -> str | None:
    """The version of a package, or of Python; None if it is not there."""
    if package == "python":
        return platform.python_version()
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def unmet(package: str) -> str:
    """What to do about a version that is not one of those asked for; nothing if it is, or if the package is not there."""
    asked, there = ranges().get(package, ""), installed(package)
    if there is None or within(there, asked):
        return ""
    change = "use such a Python" if package == "python" else f"run pip install '{package}{asked}'"
    return f"adamw is made for {asked}; if something fails, {change}"
