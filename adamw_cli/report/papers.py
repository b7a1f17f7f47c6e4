"""The documents of `adamw reproduce`: the gallery, and what became of it."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from adamw_cli.judging.compare import Verdict
from adamw_cli.judging.papers import Gallery, Reproduced, Reproduction
from adamw_cli.report.document import Cell, Document, Table, cell_text, counted, left, prose
from adamw_cli.report.outcomes import words
from adamw_cli.report.outcomes.document import details
from adamw_cli.scenario.model import Reference

FORMAT = "adamw.reproduce/1"
_NUMBER = ("run", "metric", "theory", "closed_form", "measured", "outcome")
_RECORDS = ("paper", "scenario", "claim", "figure", *_NUMBER, "confirmed", "finding", "source")
_NOTE = (
    "theory: [closed form] is computed from the scenario, any other number is derived in a comment of it; "
    "`adamw show SCENARIO` has both, and the finding in words"
)


def gallery(result: Gallery) -> Document:
    """Every paper with what it says; nothing is measured."""
    statements = result.statements
    columns = [*left("paper"), *prose("what it says"), *left("scenario")]
    rows: list[list[Cell]] = [[s.paper, s.says, s.name] for s in statements]
    papers = len({s.paper for s in statements})
    notes = [
        f"{counted(papers, 'paper')}, {counted(len(statements), 'result')}; `adamw reproduce PAPER` puts one to the test"
    ]
    records = ("paper", "scenario", "claim", "figure", "finding", "source")
    flat: list[list[Cell]] = [[s.paper, s.name, s.says, s.figure, s.found, s.source] for s in statements]
    return Document(
        [Table("published results", columns, rows, notes)],
        Table("", left(*records), flat),
        {"format": FORMAT, "papers": [dict(zip(records, row, strict=True)) for row in flat]},
    )


def document(result: Reproduction, in_full: bool = True) -> Document:
    """A row per result with the number that decides it, or a table per paper with every number; then what is not confirmed.

    in_full : a table per paper.
    """
    confirmed = sum(found.confirmed for found in result.results)
    papers = len({found.statement.paper for found in result.results})
    summary = f"{counted(papers, 'paper')}, {counted(len(result.results), 'result')}: {confirmed} confirmed"
    notes = [_NOTE, *details(result.check), summary]
    tables = [*_full(result.results)] if in_full else [_brief(result.results)]
    tables[-1] = Table(tables[-1].title, tables[-1].columns, tables[-1].rows, [*tables[-1].notes, *notes])
    records = [[*_record(found, verdict)] for found in result.results for verdict in found.verdicts]
    return Document(
        tables,
        Table("", left(*_RECORDS), records),
        {"format": FORMAT, "confirmed": confirmed == len(result.results), "results": [*map(_data, result.results)]},
    )


_NUMBERS = left("quantity", "theory", "measured", "verdict")


def _brief(results: Sequence[Reproduced]) -> Table:
    columns = [*left("paper"), *prose("what it says"), *_NUMBERS]
    rows: list[list[Cell]] = []
    for found in results:
        verdict = found.verdicts[0]
        rows.append([found.statement.paper, found.statement.says, *_number(verdict, found.confirmed)])
    return Table("published results, put to the test", columns, rows)


def _full(results: Sequence[Reproduced]) -> list[Table]:
    """A table per paper: a row per number, the statement and the paper's figure beside the first."""
    tables = []
    columns = [*prose("what it says", "the paper's figure"), *_NUMBERS]
    for paper, several in groupby(results, lambda found: found.statement.paper):
        rows: list[list[Cell]] = []
        statements = []
        for found in several:
            statements.append(found.statement)
            said: Sequence[Cell] = (found.statement.says, found.statement.figure)
            for verdict in found.verdicts:
                rows.append([*said, *_number(verdict, verdict.ok)])
                said = ("", "")
        sources = dict.fromkeys(statement.source for statement in statements)
        names = ", ".join(statement.name for statement in statements)
        found_words = [statement.found for statement in statements]
        tables.append(Table(paper, columns, rows, [*found_words, *sources, f"scenarios: {names}"]))
    return tables


def _number(verdict: Verdict, confirmed: bool) -> list[Cell]:
    quantity = f"{verdict.run} {verdict.expectation.label}"
    return [quantity, _theory(verdict), verdict.measured, "confirmed" if confirmed else "NOT CONFIRMED"]


def _theory(verdict: Verdict) -> str:
    """What was expected, of every coordinate, and where that number is from."""
    given = verdict.expectation.near
    if isinstance(given, tuple):
        return f"near {cell_text(_target(verdict))}"
    if isinstance(given, Reference):
        return f"{words.expected(verdict)} [{given.times:g} times '{given.of}']"
    return words.expected(verdict) + (" [closed form]" if given == "theory" else "")


def _target(verdict: Verdict) -> Cell:
    """What was expected as a number; a list that the scenario has as a whole, where a verdict has the coordinate that decided."""
    wanted = verdict.expectation
    return wanted.near if isinstance(wanted.near, tuple) and wanted.at is None else verdict.target


def _quantity(verdict: Verdict) -> list[Cell]:
    metric, closed_form = verdict.expectation.label, verdict.expectation.near == "theory"
    return [verdict.run, metric, _theory(verdict), closed_form, verdict.measured, verdict.outcome]


def _record(found: Reproduced, verdict: Verdict) -> list[Cell]:
    said = found.statement
    about: list[Cell] = [said.paper, said.name, said.says, said.figure]
    return [*about, *_quantity(verdict), found.confirmed, said.found, said.source]


def _data(found: Reproduced) -> dict[str, Any]:
    said = found.statement
    return {
        "paper": said.paper,
        "scenario": said.name,
        "claim": said.says,
        "finding": said.found,
        "figure": said.figure,
        "source": said.source,
        "confirmed": found.confirmed,
        "numbers": [
            dict(zip(_NUMBER, _quantity(verdict), strict=True)) | {"theory": _target(verdict)}
            for verdict in found.verdicts
        ],
    }
