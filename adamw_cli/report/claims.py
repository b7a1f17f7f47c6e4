"""The document of `adamw claims`."""

from adamw_cli.judging.claims import FINDINGS, IN_WORDS, Claim, Claims
from adamw_cli.report.document import Cell, Document, Table, cell_text, counted, left, prose, right
from adamw_cli.report.outcomes import words
from adamw_cli.report.outcomes.document import details

FORMAT = "adamw.claims/1"
_RECORDS = ("number", "claim", "verdict", "confirmed", "run", "metric", "measured", "expected", "scenario", "finding")


def document(result: Claims) -> Document:
    """One row per claim, with the number that decides it; then what is not confirmed."""
    columns = [*right(""), *prose("claim", "verdict"), *left("deciding number", "scenario")]
    rows: list[list[Cell]] = [[c.number, c.says, _verdict(c), _deciding(c), c.name] for c in result.claims]
    counts = [f"{sum(c.finding == f for c in result.claims)} {IN_WORDS[f]}" for f in FINDINGS]
    size = f"{counted(len(result.claims), 'claim')}: {', '.join(counts)}"
    notes = [f"{size}; `adamw show SCENARIO` has the finding in words"]
    records: list[list[Cell]] = [_record(c) for c in result.claims]
    return Document(
        [Table("claims about AdamW, put to the test", columns, rows, [*notes, *details(result.check)])],
        Table("", left(*_RECORDS), records),
        {"format": FORMAT, "claims": [dict(zip(_RECORDS, record, strict=True)) for record in records]},
    )


def _verdict(claim: Claim) -> str:
    return IN_WORDS[claim.finding] if claim.confirmed else f"NOT CONFIRMED: {IN_WORDS[claim.finding]}"


def _deciding(claim: Claim) -> str:
    """What was measured, and what it was compared with."""
    return f"{claim.deciding.run} {claim.deciding.expectation.label}: {cell_text(claim.deciding.measured)}"


def _record(claim: Claim) -> list[Cell]:
    verdict = claim.deciding
    number: list[Cell] = [verdict.run, verdict.expectation.label, verdict.measured, words.expected(verdict)]
    return [claim.number, claim.says, claim.finding, claim.confirmed, *number, claim.name, claim.found]
