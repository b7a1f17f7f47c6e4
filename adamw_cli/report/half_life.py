"""The document of `adamw half-life`."""

import math
from dataclasses import asdict
from typing import Any

from adamw_cli.calculators.half_life import HalfLife
from adamw_cli.calculators.low_precision import StoredDecay
from adamw_cli.report.document import Cell, Column, Document, Table, left, right

FORMAT = "adamw.half-life/1"
CONDITION = "holds when nothing but decay moves the weight: decoupled decay multiplied by lr (PyTorch's AdamW), no gradient, no leftover momentum"


def document(answer: HalfLife) -> Document:
    """Quantities down the rows; in steps, and in epochs and tokens if it is known how many steps those are."""
    rows = _rows(answer)
    columns = [*left("quantity"), *right("value"), *left("unit")]
    if answer.steps_per_epoch is not None:
        columns.append(Column("epochs", "right"))
    if answer.tokens_per_step is not None:
        columns.append(Column("tokens", "right"))
    columns.append(Column("formula", prose=True))
    table = Table(_title(answer), columns, [_row(answer, *row) for row in rows], [*answer.notes, CONDITION])
    records = Table("", left("quantity", "value", "unit"), [row[:3] for row in rows])
    return Document([table], records, _data(answer))


def _title(answer: HalfLife) -> str:
    solved = f" (solved for {answer.solved})" if answer.solved else ""
    numbers = f"lr {answer.lr:.6g}, weight_decay {answer.weight_decay:.6g}{solved}"
    return f"decay of a weight: {numbers}, regime {answer.regime}"


def _never(value: float | None) -> Cell:
    return "never" if value is None or math.isinf(value) else value


def _rows(answer: HalfLife) -> list[tuple[str, Cell, str, str]]:
    x, halved = "lr*weight_decay", "first step with |w| <= |w_0|/2"
    rows: list[tuple[str, Cell, str, str]] = []
    if answer.solved:
        rows.append((answer.solved, answer.lr if answer.solved == "lr" else answer.weight_decay, "1", "solved for"))
    rows += [
        ("half_life", _never(answer.half_life_steps), "steps", f"-ln 2 / ln|1 - {x}|"),
        ("crossing_step", _never(answer.crossing_step), "steps", halved),
        ("timescale", _never(answer.timescale_steps), "steps", f"-1 / ln|1 - {x}|"),
        ("shrink_per_step", answer.shrink_per_step, "1", f"1 - {x}"),
    ]
    if math.isfinite(answer.doubling_steps):
        rows.append(("doubling_time", answer.doubling_steps, "steps", f"ln 2 / ln|1 - {x}|"))
    if answer.run is not None:
        run = answer.run
        what = f"over {run.steps:,} steps, {run.kind} schedule"
        rows += [
            ("effective_steps", run.effective_steps, "steps", f"sum of schedule(t), {what}"),
            ("total_shrink", run.total_shrink, "1", f"product of 1 - {x}*schedule(t); about exp(-{x}*effective_steps)"),
            ("half_lives_in_run", run.half_lives_in_run, "1", "-log2 |total_shrink|"),
            ("half_life_step", _never(run.half_life_step), "steps", f"{halved}, under the schedule"),
            ("residual_fraction", run.residual_fraction, "1", "|w_T / w_0|, what is left"),
        ]
    return rows + (_storage_rows(answer.storage) if answer.storage else [])


def _storage_rows(stored: StoredDecay) -> list[tuple[str, Cell, str, str]]:
    """What weights of few bits make of it."""
    x, name, least = "lr*weight_decay", stored.dtype, f"{stored.smallest_normal:.6g}"
    none_moves = f"{x} up to which no weight in {name} moves, 2^-{stored.bits + 1}"
    all_move = f"{x} from which every weight in {name} above {least} moves, 2^-{stored.bits}"
    ends = f"where decay of every larger weight ends, among the smallest numbers of {name}"
    halved = "never" if stored.stalls else stored.half_life_steps
    rows: list[tuple[str, Cell, str, str]] = [
        ("frozen_fraction", stored.frozen_fraction, "1", f"significands of {name} that a step leaves where they are"),
        ("some_move_above", stored.some_move_above, "1", none_moves),
        ("all_move_from", stored.all_move_from, "1", all_move),
        ("stall", stored.stall, "weight", "where decay of a weight just below 2 ends"),
        ("floor", stored.floor, "weight", ends),
        ("stored_half_life", halved, "steps", f"of a weight that is a power of two, rounded to {name} at each step"),
        ("effective_decay", stored.effective_decay, "1", f"{x} where 1 - {x} is rounded to {name} first"),
    ]
    return [row for row in rows if row[1] is not None]


def _row(answer: HalfLife, name: str, value: Cell, unit: str, formula: str) -> list[Cell]:
    row: list[Cell] = [name, value, "" if unit == "1" else unit]
    steps = value if unit == "steps" and isinstance(value, int | float) else None
    if answer.steps_per_epoch is not None:
        row.append("" if steps is None else steps / answer.steps_per_epoch)
    if answer.tokens_per_step is not None:
        row.append("" if steps is None else f"{steps * answer.tokens_per_step:.5g}")
    return [*row, formula]


def _data(answer: HalfLife) -> dict[str, Any]:
    data = {"format": FORMAT, **{key: value for key, value in asdict(answer).items() if key != "run"}}
    if answer.run is not None:
        run = asdict(answer.run)
        data["schedule"] = {"kind": run.pop("kind"), **run.pop("values")}
        data |= run
    per_step = {"epochs": 1.0 / answer.steps_per_epoch if answer.steps_per_epoch else None}
    for unit, factor in (per_step | {"tokens": answer.tokens_per_step}).items():
        if factor is not None:
            data[f"half_life_{unit}"] = answer.half_life_steps * factor
            data[f"timescale_{unit}"] = answer.timescale_steps * factor
    return {**data, "notes": answer.notes, "warnings": answer.warnings, "holds_when": CONDITION}
