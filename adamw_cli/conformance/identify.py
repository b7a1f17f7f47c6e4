"""Which variants a recording agrees with, to what precision, and where it leaves a reference.

The error of a variant on a probe is the largest |w - w_variant| over steps and coordinates, in units of that coordinate's
largest weight on the recorded path. The tolerance is measured, not chosen: each variant is run in float32 (`runs.rounded`) and in float64, and
what differs is the rounding of float32 on that probe, feedback through the gradient included. In another precision rounding is in
proportion to its unit u (2^-53, 2^-24, 2^-8). A different order of operations rounds differently, by a small factor:

    tolerance = MARGIN * max(measured rounding in float32, u_32) * u/u_32, and at most 2^-3

MARGIN is 32: implementations of torch, optax, Keras, pytorch_optimizer and heavyball use less than a quarter of it, and any two variants
differ on some probe by more than both of their float32 tolerances. 2^-3 is MARGIN u for bfloat16: some variants amplify its rounding until
any path is within it, which says nothing. An agreement to bfloat16 also needs weights that have
8 significant bits: rounding that coarse explains too much otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from adamw_cli.conformance.probes import Probe, probes
from adamw_cli.conformance.record import Recording
from adamw_cli.conformance.runs import Runs, rounded, run
from adamw_cli.conformance.variants import PRECISIONS, Variant, space

Array = NDArray[np.floating]
MARGIN = 32.0
_UNIT32 = PRECISIONS["float32"]
_LARGEST = MARGIN * PRECISIONS["bfloat16-like"]
# So many of the nearest variants get a tolerance of their own.
_NEAREST = 64


@dataclass(frozen=True)
class Identification:
    """What the space says about a recording.

    Attributes
    ----------
    variants : all that agree and that no probe can tell apart; if none agrees, the nearest.
    precision : the precision to which they agree, of PRECISIONS; None if none agrees.
    distance : the error of the nearest, over all probes.

    """

    variants: tuple[Variant, ...]
    precision: str | None
    distance: float

    @property
    def sharp(self) -> bool:
        """Whether a variant agrees to more than bfloat16, whose rounding would let several values of a hyperparameter agree."""
        return self.precision in ("float64", "float32")


def blocks(ran: Sequence[Probe]) -> list[slice]:
    """Return the coordinates of each probe in arrays where all probes lie side by side."""
    ends = np.cumsum([len(probe.start) for probe in ran])
    return [slice(int(end) - len(probe.start), int(end)) for end, probe in zip(ends, ran, strict=True)]


def deviations(runs: Runs, path: Array) -> Array:
    """Return (STEPS + 1, V, C): |w - w_variant| over the largest |w| of the coordinate; nan and infinity are 0 where the variant divides by 0."""
    with np.errstate(all="ignore"):
        size = np.max(np.where(np.isfinite(path), np.abs(path), 0.0), axis=0)
        found = np.abs(path[:, None, :] - runs.w) / size
    found = np.where(~np.isfinite(path)[:, None, :] & runs.unbounded, 0.0, found)
    return np.where(np.isfinite(found), found, np.inf)


def per_probe(deviation: Array, ran: Sequence[Probe]) -> Array:
    """Return the largest deviation of each variant on each probe, (V, probes)."""
    return np.stack([deviation[:, :, block].max(axis=(0, 2)) for block in blocks(ran)], axis=1)


def tolerances(variants: Sequence[Variant], ran: Sequence[Probe], precision: str) -> Array:
    """Return what rounding explains, (V, probes); see the module."""
    return rounding(run(variants, ran), rounded(variants, ran), ran, precision)


def rounding(exact: Runs, rough: Runs, ran: Sequence[Probe], precision: str, margin: float = MARGIN) -> Array:
    """Return what rounding explains, (V, probes), given the same runs in float64 and in float32; see the module."""
    with np.errstate(all="ignore"):
        error = np.abs(rough.w - exact.w) / np.abs(exact.w).max(axis=0)
    error = np.where(np.isfinite(error), error, 0.0)  # what overflows explains nothing
    found = margin * np.maximum(per_probe(error, ran), _UNIT32) * (PRECISIONS[precision] / _UNIT32)
    return np.minimum(found, _LARGEST)


@lru_cache(maxsize=2)
def _shared(names: tuple[str, ...]) -> Runs:
    return run(space(), [probe for probe in probes() if probe.name in names])


def _everything(ran: Sequence[Probe]) -> Runs:
    """Return the whole space on probes; on those of the package it is the same for every target."""
    own = {probe.name: probe for probe in probes()}
    if all(own.get(probe.name) is probe for probe in ran):
        return _shared(tuple(probe.name for probe in ran))
    return run(space(), ran)


def identify(recording: Recording) -> Identification:
    """Find every variant that agrees with a recording, at the finest precision at which one does."""
    path = np.concatenate(recording.paths, axis=1)
    variants = space()
    errors = per_probe(deviations(_everything(recording.probes), path), recording.probes)
    distances = errors.max(axis=1)
    order = np.argsort(distances, kind="stable")[:_NEAREST]
    near, nearest = [variants[i] for i in order], float(distances[order[0]])
    for precision in PRECISIONS:
        if precision == "bfloat16-like" and not fits(path, 8):
            break
        agree = np.all(errors[order] <= tolerances(near, recording.probes, precision), axis=1)
        if agree.any():
            return Identification(tuple(near[i] for i in np.flatnonzero(agree)), precision, nearest)
    tied = tuple(v for v, i in zip(near, order, strict=True) if distances[i] <= nearest * (1 + 1e-9))
    return Identification(tied, None, nearest)


def agreement(recording: Recording) -> Identification | None:
    """Return what agrees sharply with a recording, None if nothing does; a look at the first probe alone rules most out at a tenth of the cost."""
    first = replace(recording, probes=recording.probes[:1], paths=recording.paths[:1])
    if not identify(first).sharp:
        return None
    found = identify(recording)
    return found if found.sharp else None


def fits(path: Array, bits: int) -> bool:
    """Whether every weight after the start has at most so many significant bits: 8 in bfloat16, 11 in float16.

    Nothing is seen of a format where no weight is finite, not 0 and not where it started.
    """
    after = path[1:]
    seen = after[np.isfinite(after) & (after != 0.0) & (after != path[0])]
    fraction, _ = np.frexp(seen)
    return seen.size > 0 and bool(np.all(fraction * 2.0**bits == np.round(fraction * 2.0**bits)))
