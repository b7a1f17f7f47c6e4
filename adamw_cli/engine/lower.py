"""From a batch of trajectories to the arrays that the kernels run on.

A batch is one rule on one landscape. Where the gradient of a coordinate depends on that coordinate alone, every
(coordinate, lane) pair is an element of its own and coordinates fill lanes too; otherwise the lanes of a
block keep their coordinates together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from adamw_cli.engine.kernel import LANES, Layout
from adamw_cli.spec import Form, Rule
from adamw_cli.trace import Array

_ALIGNMENT = 64  # bytes; one cache line and one AVX-512 register
_BLOCK = 256


@dataclass(frozen=True)
class Batch:
    """Trajectories that run side by side.

    Attributes
    ----------
    optimizer, landscape : the modules of the rule and of the landscape.
    landscape_values : the landscape's parameters, complete.
    start : (d, lanes) weights at step 0.
    scalars : one (d, lanes) array per name in Rule.scalars.
    switches : one bool per name in Rule.switches, the same for every lane.
    schedules : per lane, the schedule's module and its parameters.

    """

    optimizer: ModuleType
    landscape: ModuleType
    landscape_values: Mapping[str, Any]
    start: Array
    scalars: Mapping[str, Array]
    switches: Mapping[str, bool]
    schedules: Sequence[tuple[ModuleType, Mapping[str, Any]]]


@dataclass(frozen=True)
class Block:
    """Up to LANES elements: the arrays `x` and `g` of kernel.py, and where they belong in the batch."""

    x: Array
    g: Array
    offset: int
    lanes: int
    mixed: bool


@dataclass(frozen=True)
class Lowered:
    """A batch as arrays.

    Attributes
    ----------
    coordinates, width : the shape that the kernels see: (1, d*lanes) if separable, else (d, lanes).
    signatures : (K, 1 + arguments): index of the schedule, then the rule's coefficient arguments.
    schedules : the distinct schedules.

    """

    batch: Batch
    form: Form
    layout: Layout
    coordinates: int
    width: int
    blocks: tuple[Block, ...]
    shared: Array
    signatures: Array
    schedules: tuple[tuple[ModuleType, tuple[float, ...]], ...]

    @property
    def rule(self) -> Rule:
        """The facts about the rule."""
        spec: Rule = self.batch.optimizer.SPEC
        return spec


def aligned(shape: tuple[int, ...]) -> Array:
    """Return a zero array that starts at a cache line, so that vector loads do not straddle two."""
    count = int(np.prod(shape))
    raw = np.zeros(count + _ALIGNMENT // 8)
    skip = (-raw.ctypes.data % _ALIGNMENT) // 8
    return raw[skip : skip + count].reshape(shape)


def distinct_schedules(
    schedules: Sequence[tuple[ModuleType, Mapping[str, Any]]],
) -> tuple[tuple[tuple[ModuleType, tuple[float, ...]], ...], Array]:
    """Return the distinct schedules and, per lane, the index of its own."""
    found: dict[tuple[ModuleType, tuple[float, ...]], int] = {}
    index = []
    for module, values in schedules:
        key = (module, tuple(float(values[p.name]) for p in module.SPEC.parameters))
        index.append(found.setdefault(key, len(found)))
    return tuple(found), np.array(index, dtype=np.float64)


def lower(batch: Batch) -> Lowered:
    """Lay a batch out in blocks."""
    rule: Rule = batch.optimizer.SPEC
    layout = Layout(rule)
    d, lanes = batch.start.shape
    form: Form = batch.landscape.lower(d, batch.landscape_values)
    shape = (1, d * lanes) if form.separable else (d, lanes)

    schedules, schedule_of_lane = distinct_schedules(batch.schedules)
    columns = [np.broadcast_to(schedule_of_lane, (d, lanes))]
    columns += [batch.scalars[name] for name in rule.coefficient_arguments]
    keys = np.stack([np.asarray(column).reshape(shape) for column in columns], axis=-1)
    signatures, index = np.unique(keys.reshape(-1, keys.shape[-1]), axis=0, return_inverse=True)
    signature = index.reshape(shape).astype(np.float64)

    count = -(-shape[1] // _BLOCK)
    size = min(LANES, -(-shape[1] // (8 * count)) * 8)
    rows = [np.repeat(np.asarray(row, dtype=float), lanes)[None, :] for row in form.rows]
    blocks = []
    for offset in range(0, shape[1], size):
        n = min(size, shape[1] - offset)
        part = slice(offset, offset + n)
        x = aligned((shape[0], layout.rows, LANES))
        g = aligned((shape[0], 1 + len(rows), LANES))
        x[:, 0, :n] = batch.start.reshape(shape)[:, part]
        for j, name in enumerate(rule.scalars):
            x[:, layout.scalars + j, :n] = np.asarray(batch.scalars[name]).reshape(shape)[:, part]
        x[:, layout.signature, :n] = signature[:, part]
        for j, row in enumerate(rows):
            g[:, 1 + j, :n] = row[:, part]
        mixed = bool(np.any(signature[:, part] != signature[0, offset]))
        blocks.append(Block(x, g, offset, n, mixed))
    shared = np.ascontiguousarray(form.shared if len(form.shared) else [0.0], dtype=np.float64)
    return Lowered(batch, form, layout, *shape, tuple(blocks), shared, signatures, schedules)
