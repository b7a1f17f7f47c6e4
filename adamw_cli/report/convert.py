"""The document of `adamw convert`."""

import math
from typing import Any

from adamw_cli.calculators.convert import Conversion, Converted
from adamw_cli.report.document import Cell, Column, Document, Footnotes, Table, left, right

FORMAT = "adamw.convert/1"
_RECORDS = "convention lr weight_decay eps eps_root half_life left_after_run fidelity conditions".split()
_NUMBERS = ("lr", "weight_decay", "eps", "eps_root", "half_life_steps", "total_shrink")
MEANING = "wd is weight_decay, s_t the schedule, lr_t = s_t*lr, u Adam's step for lr 1; half-life in steps, at s_t = 1 and no gradient"


def document(result: Conversion) -> Document:
    """A row for each convention, the given one first; what each holds for below."""
    has_run = result.run.clock is not None
    has_root = any(row.eps_root for row in result.rows)
    columns = [*left("convention"), *right("lr", "weight_decay", "eps")]
    columns += [Column("eps_root", "right")] if has_root else []
    columns += [*left("decay per step"), *right("half-life")]
    columns += [Column("left after run", "right")] if has_run else []
    columns += left("conversion", "")
    notes = Footnotes()
    rows = [_row(row, has_root, has_run, notes, given=i == 0) for i, row in enumerate(result.rows)]
    table = Table(_title(result), columns, rows, [*notes.lines, MEANING])
    records = [_record(row, given=i == 0) for i, row in enumerate(result.rows)]
    return Document(
        [table],
        Table("", left(*_RECORDS), records),
        {
            "format": FORMAT,
            "from": result.source.name,
            "schedule": _schedule(result),
            "rows": [_data(row, given=i == 0) for i, row in enumerate(result.rows)],
        },
    )


def _title(result: Conversion) -> str:
    clock = result.run.clock
    over = "" if clock is None else f", {clock.kind} schedule over {clock.steps:,} steps"
    return f"the same weight decay as {result.source.name}'s{over}"


def _half_life(row: Converted) -> Cell:
    if row.half_life_steps is None:
        return None if row.fidelity == "none" else "by the gradient"
    return "never" if math.isinf(row.half_life_steps) else row.half_life_steps


def _row(row: Converted, has_root: bool, has_run: bool, notes: Footnotes, given: bool) -> list[Cell]:
    cells: list[Cell] = [row.convention.name, row.lr, row.weight_decay, row.eps]
    cells += [row.eps_root] if has_root else []
    cells += [row.convention.decays_by, _half_life(row)]
    cells += [row.total_shrink] if has_run else []
    return [*cells, "given" if given else row.fidelity, notes.mark(*row.conditions)]


def _record(row: Converted, given: bool) -> list[Cell]:
    numbers: list[Cell] = [row.lr, row.weight_decay, row.eps, row.eps_root, _half_life(row), row.total_shrink]
    return [row.convention.name, *numbers, "given" if given else row.fidelity, "; ".join(row.conditions)]


def _data(row: Converted, given: bool) -> dict[str, Any]:
    return {
        "convention": row.convention.name,
        "used_by": row.convention.used_by,
        "decay_per_step": row.convention.decays_by,
        **{name: getattr(row, name) for name in _NUMBERS},
        "fidelity": "given" if given else row.fidelity,
        "conditions": list(row.conditions),
    }


def _schedule(result: Conversion) -> dict[str, Any] | None:
    clock = result.run.clock
    return None if clock is None else {"kind": clock.kind, "steps": clock.steps, **clock.values}
