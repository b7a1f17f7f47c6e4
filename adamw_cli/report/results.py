"""The one table of results: which document each has, by the name of its class; and how a document leaves Python.

Imports nothing of what it names, so that a half-life does not wait for the engine.
"""

from collections.abc import Mapping
from html import escape
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any

from adamw_cli.errors import UsageError, suggestion
from adamw_cli.report.document import Document, Table, cell_text
from adamw_cli.report.formats import CHECK, CONFORM, VALIDATE, ResultFormat
from adamw_cli.report.render import FORMATS, finite, plain
from adamw_cli.result import Result, Trajectories

# Class -> `module:function` below adamw_cli.report.
_DOCUMENTS = {
    "CheckResult": "outcomes.document:document",
    "Claims": "claims:document",
    "ClosedForms": "theory:listing",
    "Collection": "collection:document",
    "Conversion": "convert:document",
    "CriticalLambda": "studies:critical_lambda_document",
    "Data": "plain:data",
    "Decay": "studies:decay_document",
    "FrameworkDefaults": "defaults:document",
    "Description": "catalog:description",
    "Diagnosis": "environment:diagnosis",
    "Evaluation": "theory:document",
    "Gallery": "papers:gallery",
    "HalfLife": "half_life:document",
    "Judgement": "conform:document",
    "KernelCache": "environment:cache_document",
    "Listing": "catalog:list_document",
    "Overshoot": "studies:overshoot_document",
    "Reproduction": "papers:document",
    "Simulation": "simulation:document",
    "Text": "plain:text",
    "Validation": "validation:document",
}
# The formats of some beside those of every document.
_MORE: Mapping[str, Mapping[str, ResultFormat]] = {
    "CheckResult": CHECK.formats,
    "Judgement": CONFORM.formats,
    "Validation": VALIDATE.formats,
}


def document(result: Result) -> Document:
    """What a result has to say."""
    module, _, function = _DOCUMENTS[type(result).__name__].partition(":")
    found: Document = getattr(import_module(f"adamw_cli.report.{module}"), function)(result)
    return found


def data(result: Result) -> dict[str, Any]:
    """What the command prints as JSON."""
    found: dict[str, Any] = finite(document(result).data)
    return found


def text(result: Result, format: str) -> str:
    """A result in one of its formats, plain; ends with a newline.

    Raises
    ------
    UsageError
        If it has no such format.

    """
    more = _MORE.get(type(result).__name__, {})
    if format in more:
        return more[format].render(result)
    if format not in FORMATS:
        raise UsageError(f"there is no format '{format}'", suggestion(format, sorted({*FORMATS, *more})))
    shown = document(result)
    return plain(shown) if format == "table" else FORMATS[format](shown)


def html(result: Result) -> str:
    """The tables of a result, with every text escaped."""
    return "\n".join(_html(table) for table in document(result).tables)


def _html(table: Table) -> str:
    def row(tag: str, cells: list[str]) -> str:
        sides = zip(cells, table.columns, strict=True)
        return "".join(f'<{tag} style="text-align: {c.align}">{escape(cell)}</{tag}>' for cell, c in sides)

    rows = [row("td", [cell_text(cell) for cell in cells]) for cells in table.rows]
    head = f"<thead><tr>{row('th', [column.title for column in table.columns])}</tr></thead>" if rows else ""
    body = "".join(f"<tr>{cells}</tr>" for cells in rows)
    notes = "".join(f'<p style="white-space: pre-wrap">{escape(note)}</p>' for note in table.notes)
    return f"<table><caption>{escape(table.title)}</caption>{head}<tbody>{body}</tbody></table>{notes}"


def plot(result: Trajectories, path: str | PathLike[str], *, force: bool) -> None:
    """See result.Trajectories."""
    from adamw_cli.report import plot as drawing

    simulation = _simulation(result)
    panels = drawing.simulation_panels([simulation], *result.window)
    drawing.write(Path(path), simulation.scenario.name, panels, overwrite=force)


def write_trace(result: Trajectories, path: str | PathLike[str], *, force: bool) -> None:
    """See result.Trajectories."""
    from adamw_cli.report import trace_files

    trace_files.check_name(Path(path))
    trace_files.write([_simulation(result)], Path(path), overwrite=force)


def _simulation(result: Trajectories) -> Any:
    """The simulation that a study has, or that the result is."""
    return getattr(result, "simulation", result)
