"""Problems in the formats that code hosts read: one file per format, with `render`, for whatever command found them."""

from collections.abc import Sequence
from dataclasses import dataclass

from adamw_cli.errors import Problem


@dataclass(frozen=True)
class Findings:
    """Whatever is not as it should be, and a sentence on everything that was looked at."""

    problems: Sequence[Problem]
    summary: str
