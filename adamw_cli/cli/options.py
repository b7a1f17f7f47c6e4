"""Options that several commands share, so that they mean and are called the same everywhere."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from adamw_cli.report.document import Document
from adamw_cli.report.output import write


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print the result.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")]


def emit(document: Document, form: Format) -> None:
    """Print a document on standard output."""
    from adamw_cli.report.render import render

    write(render(document, form.value))
