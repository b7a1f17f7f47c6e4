"""What every public function returns: a frozen object that shows itself briefly and exports itself in full.

How is not known here: `adamw_cli.api` attaches what renders, which the layers below do not import. Standard library only.
"""

import math
from dataclasses import dataclass, fields
from os import PathLike
from typing import Any, ClassVar

_LONGEST_VALUE, _LONGEST = 60, 499


class Brief:
    """A frozen dataclass, made with `repr=False`, whose repr has less than 500 characters."""

    def __repr__(self) -> str:
        values = (f"{field.name}={_brief(getattr(self, field.name))}" for field in fields(self) if field.repr)  # type: ignore[arg-type]  # a dataclass
        return _cut(f"{type(self).__name__}({', '.join(values)})", _LONGEST)


class Result(Brief):
    """The answer of a public function."""

    rendering: ClassVar[Any]  # report.results

    def to_dict(self) -> dict[str, Any]:
        """Return what the command prints with `json` for its format."""
        data: dict[str, Any] = self.rendering.data(self)
        return data

    def to_text(self, format: str) -> str:
        """Return what the command prints in a format: `table`, `json`, `csv`, `markdown`, and what else the command has."""
        return str(self.rendering.text(self, format))

    def _repr_html_(self) -> str:
        return str(self.rendering.html(self))


class Trajectories(Result):
    """A result with the paths of weights, which can be drawn and written."""

    @property
    def window(self) -> tuple[int, float]:
        """First and last step of what is worth a look."""
        return 0, math.inf

    def plot(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Draw the paths, theory over them, to a new .svg or .png file; needs the extra `plot`. `force` overwrites a file."""
        self.rendering.plot(self, path, force=force)

    def write_trace(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Write the paths to a new .csv, .jsonl, .npz or, with the extra `parquet`, .parquet file. `force` overwrites a file."""
        self.rendering.write_trace(self, path, force=force)


@dataclass(frozen=True, repr=False, eq=False, init=False)
class Data(Result, dict[str, Any]):
    """What a file of JSON has; a dict, for json.dumps and whatever reads such files."""

    def __repr__(self) -> str:
        return f"Data({_brief(dict(self))})"


@dataclass(frozen=True, repr=False, eq=False, init=False)
class Text(Result, str):
    """What a file of text has; a str."""

    def __repr__(self) -> str:
        return f"Text({_brief(str(self))})"


def _brief(value: object) -> str:
    if value is None or isinstance(value, bool | int | float | str):
        return _cut(repr(value), _LONGEST_VALUE)
    if isinstance(value, tuple | list | dict):
        return f"<{len(value)} {'item' if len(value) == 1 else 'items'}>"
    return f"<{type(value).__name__}>"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
