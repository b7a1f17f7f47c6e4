"""What a command has to say, before it is text: tables for people, records for spreadsheets, data for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Number = float | int
# Text is shown as it is; numbers are rounded for people only; None is "no value".
Cell = str | Number | bool | None | tuple[float | str | None, ...]

NO_VALUE = "-"
_SHOWN = 4


@dataclass(frozen=True)
class Column:
    """A column's heading, the side that its cells are aligned to, and whether they may be broken to fit a terminal.

    A number that is broken over two lines is a wrong number, so only sentences are `prose`.
    """

    title: str
    align: Literal["left", "right"] = "left"
    prose: bool = False


def left(*titles: str) -> list[Column]:
    """Columns of words."""
    return [Column(title) for title in titles]


def right(*titles: str) -> list[Column]:
    """Columns of numbers."""
    return [Column(title, "right") for title in titles]


def prose(*titles: str) -> list[Column]:
    """Columns of sentences."""
    return [Column(title, prose=True) for title in titles]


@dataclass(frozen=True)
class Table:
    """Rows under a heading, with notes below; a note is a sentence that the numbers need."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Document:
    """The same result in three forms.

    Attributes
    ----------
    tables : for people: `table` and `markdown`.
    records : one flat table with every number in full, for `csv`; its titles are stable names.
    data : for `json`.

    """

    tables: Sequence[Table]
    records: Table
    data: Mapping[str, Any] = field(default_factory=dict)


class Footnotes:
    """Notes below a table, each once, with the numbers that refer to them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, *notes: str) -> str:
        """Return the numbers of notes, as a cell has them: `[1] [3]`."""
        numbers = [self._numbers.setdefault(note, len(self._numbers) + 1) for note in notes]
        return " ".join(f"[{number}]" for number in sorted(numbers))

    @property
    def lines(self) -> list[str]:
        """The notes with their numbers."""
        return [f"[{number}] {note}" for note, number in self._numbers.items()]


def error_text(error: float | None) -> str:
    """A relative error as people read it: its order of magnitude."""
    return NO_VALUE if error is None else "0" if error == 0 else f"{error:.1e}"


def counted(number: int, noun: str) -> str:
    """`1 step`, `7,000 steps`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def cell_text(cell: Cell) -> str:
    """A cell as people read it: eight significant digits, a long list cut short."""
    if cell is None:
        return NO_VALUE
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, tuple):
        return _list_text(cell)
    return f"{cell:.8g}" if isinstance(cell, float) else str(cell)


def _list_text(values: tuple[float | str | None, ...]) -> str:
    shown = [cell_text(value) for value in values]
    if len(shown) > 1 and len(set(shown)) == 1:
        return f"{shown[0]} (each)"
    more = f", ... ({len(shown)} in all)" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


def full_text(cell: Cell) -> str:
    """A cell as programs read it: every digit; nothing for no value."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, tuple):
        return " ".join(full_text(value) for value in cell)
    return repr(cell) if isinstance(cell, float) else str(cell)
