"""The document of `adamw defaults`."""

import math
from typing import Any

from adamw_cli.calculators.defaults import FrameworkDefaults, Outcome
from adamw_cli.report.document import Cell, Document, Footnotes, Table, left, right

FORMAT = "adamw.defaults/1"
CONDITION = (
    "half-life in steps at constant lr, for a weight that no gradient moves; `adamw convert` explains the conventions"
)
_RECORDS = "framework version optimizer lr weight_decay beta1 beta2 eps convention decay_per_step half_life source note".split()


def document(result: FrameworkDefaults) -> Document:
    """A row for each optimizer; notes below."""
    columns = [*left("framework", "version", "optimizer"), *right("lr", "weight_decay"), *left("betas"), *right("eps")]
    columns += [*left("convention"), *right("half-life"), *left("")]
    notes = Footnotes()
    rows = [_row(outcome, notes) for outcome in result.outcomes]
    title = "default hyperparameters" + ("" if result.lr is None else f"; half-life with lr {result.lr:g}")
    table = Table(title, columns, rows, [*notes.lines, CONDITION])
    return Document(
        [table],
        Table("", left(*_RECORDS), [_record(outcome) for outcome in result.outcomes]),
        {"format": FORMAT, "lr": result.lr, "defaults": [_data(outcome) for outcome in result.outcomes]},
    )


def _half_life(outcome: Outcome) -> Cell:
    if outcome.missing:
        return f"needs {outcome.missing}"
    if outcome.half_life_steps is None:
        return "by the gradient"
    return "no decay" if math.isinf(outcome.half_life_steps) else outcome.half_life_steps


def _row(outcome: Outcome, notes: Footnotes) -> list[Cell]:
    d = outcome.default
    required: Cell = "required"
    return [
        d.framework,
        d.version,
        d.optimizer,
        required if d.lr is None else d.lr,
        required if d.weight_decay is None else d.weight_decay,
        None if d.betas is None else f"{d.betas[0]:g} {d.betas[1]:g}",
        d.eps,
        d.convention,
        _half_life(outcome),
        notes.mark(d.note) if d.note else "",
    ]


def _record(outcome: Outcome) -> list[Cell]:
    d = outcome.default
    beta1, beta2 = d.betas or (None, None)
    return [
        *(d.framework, d.version, d.optimizer, d.lr, d.weight_decay, beta1, beta2, d.eps, d.convention),
        *(outcome.convention.decays_by, _half_life(outcome), d.source, d.note),
    ]


def _data(outcome: Outcome) -> dict[str, Any]:
    record = dict(zip(_RECORDS, _record(outcome), strict=True))
    del record["half_life"]
    return {**record, "half_life_steps": outcome.half_life_steps, "decays": outcome.default.weight_decay != 0.0}
