"""The documents of what is a file already: a schema, probes, a starter scenario."""

from adamw_cli.report.document import Document, Table, left
from adamw_cli.result import Data, Text


def data(result: Data) -> Document:
    """Its keys, and all of it as JSON."""
    table = Table("", left("key"), [[key] for key in result])
    return Document([table], table, result)


def text(result: Text) -> Document:
    """As it is."""
    return Document(
        [Table("", [], [], [result.rstrip()])], Table("", left("text"), [[str(result)]]), {"text": str(result)}
    )
