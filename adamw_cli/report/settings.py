"""The document of `adamw config show`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from adamw_cli.report.document import NO_VALUE, Cell, Document, Table, full_text, left, prose

FORMAT = "adamw.config/1"


@dataclass(frozen=True)
class OptionInEffect:
    """One option, what a command would use for it, and where that comes from.

    Attributes
    ----------
    command : without `adamw`.
    option : as on the command line.
    key : as in a file.
    variable : as in the environment.
    value : text, number, flag, a tuple of these, or None if there is none.
    source : command line, environment, file or default.
    path, line : of the file, where it is the source; the line only where it is certain.

    """

    command: str
    option: str
    key: str
    variable: str
    value: Any
    source: str
    path: str | None = None
    line: int | None = None

    def origin(self) -> str:
        """The source, with its name: the file and the line, the variable."""
        if self.source == "file":
            return f"{self.path}:{self.line}" if self.line is not None else str(self.path)
        return self.variable if self.source == "environment" else self.source


def document(rows: Sequence[OptionInEffect], file: str | None) -> Document:
    """One row per option; what is not the default names its file or its variable."""
    columns = [*left("command", "option"), *prose("value", "from")]
    shown: list[list[Cell]] = [
        [row.command, row.option, NO_VALUE if row.value is None else full_text(row.value), row.origin()] for row in rows
    ]
    names = [field.name for field in fields(OptionInEffect)]
    records: list[list[Cell]] = [[getattr(row, name) for name in names] for row in rows]
    return Document(
        [Table(f"settings: {file or 'no file'}", columns, shown)],
        Table("", left(*names), records),
        {"format": FORMAT, "file": file, "settings": [asdict(row) for row in rows]},
    )
