"""Where a recording first leaves a reference, and the term that is to blame, found by putting one axis at a time right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adamw_cli.conformance.advice import differing
from adamw_cli.conformance.fixed import Fixed
from adamw_cli.conformance.identify import Identification, blocks, deviations
from adamw_cli.conformance.misread import Misreading
from adamw_cli.conformance.probes import Probe
from adamw_cli.conformance.record import Recording
from adamw_cli.conformance.references import ConformanceReference
from adamw_cli.conformance.runs import run
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


def first_divergence(
    recording: Recording,
    reference: ConformanceReference,
    precision: str,
    found: Identification,
    fixed: Fixed,
    misread: Misreading | None,
) -> Divergence | None:
    """Return where the recording leaves the reference.

    The earliest step, then the first probe; of its coordinates the one that fewest terms explain, then the one with the largest error.
    """
    path = np.concatenate(recording.paths, axis=1)
    runs = reference.run(recording.probes)
    deviation = deviations(runs, path)[:, 0, :]
    allowed = reference.tolerances(recording.probes, precision)[0]
    place = _first(deviation, allowed, blocks(recording.probes))
    if place is None:
        return None
    step, probe = place
    block = blocks(recording.probes)[probe]
    trials = [
        (term, deviations(other, path)[: step + 1, 0, block].max(axis=0), other.w[step, 0, block])
        for term, variant, ran in _experiments(recording, reference.variant, found, fixed, misread)
        for other in [run([variant], ran)]
    ]
    points = []
    for i in np.flatnonzero(deviation[step, block] > allowed[probe]):
        column = block.start + int(i)
        effect = allowed[probe] * np.abs(path[np.isfinite(path[:, column]), column]).max()
        expected = float(runs.w[step, 0, column])
        each = [(term, float(error[i]), abs(float(w[i]) - expected) > effect) for term, error, w in trials]
        terms = _terms(each, float(allowed[probe]), found)
        points.append((len(terms) or len(_TERMS), -float(deviation[step, column]), int(i), expected, column, terms))
    _, _, coordinate, expected, column, terms = min(points)
    got = float(path[step, column])
    return Divergence(recording.probes[probe].name, step, coordinate, expected, got, " and ".join(terms) or None)


def _first(deviation: Array, allowed: Array, places: Sequence[slice]) -> tuple[int, int] | None:
    """(step, probe)."""
    for step in range(1, len(deviation)):
        for probe, block in enumerate(places):
            if deviation[step, block].max() > allowed[probe]:
                return step, probe
    return None


def _terms(trials: list[tuple[str, float, bool]], allowed: float, found: Identification) -> tuple[str, ...]:
    """Return the terms whose replacement alone accounts for a weight; if none does alone, those that act on it.

    trials : (term, error that is left with that term replaced, whether replacing it changes the weight).
    """
    if not trials:
        return ("rounding",) if found.precision is not None else ()
    terms = [term for term, error, _ in trials if error <= allowed]
    if not terms and found.precision is not None:
        terms = [term for term, _, acts in trials if acts] or [term for term, _, _ in trials]
    return tuple(dict.fromkeys(terms))


def _experiments(
    recording: Recording, reference: Variant | None, found: Identification, fixed: Fixed, misread: Misreading | None
) -> Iterator[tuple[str, Variant, Sequence[Probe]]]:
    """(term, variant, probes): the reference with one thing changed; what was found, or everything if nothing was."""
    if reference is None:  # a rule without axes
        return
    if found.precision is not None:
        closest = min(found.variants, key=lambda variant: len(differing(variant, reference)))
        one_each = [(axis, closest.axis(axis)) for axis in differing(closest, reference)]
    else:
        one_each = [(axis, value) for axis, values in AXES.items() for value in values if value != reference.axis(axis)]
    for axis, value in one_each:
        changed = _replaced(reference, axis, value)
        if changed is not None:
            yield "m" if value == "first_moment" else _TERMS[axis], changed, recording.probes
    for name, built_in in fixed.values:
        yield _READ_BY[name], reference, Fixed(((name, built_in),)).apply(recording.probes)
    if misread is not None:
        yield misread.term, reference, misread.apply(recording.probes)


def _replaced(reference: Variant, axis: str, value: str) -> Variant | None:
    """Return the reference with one axis changed; None where that combination is not in the space."""
    if value == ANY or reference.axis(axis) == ANY:
        return None
    try:
        return with_axis(reference, axis, value)
    except UsageError:
        return None
