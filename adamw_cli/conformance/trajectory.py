"""Any language: the probes as a file, and what an implementation did on them as another.

A probe says what to start from, which hyperparameters to use, the learning rate of every step, and how to compute the gradient.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adamw_cli.conformance.probes import STEPS, Probe, probes
from adamw_cli.conformance.record import Recording
from adamw_cli.conformance.target import TargetError
from adamw_cli.files import read
from adamw_cli.result import Data

FORMAT = "adamw.probes/1"
_GRADIENT = "gradient[i] = curvature[i] * (w[i] - center[i]) + forcing[step - 1][i]; w from before the step, step = 1, 2, ..., steps"
_LARGEST = 4 * 2**20
# So many significant digits tell any two numbers of float32 apart, and those of float64.
_DIGITS32, _DIGITS64 = 9, 17
_ORDER = f"each probe has the steps 1 to {STEPS} once, in order"


def exported_probes() -> Data:
    """Return the probes of `conform` as data for JSON, for an implementation in another language; see docs/conformance.md.

    >>> sorted(exported_probes())
    ['columns', 'format', 'gradient', 'probes', 'steps']
    """
    return Data(
        format=FORMAT,
        gradient=_GRADIENT,
        steps=STEPS,
        columns=["probe", "step", *(f"w{i}" for i in range(max(len(p.start) for p in probes())))],
        probes=[_probe_data(probe) for probe in probes()],
    )


def _probe_data(probe: Probe) -> dict[str, Any]:
    return {
        "name": probe.name,
        "why": probe.why,
        "start": probe.start.tolist(),
        "lr": probe.lr,
        "weight_decay": probe.weight_decay,
        "betas": list(probe.betas),
        "eps": probe.eps,
        "lr_of_step": [probe.lr_at(t) for t in range(1, STEPS + 1)],
        "curvature": probe.curvature.tolist(),
        "center": probe.center.tolist(),
        "forcing": probe.forcing.tolist(),
    }


def read_trajectory(path: Path) -> Recording:
    """Read `probe,step,w0,w1,...`: steps 1 to STEPS of each probe in order, step 0 if it is there is the start.

    Without the column `probe` the rows are the first probe. The probe that changes lr may be missing.

    Raises
    ------
    TargetError
        With file and line, for whatever else the file holds.

    """
    rows = _rows(path)
    header = [name.strip() for name in rows[0]]
    several = header[:1] == ["probe"]
    width = len(header) - 1 - several
    if header[several:] != ["step", *(f"w{i}" for i in range(width))] or not width:
        hint = "they must be step,w0,w1,... or probe,step,w0,w1,..."
        raise TargetError(f"{path}:1: the columns are {','.join(header)}", hint)
    by_probe: dict[str, list[tuple[int, list[str]]]] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise TargetError(f"{path}:{line}: {len(row)} columns, the header has {len(header)}")
        name = row[0].strip() if several else probes()[0].name
        by_probe.setdefault(name, []).append((line, row[several:]))
    known = {probe.name: probe for probe in probes()}
    for name, found in by_probe.items():
        if name not in known:
            raise TargetError(f"{path}:{found[0][0]}: unknown probe '{name}'", f"known: {', '.join(known)}")
    wanted = [p for p in probes() if several or p is probes()[0]]
    missing = [p for p in wanted if p.name not in by_probe]
    for probe in missing:
        if not probe.changes_lr or len(missing) == len(wanted):
            raise TargetError(f"{path}: no rows for probe '{probe.name}'", "run every exported probe")
    kept = tuple(probe for probe in wanted if probe not in missing)
    paths = tuple(_path(path, p, by_probe[p.name]) for p in kept)
    return Recording(kept, paths, fixed_lr=bool(missing), remarks=_rounded(paths))


def _rounded(paths: Sequence[np.ndarray[Any, np.dtype[np.floating]]]) -> tuple[str, ...]:
    """A sentence if the file has fewer digits than any type of weights: what is missing looks like a fault of the implementation."""
    weights = [float(w) for path in paths for w in path[1:].flat if np.isfinite(w)]
    digits = next((n for n in range(1, _DIGITS32) if all(float(f"{w:.{n}g}") == w for w in weights)), None)
    if digits is None:
        return ()
    return (
        f"the file has weights of {digits} significant digits: write {_DIGITS64}, as %.{_DIGITS64}g does, or what is cut off counts as a difference",
    )


def _rows(path: Path) -> list[list[str]]:
    try:
        content = read(path, _LARGEST + 1)
        if len(content) > _LARGEST:
            raise TargetError(f"{path}: larger than a trajectory can be ({_LARGEST:,} bytes)")
        rows = list(csv.reader(content.decode("utf-8-sig").splitlines(), strict=True))
    except OSError as error:
        raise TargetError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, csv.Error) as error:  # one of a name with a NUL in it, too
        raise TargetError(f"{path}: not a CSV file in UTF-8: {error}") from None
    if not rows:
        raise TargetError(f"{path}: empty", "columns probe,step,w0,w1,...")
    return rows


def _path(path: Path, probe: Probe, rows: list[tuple[int, list[str]]]) -> np.ndarray[Any, np.dtype[np.floating]]:
    """Return (STEPS + 1, d), from rows that must be complete and in order."""
    weights = [probe.start]
    expected = 0 if rows[0][1][0].strip() == "0" else 1
    for line, cells in rows:
        place = f"{path}:{line}: probe '{probe.name}'"
        if expected > STEPS:
            raise TargetError(f"{place}: more than {STEPS} steps", _ORDER)
        if cells[0].strip() != str(expected):
            raise TargetError(f"{place}: step {cells[0].strip() or 'missing'} where step {expected} should be", _ORDER)
        values = _values(place, probe, cells[1:])
        if expected > 0:
            weights.append(values)
        elif not np.allclose(values, probe.start, rtol=1e-5, atol=0):
            hint = f"it starts from {probe.start.tolist()}"
            raise TargetError(f"{place}: step 0 is not the start of the probe", hint)
        expected += 1
    if expected <= STEPS:
        raise TargetError(f"{path}: probe '{probe.name}' ends before step {expected} of {STEPS}")
    return np.stack(weights)


def _values(place: str, probe: Probe, cells: list[str]) -> np.ndarray[Any, np.dtype[np.floating]]:
    dimension = len(probe.start)
    if len(cells) < dimension or any(cell.strip() for cell in cells[dimension:]):
        filled = sum(bool(cell.strip()) for cell in cells)
        raise TargetError(f"{place}: {filled} weights, the probe has {dimension}", "cells beyond those stay empty")
    values = np.empty(dimension)
    for i, cell in enumerate(cells[:dimension]):
        try:
            values[i] = float(cell)
        except ValueError:
            raise TargetError(f"{place}: {cell.strip()!r} is not a number") from None
    return values
