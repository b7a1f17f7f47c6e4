"""From a batch of trajectories to the arrays that the kernels run on.

A batch is one rule on one landscape. Where the gradient of a coordinate depends on that coordinate alone, every
(coordinate, lane) pair is an element of its own and coordinates fill lanes too; otherwise the lanes of a
block keep their coordinates together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from adamw_cli.engine.kernel import (
    CLIP_ROWS,
    GRADIENT_OFFSET,
    LANES,
    STORE_ROWS,
    Clipped,
    Kind,
    Layout,
    NoiseLayout,
)
from adamw_cli.noises._bits import key
from adamw_cli.trace import Array, Steps
from adamw_cli.vocabulary import SCHEDULE, Form, Rule

_ALIGNMENT = 64  # bytes; one cache line and one AVX-512 register
# 320 elements amortise the two calls per step (1.03 ns per element against 1.09 with 128), and the eleven rows that an
# AdamW step touches still fit a cache of 32 KiB.
_BLOCK = 320
_PAGE = 512  # doubles in 4 KiB
_ROUNDING_STREAM = 0x526F756E64  # what tells the random numbers of rounding from those of noise with the same seed


@dataclass(frozen=True)
class Layer:
    """One kind of noise: its module, and one (d, lanes) array per parameter, by its name."""

    noise: ModuleType
    values: Mapping[str, Array]


@dataclass(frozen=True)
class Draws:
    """Noise on the gradients of a batch.

    Attributes
    ----------
    layers : the kinds of noise; each sees what the ones before it have made of the gradient, and has draws of its own.
    seed : of the scenario.
    trials : (lanes,), which trial each lane is; lanes of the same trial see the same draws.
    mirrored : (lanes,), 1 where a lane sees 1 - u where others of its trial see u, else 0; None if no lane does.

    """

    layers: tuple[Layer, ...]
    seed: int
    trials: Steps
    mirrored: Array | None = None

    def lanes(self, index: Any) -> Draws:
        """Return the noise on some lanes, by anything that indexes an array."""
        layers = tuple(
            Layer(layer.noise, {name: values[:, index] for name, values in layer.values.items()})
            for layer in self.layers
        )
        mirrored = None if self.mirrored is None else self.mirrored[index]
        return Draws(layers, self.seed, self.trials[index], mirrored)

    @property
    def remembers(self) -> bool:
        """Whether a step's noise depends on earlier steps."""
        return any(layer.noise.SPEC.state or layer.noise.SPEC.back is not None for layer in self.layers)

    @property
    def layout(self) -> NoiseLayout:
        """Where its rows stand."""
        return NoiseLayout([layer.noise.SPEC for layer in self.layers], self.mirrored is not None)


@dataclass(frozen=True)
class Storage:
    """What weights and states are rounded to after each step.

    Attributes
    ----------
    weights, state : names of formats.FORMATS.
    stochastic : whether weights are rounded at random, rather than to nearest; states are rounded to nearest.
    kahan : whether what rounding takes from a weight is kept and added to the next step.
    seed, trials : as in Draws; the random numbers of rounding have nothing to do with those of noise.

    """

    weights: str
    state: str
    stochastic: bool
    kahan: bool
    seed: int
    trials: Steps


@dataclass(frozen=True)
class GradientLimit:
    """A limit to the gradients of a batch, as the rule sees them: noise comes before.

    Attributes
    ----------
    clipped : what is limited: the norm over all coordinates, or each of them.
    limits : (lanes,), of each lane.

    """

    clipped: Clipped
    limits: Array


@dataclass(frozen=True)
class Batch:
    """Trajectories that run side by side.

    Attributes
    ----------
    optimizer, landscape : the modules of the rule and of the landscape, or what has the same names.
    landscape_values : the landscape's parameters, complete.
    start : (d, lanes) weights at step 0.
    scalars : one (d, lanes) array per name in Rule.scalars.
    switches : one bool per name in Rule.switches, the same for every lane.
    schedules : per lane, the schedule's module and its parameters.
    first : steps that have been taken before, so that the first one here is first + 1.
    states : name -> (d, lanes), the rule's states after them; 0 for a name that is missing.
    length : the number of steps that schedules are for; None if a run is that long.
    draws : noise on the gradients; None without.
    clip : a limit to gradients; None without.
    storage : what weights and states are rounded to; None if they keep all their bits. `start` is rounded already.

    """

    optimizer: ModuleType | SimpleNamespace
    landscape: ModuleType | SimpleNamespace
    landscape_values: Mapping[str, Any]
    start: Array
    scalars: Mapping[str, Array]
    switches: Mapping[str, bool]
    schedules: Sequence[tuple[ModuleType, Mapping[str, Any]]]
    first: int = 0
    states: Mapping[str, Array] = field(default_factory=dict)
    length: int | None = None
    draws: Draws | None = None
    clip: GradientLimit | None = None
    storage: Storage | None = None


@dataclass(frozen=True)
class Block:
    """Up to LANES elements: the arrays `x`, `g`, `n`, `k` and `c` of kernel.py, and where they belong in the batch."""

    x: Array
    g: Array
    offset: int
    lanes: int
    kind: Kind
    n: Array
    k: Array
    c: Array


@dataclass(frozen=True)
class Lowered:
    """A batch as arrays.

    Attributes
    ----------
    coordinates, width : the shape that the kernels see: (1, d*lanes) if nothing joins coordinates, else (d, lanes).
    signatures : (K, 1 + columns): index of the schedule, then the rule's coefficient columns.
    inputs : where each of the rule's coefficient inputs stands among these columns; None for the schedule's factor.
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
    inputs: tuple[int | None, ...]
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


def _distinct(columns: Sequence[Array]) -> tuple[Array, Steps]:
    """Return the distinct rows of a table given by columns, in order of appearance, and for each row its index.

    np.unique(axis=0) sorts records: 5 ms for 6400 rows, as long as 700 steps, while most columns hold one value. In order
    of appearance neighbouring elements find their coefficients side by side; in order of value, 6400 different
    betas took twice as long.
    """
    index = np.zeros(columns[0].size, dtype=np.int64)
    first = np.zeros(1, dtype=np.int64)
    for column in columns:
        if not np.all(column == column[0]):
            values, inverse = np.unique(column, return_inverse=True)
            _, first, index = np.unique(index * values.size + inverse, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return np.stack([column[first[order]] for column in columns], axis=1), rank[index]


def _memory(d: int, layout: Layout, norms: int, parameters: int, count: int) -> list[tuple[Array, Array]]:
    """Arrays `x` and `g` of every block, the latter with rows for norms; GRADIENT_OFFSET says why its place is chosen."""
    x_size = d * layout.rows * LANES
    g_start = x_size + (GRADIENT_OFFSET - x_size) % _PAGE
    x_shape, g_shape = (d, layout.rows, LANES), (d + norms, 1 + parameters, LANES)
    g_size = math.prod(g_shape)
    memory = aligned((count, -(-(g_start + g_size) // 8) * 8))
    return [(m[:x_size].reshape(x_shape), m[g_start : g_start + g_size].reshape(g_shape)) for m in memory]


class _NoiseRows:
    """The rows of `n` of a batch of shape (d, lanes), in the shape that the kernels see: how many there are, and what is in them at the start."""

    def __init__(self, draws: Draws | None, start: tuple[int, int], shape: tuple[int, int]) -> None:
        self.count = 0
        self._filled: dict[int, Array] = {}
        self._rings: list[tuple[int, int, int]] = []  # row that describes it, first row, length
        if draws is None:
            return
        layout = draws.layout
        self.count = layout.rows
        for k, layer in enumerate(draws.layers):
            rows = [_keys(draws.seed, draws.trials, start[0], k)]
            rows += [np.asarray(layer.values[p.name], dtype=np.float64) for p in layer.noise.SPEC.parameters]
            places = [0, *range(layout.PARAMETERS, layout.PARAMETERS + len(rows) - 1)]
            for place, row in zip(places, rows, strict=True):
                self._filled[layout.starts[k] + place] = row.reshape(shape)
            if layer.noise.SPEC.back is not None:
                length = int(layer.values[layer.noise.SPEC.back].max()) + 1
                self._rings.append((layout.rings[k], self.count, length))
                self.count += length
        if draws.mirrored is not None and layout.mirror is not None:
            self._filled[layout.mirror] = np.broadcast_to(draws.mirrored, start).reshape(shape)

    def of(self, part: slice) -> Array:
        """Return the rows of a block."""
        first = next(iter(self._filled.values()), np.zeros((1, 0)))
        rows = aligned((first.shape[0], self.count, LANES))
        for j, row in self._filled.items():
            rows[:, j, : part.stop - part.start] = row[:, part]
        for place, begin, length in self._rings:
            rows[0, place, :2] = begin, length
        return rows


def _keys(seed: int, trials: Steps, coordinates: int, layer: int = 0) -> Array:
    """The keys of random numbers as bits of doubles, (d, lanes)."""
    places = trials.astype(np.uint64)[None, :], np.arange(coordinates, dtype=np.uint64)[:, None]
    return np.ascontiguousarray(key(seed, *places, layer)).view(np.float64)


def _store_rows(batch: Batch, shape: tuple[int, int]) -> list[Array]:
    """Keys and starting weights by their rows of `k`, in the shape that the kernels see; none if nothing is rounded."""
    if batch.storage is None:
        return []
    keys = _keys(batch.storage.seed ^ _ROUNDING_STREAM, batch.storage.trials, batch.start.shape[0])
    return [keys.reshape(shape), batch.start.reshape(shape)]


def _apart(form: Form, rule: Rule, clip: GradientLimit | None) -> bool:
    """Whether what happens to a coordinate depends on no other: neither through the landscape nor through a norm."""
    return form.separable and not rule.norms and (clip is None or clip.clipped != "norm")


def lower(batch: Batch) -> Lowered:
    """Lay a batch out in blocks."""
    rule: Rule = batch.optimizer.SPEC
    layout = Layout(rule)
    d, lanes = batch.start.shape
    form: Form = batch.landscape.lower(d, batch.landscape_values)
    shape = (1, d * lanes) if _apart(form, rule, batch.clip) else (d, lanes)

    schedules, schedule_of_lane = distinct_schedules(batch.schedules)
    columns = [np.broadcast_to(schedule_of_lane, (d, lanes))]
    known = rule.coefficient_columns
    columns += [batch.scalars[name] for name in known]
    signatures, index = _distinct([np.asarray(column, dtype=np.float64).ravel() for column in columns])
    signature = index.reshape(shape).astype(np.float64)
    scalars = [np.asarray(batch.scalars[name], dtype=np.float64).reshape(shape) for name in rule.scalars]
    uniform = len(signatures) == 1 and all(np.all(values == values[0, 0]) for values in scalars)

    count = -(-shape[1] // _BLOCK)
    size = min(LANES, -(-shape[1] // (8 * count)) * 8)
    states = [(rule.state.index(name), values.reshape(shape)) for name, values in batch.states.items()]
    rows = [np.repeat(np.asarray(row, dtype=float), lanes).reshape(shape) for row in form.rows]
    noise = _NoiseRows(batch.draws, (d, lanes), shape)
    stored = _store_rows(batch, shape)
    limits = None if batch.clip is None else np.broadcast_to(batch.clip.limits, (d, lanes)).reshape(shape)[0]
    blocks = []
    offsets = range(0, shape[1], size)
    for offset, (x, g) in zip(
        offsets, _memory(shape[0], layout, len(rule.norms), len(rows), len(offsets)), strict=True
    ):
        n = min(size, shape[1] - offset)
        part = slice(offset, offset + n)
        x[:, 0, :n] = batch.start.reshape(shape)[:, part]
        for j, values in states:
            x[:, layout.states + j, :n] = values[:, part]
        for j, values in enumerate(scalars):
            x[:, layout.scalars + j, :n] = values[:, part]
        x[:, layout.signature, :n] = signature[:, part]
        for j, row in enumerate(rows):
            g[: shape[0], 1 + j, :n] = row[:, part]
        mixed = not uniform and bool(np.any(signature[:, part] != signature[0, offset]))
        store = aligned((shape[0], STORE_ROWS if stored else 0, LANES))
        for j, row in enumerate(stored):
            store[:, j, :n] = row[:, part]
        clip = aligned((1, 0 if limits is None else CLIP_ROWS, LANES))
        if limits is not None:
            clip[0, 0, :n] = limits[part]
        blocks.append(
            Block(x, g, offset, n, "uniform" if uniform else "mixed" if mixed else "even", noise.of(part), store, clip)
        )
    shared = np.ascontiguousarray(form.box or (form.shared if len(form.shared) else [0.0]), dtype=np.float64)
    coordinates, width = shape
    inputs = tuple(None if name == SCHEDULE else known.index(name) for name in rule.coefficient_inputs)
    return Lowered(batch, form, layout, coordinates, width, tuple(blocks), shared, signatures, inputs, schedules)
