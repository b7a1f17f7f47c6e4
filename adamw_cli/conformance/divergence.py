"""Where a recording first leaves a reference, and the term that is to blame, found by putting one axis at a time right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adamw_cli.conformance.advice import differing
from adamw_cli.conformance.fixed import Fixed
from adamw_cli.conformance.identify import Identification, blocks, deviations, tolerances
from adamw_cli.conformance.probes import Probe
from adamw_cli.conformance.record import Recording
from adamw_cli.conformance.recurrence import run
from adamw_cli.conformance.variants import ANY, AXES, Variant, with_axis
from adamw_cli.errors import UsageError

Array = NDArray[np.floating]

_TERMS = {
    "decay": "decay",
    "decay_scale": "decay",
    "decay_order": "decay",
    "bias_correction": "correction",
    "epsilon": "epsilon",
    "amsgrad": "v",
}
_READ_BY = {"lr": "lr", "weight_decay": "decay", "beta1": "m", "beta2": "v", "eps": "epsilon"}


@dataclass(frozen=True)
class Divergence:
    """The first point at which a recording is off by more than rounding explains.

    Attributes
    ----------
    term : `m`, `v`, `decay`, `epsilon`, `correction`, `lr`, several joined by `and`, `rounding` if only precision is wanting, None if
        nothing in the space explains it.

    """

    probe: str
    step: int
    coordinate: int
    expected: float
    got: float
    term: str | None


@dataclass(frozen=True)
class _Point:
    probe: int
    step: int
    column: int


def first_divergence(
    recording: Recording, reference: Variant, precision: str, found: Identification, fixed: Fixed
) -> Divergence | None:
    """Return where the recording leaves the reference; the earliest step, then the first probe, then the largest error."""
    path = np.concatenate(recording.paths, axis=1)
    runs = run([reference], recording.probes)
    deviation = deviations(runs, path)[:, 0, :]
    allowed = tolerances([reference], recording.probes, precision)[0]
    point = _first(deviation, allowed, blocks(recording.probes))
    if point is None:
        return None
    block = blocks(recording.probes)[point.probe]
    term = _term(recording, reference, point, float(allowed[point.probe]), found, fixed)
    return Divergence(
        recording.probes[point.probe].name,
        point.step,
        point.column - block.start,
        float(runs.w[point.step, 0, point.column]),
        float(path[point.step, point.column]),
        term,
    )


def _first(deviation: Array, allowed: Array, places: Sequence[slice]) -> _Point | None:
    for step in range(1, len(deviation)):
        for probe, block in enumerate(places):
            here = deviation[step, block]
            if here.max() > allowed[probe]:
                return _Point(probe, step, block.start + int(here.argmax()))
    return None


def _term(
    recording: Recording, reference: Variant, point: _Point, allowed: float, found: Identification, fixed: Fixed
) -> str | None:
    """Return the term whose replacement in the reference accounts for the recorded weight."""
    path = np.concatenate(recording.paths, axis=1)[:, point.column]
    size = np.abs(path[np.isfinite(path)]).max()
    original = run([reference], recording.probes).w[point.step, 0, point.column]
    tried = []
    for term, variant, ran in _experiments(recording, reference, found, fixed):
        runs = run([variant], ran)
        error = deviations(runs, np.concatenate(recording.paths, axis=1))[: point.step + 1, 0, point.column].max()
        tried.append((term, error, abs(runs.w[point.step, 0, point.column] - original) / size))
    if not tried:
        return "rounding" if found.precision is not None else None
    terms = [term for term, error, _ in tried if error <= allowed]
    if not terms and found.precision is not None:  # only several together: those that act at this point
        terms = [term for term, _, effect in tried if effect > allowed] or [term for term, _, _ in tried]
    return " and ".join(dict.fromkeys(terms)) or None


def _experiments(
    recording: Recording, reference: Variant, found: Identification, fixed: Fixed
) -> Iterator[tuple[str, Variant, Sequence[Probe]]]:
    """(term, variant, probes): the reference with one thing changed; what was found, or everything if nothing was."""
    if found.precision is not None:
        closest = min(found.variants, key=lambda variant: len(differing(variant, reference)))
        one_each = [(axis, closest.axis(axis)) for axis in differing(closest, reference)]
    else:
        one_each = [(axis, value) for axis, values in AXES.items() for value in values if value != reference.axis(axis)]
    for axis, value in one_each:
        changed = _replaced(reference, axis, value)
        if changed is not None:
            yield _name(axis, value), changed, recording.probes
    for name, built_in in fixed.values:
        yield _READ_BY[name], reference, Fixed(((name, built_in),)).apply(recording.probes)


def _replaced(reference: Variant, axis: str, value: str) -> Variant | None:
    """Return the reference with one axis changed; None where that combination is not in the space."""
    if value == ANY or reference.axis(axis) == ANY:
        return None
    try:
        return with_axis(reference, axis, value)
    except UsageError:
        return None


def _name(axis: str, value: str) -> str:
    return "m" if value == "first_moment" else _TERMS[axis]
