"""Which scenarios took longest; for standard error, since times are never the same twice."""

from __future__ import annotations

from adamw_cli.judging.check import CheckResult


def render(result: CheckResult, most: int) -> str:
    """The slowest, slowest first, in seconds."""
    slowest = sorted(result.files, key=lambda file: -file.seconds)[:most]
    lines = [f"{file.seconds:9.3f} s  {file.path}" for file in slowest]
    return "\n".join([f"slowest of {len(result.files):,}:", *lines])
