"""Traces as files: csv, jsonl, npz, and parquet with an extra.

csv and parquet have one row per scenario, run, step and coordinate: scenario, run, step, coordinate, w, and the rule's
states if they were recorded. jsonl has one object per scenario, run and step, with lists. npz has arrays
`run/steps` (records,), `run/w` (records, d), `run/<state>`; with several scenarios the names start with `scenario/`.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from adamw_cli.errors import AdamwError, MissingExtraError, UsageError
from adamw_cli.judging.simulate import Simulation
from adamw_cli.report.files import write_whole
from adamw_cli.report.render import strict_json, unevaluated
from adamw_cli.trace import Array

Writer = Callable[[Sequence[Simulation], IO[bytes]], None]


def check_name(path: Path) -> None:
    """Refuse a name that no writer is for, before anything is run.

    Raises
    ------
    UsageError
        If the suffix is not known.
    MissingExtraError
        If the format needs a package that is not installed.

    """
    if path.suffix not in WRITERS:
        raise UsageError(f"`trace` {path}: unknown format '{path.suffix}'", f"known: {', '.join(sorted(WRITERS))}")
    if path.suffix == ".parquet":
        _arrow()


def write(simulations: Sequence[Simulation], path: Path, *, overwrite: bool = False) -> None:
    """Write the traces of all runs; the file is there whole or not at all.

    Raises
    ------
    AdamwError
        If the file exists and may not be overwritten, or cannot be written.

    """
    names = [simulation.scenario.name for simulation in simulations]
    if len(set(names)) < len(names):
        raise AdamwError(
            f"`trace` {path}: two scenarios have the same name, so their runs could not be told apart", "name them"
        )
    writer = WRITERS[path.suffix]
    write_whole(path, "`trace`", lambda stream: writer(simulations, stream), overwrite=overwrite)


def _runs(simulations: Sequence[Simulation]) -> Iterator[tuple[str, str, Any, dict[str, Array]]]:
    """Scenario, run, recorded steps (records,), and name -> (records, d) of w and the states."""
    for simulation in simulations:
        for run in simulation.runs:
            trace = run.measured.trace
            columns = {"w": trace.w[:, :, 0], **{name: v[:, :, 0] for name, v in trace.states.items()}}
            yield simulation.scenario.name, run.measured.run, trace.steps, columns


def _state_names(simulations: Sequence[Simulation]) -> list[str]:
    return list(dict.fromkeys(name for *_, columns in _runs(simulations) for name in columns))


def _csv(simulations: Sequence[Simulation], stream: IO[bytes]) -> None:
    import io

    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    names = _state_names(simulations)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["scenario", "run", "step", "coordinate", *names])
    for scenario, run, steps, columns in _runs(simulations):
        about = unevaluated(scenario), unevaluated(run)
        for r, step in enumerate(steps.tolist()):
            values = [columns[name][r].tolist() if name in columns else None for name in names]
            for i in range(columns["w"].shape[1]):
                writer.writerow([*about, step, i, *("" if v is None else repr(v[i]) for v in values)])
    text.detach()


def _jsonl(simulations: Sequence[Simulation], stream: IO[bytes]) -> None:
    for scenario, run, steps, columns in _runs(simulations):
        for r, step in enumerate(steps.tolist()):
            row = {"scenario": scenario, "run": run, "step": step, **{n: v[r].tolist() for n, v in columns.items()}}
            stream.write(strict_json(row, indent=None).encode())


def _npz(simulations: Sequence[Simulation], stream: IO[bytes]) -> None:
    arrays: dict[str, Any] = {}
    for scenario, run, steps, columns in _runs(simulations):
        prefix = run if len(simulations) == 1 else f"{scenario}/{run}"
        arrays[f"{prefix}/steps"] = steps
        arrays |= {f"{prefix}/{name}": values for name, values in columns.items()}
    np.savez(stream, **arrays)


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "parquet", "writing .parquet") from None
    return pyarrow


def _parquet(simulations: Sequence[Simulation], stream: IO[bytes]) -> None:
    arrow = _arrow()
    names = _state_names(simulations)
    parts = []
    for scenario, run, steps, columns in _runs(simulations):
        records, d = columns["w"].shape
        rows = {
            "scenario": [scenario] * (records * d),
            "run": [run] * (records * d),
            "step": np.repeat(steps, d),
            "coordinate": np.tile(np.arange(d), records),
        }
        rows |= {name: columns[name].ravel() if name in columns else np.full(records * d, np.nan) for name in names}
        parts.append(arrow.table(rows))
    arrow.parquet.write_table(arrow.concat_tables(parts), stream)


WRITERS: dict[str, Writer] = {".csv": _csv, ".jsonl": _jsonl, ".npz": _npz, ".parquet": _parquet}
