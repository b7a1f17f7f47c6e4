"""Advance a batch: chunks of steps, threads over blocks, a Trace at the end.

A kernel call covers a bounded amount of work, so that Ctrl-C and progress are handled between calls, and memory
does not grow with the number of steps. Nothing here depends on how the work was cut: the same batch gives the
same bits for any chunk size and any number of threads.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import lru_cache as memoize
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from adamw_cli.engine import choice, kernels
from adamw_cli.engine.kernel import LANES
from adamw_cli.engine.kernels import Arguments, Kernel, Loaded
from adamw_cli.engine.lower import Batch, Block, Lowered, aligned, distinct_schedules, lower
from adamw_cli.trace import DIVERGED, FINISHED, Array, Observer, Steps, Trace

_CALL_SECONDS = 0.1
# The chunk's table and the arrays it is made of stay in memory that malloc hands out again: 21 ns per step, against 58
# with 32768 steps, where each array is mapped and faulted in anew.
_CHUNK_STEPS = 8192
_CHUNK_BYTES = 32 << 20
_POWERS = 1024

Progress = Callable[[int], None]


@memoize(maxsize=64)
def _low_powers(bases: tuple[float, ...]) -> Array:
    result: Array = np.array(bases) ** np.arange(_POWERS, dtype=np.float64)[:, None]
    return result


def powers(base: Array, first: int, count: int) -> Array:
    """base**t for t = first + 1, ..., first + count.

    base**t = base**(1024 j) * base**(t - 1024 j), with j = floor(t / 1024): at most two roundings more than
    a power, ten times faster, and a function of t alone, not of the chunk.

    base : (K,); returns (count, K).
    """
    low = _low_powers(tuple(float(b) for b in base))
    result = np.empty((count, base.size))
    done = 0
    while done < count:
        j, skip = divmod(first + 1 + done, _POWERS)
        take = min(_POWERS - skip, count - done)
        np.multiply(base ** float(j * _POWERS), low[skip : skip + take], out=result[done : done + take])
        done += take
    return result


def lane_factors(batch: Batch, first: int, count: int, steps: int) -> Array:
    """The schedule factors that each lane has at steps first + 1, ..., first + count of `steps`; (count, lanes)."""
    schedules, index = distinct_schedules(batch.schedules)
    _, clocks = choice.load({module: kernels.schedule(module.value) for module, _ in schedules})
    columns = [_factors(clocks[module], parameters, first, count, steps) for module, parameters in schedules]
    return np.stack(columns, axis=1)[:, index.astype(np.int64)]


def _factors(clock: Loaded, parameters: tuple[float, ...], first: int, count: int, steps: int) -> Array:
    """The factors of one schedule at steps first + 1, ..., first + count; (count,)."""
    out = np.empty((count, 1))
    clock(out, np.array([parameters or (0.0,)]), first, count, steps)
    return out[:, 0]


def _table(low: Lowered, loaded: Mapping[Any, Loaded], first: int, count: int, steps: int) -> Array:
    """Factor and coefficients of every signature for a chunk; (count, 1 + C, K)."""
    rule = low.rule
    table = np.empty((count, 1 + len(rule.coefficients), len(low.signatures)))
    for index, (module, parameters) in enumerate(low.schedules):
        factors = _factors(loaded[module], parameters, first, count, steps)
        table[:, 0, low.signatures[:, 0] == index] = factors[:, None]
    if rule.coefficient_values is not None:
        t = np.arange(first + 1, first + count + 1, dtype=np.float64)[:, None]
        arguments = [powers(low.signatures[:, 1 + j], first, count) for j in range(len(rule.coefficient_arguments))]
        arguments += [table[:, 0] if j is None else low.signatures[:, 1 + j] for j in low.inputs]
        # Hyperparameters of any size may go in: what is not finite then shows in the weights.
        with np.errstate(all="ignore") if low.inputs else nullcontext():
            for j, values in enumerate(rule.coefficient_values(t, *arguments)):
                table[:, 1 + j] = values
    return table


def _chunk_steps(low: Lowered, planes: int, engine: choice.Engine) -> int:
    """How many steps one call may cover: bounded in time and in memory."""
    elements = low.coordinates * max(block.lanes for block in low.blocks)
    coupling = 1 if low.form.separable else low.coordinates
    by_time = _CALL_SECONDS / (engine.STEP_SECONDS + elements * (1 + 0.2 * coupling) * engine.ELEMENT_SECONDS)
    row = len(low.signatures) * (1 + len(low.rule.coefficients)) + planes * low.coordinates * low.width
    return max(1, int(min(_CHUNK_STEPS, by_time, _CHUNK_BYTES / (8 * row))))


def _within(size: int, seconds: float) -> int:
    """How many steps the next call may cover, after one of `size` steps took so long: some gradients are slower than thought."""
    return size if seconds <= 2.0 * _CALL_SECONDS else max(1, int(size * _CALL_SECONDS / seconds))


class _Recorder:
    """Collects the recorded steps of a run."""

    def __init__(self, low: Lowered, every: int, states: bool, apart: int) -> None:
        self.every, self.apart = every, apart
        self.names = low.rule.state if states else ()
        start, given = low.batch.start, low.batch.states
        self.steps = [low.batch.first]
        first = np.stack([start, *(given.get(n, np.zeros_like(start)) for n in self.names)])
        self.rows: list[Array] = [first[None, ..., ::apart]]

    def take(self, t: Steps, rows: Array) -> None:
        """Keep the wanted ones of some steps; rows : (n, planes, d, lanes)."""
        wanted = np.flatnonzero(t % self.every == 0) if self.every else np.array([], dtype=np.int64)
        if wanted.size:
            self.steps.extend(int(step) for step in t[wanted])
            self.rows.append(rows[wanted, : 1 + len(self.names), :, :: self.apart])

    def finish(self, done: int, row: Array) -> None:
        """Keep the last step, if it is not there yet; row : (planes, d, lanes)."""
        if self.steps[-1] != done:
            self.steps.append(done)
            self.rows.append(row[None, ..., :: self.apart])


def run(
    batch: Batch,
    steps: int,
    *,
    every: int = 0,
    states: bool = False,
    apart: int = 1,
    observers: Sequence[Observer] = (),
    threads: int | None = None,
    progress: Progress | None = None,
    chunk: int | None = None,
) -> Trace:
    """Run every trajectory of a batch.

    Parameters
    ----------
    batch : what to run.
    steps : the last step; the first one is batch.first + 1.
    every : keep every so many steps in the trace; 0 keeps the first and the last.
    states : keep the rule's states too. apart : keep every so manieth lane only, as in Trace.
    observers : see every step, whatever `every` is.
    threads : at most this many at once; the processors by default.
    progress : called with the number of steps done, between kernel calls.
    chunk : steps per kernel call, for tests; results do not depend on it.

    Raises
    ------
    KeyboardInterrupt
        Passed on, at most one kernel call (0.2 s) late.

    """
    low = lower(batch)
    planes = 1 + (len(low.rule.state) if states else 0)
    dense = bool(observers)
    recorder = _Recorder(low, every, states, apart)
    engine, loaded = choice.load(_kernels(low))
    size = chunk or _chunk_steps(low, planes if dense or every else 0, engine)
    workers = min(threads or os.cpu_count() or 1, len(low.blocks)) if engine.PARALLEL else 1
    pool = ThreadPoolExecutor(workers) if workers > 1 else None
    done = batch.first
    try:
        while done < steps and not np.all(_diverged_at(low, done) <= done):
            count = min(size, steps - done)
            stride = 1 if dense else every
            records = count if stride == 1 else (done + count) // stride - done // stride if stride else 0
            buffer = np.empty((max(records, 1), planes * low.coordinates * low.width))
            table = _table(low, loaded, done, count, batch.length or steps)
            work = (table, buffer, done, count, stride, planes)
            calls = [partial(loaded["advance"], _arguments(low, block, loaded, *work)) for block in low.blocks]
            began = perf_counter()
            for _ in pool.map(_invoke, calls) if pool else map(_invoke, calls):
                pass
            size = chunk or _within(size, (perf_counter() - began) / -(-len(calls) // workers))
            if records:
                t = _multiples(done, count, stride)
                rows = buffer[:records].reshape(records, planes, *batch.start.shape)
                _mask(rows, t, _diverged_at(low, done + count))
                weights = np.ascontiguousarray(rows[:, 0])  # once here, rather than in every observer
                for observer in observers:
                    observer.observe(done, weights)
                recorder.take(t, rows)
            done += count
            if progress is not None:
                progress(done)
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)  # after Ctrl-C only what runs already is waited for
    return _trace(low, recorder, steps, done)


def _multiples(done: int, count: int, stride: int) -> Steps:
    return np.arange(done // stride + 1, (done + count) // stride + 1, dtype=np.int64) * stride


def _invoke(call: Callable[[], None]) -> None:
    call()


def _kernels(low: Lowered) -> dict[Any, Kernel]:
    """What a batch needs: `advance`, what that calls by its field in Arguments, the rule by the kind of block, schedules by their module."""
    batch = low.batch
    extras = (batch.draws is not None, batch.clip is not None, low.form.box is not None, batch.storage is not None)
    needed: dict[Any, Kernel] = {"advance": kernels.advance(*extras), "gradient": kernels.gradient(low.form)}
    for kind in {block.kind for block in low.blocks}:
        needed[kind] = kernels.update(low.rule, batch.optimizer.update, batch.switches, kind)
    if batch.draws is not None:
        noises = [layer.noise for layer in batch.draws.layers]
        needed["noise"] = kernels.noise(noises, batch.draws.mirrored is not None)
    if batch.clip is not None:
        needed["clip"] = kernels.clip(batch.clip.clipped)
    if batch.storage is not None:
        needed["store"] = kernels.store(batch.storage, low.rule)
    return needed | {module: kernels.schedule(module.value) for module, _ in low.schedules}


def _flat(rows: Array) -> Array:
    """Rows of coordinates as `kernel.advance` reads them: (d, rows, LANES) as (d, rows * LANES)."""
    return rows.reshape(rows.shape[0], rows.shape[1] * rows.shape[2])


def _arguments(
    low: Lowered, block: Block, loaded: Mapping[Any, Loaded], table: Array, buffer: Array, first: int, steps: int, every: int, planes: int,
) -> Arguments:  # fmt: skip
    x, g, n, k, c = map(_flat, (block.x, block.g, block.n, block.k, block.c))
    layout, (_, coefficients, signatures) = low.layout, table.shape
    return Arguments(
        update=loaded[block.kind], gradient=loaded["gradient"],
        noise=loaded.get("noise"), clip=loaded.get("clip"), store=loaded.get("store"),
        x=x, g=g, n=n, k=k, c=c, p=low.shared, d=low.coordinates, lanes=block.lanes,
        states=len(low.rule.state), diverged=layout.diverged, mixed=int(block.kind == "mixed"),
        table=_flat(table), table_row=layout.table, coefficients=coefficients, signatures=signatures,
        record=buffer, first=first, steps=steps, every=every, planes=planes, width=low.width, offset=block.offset,
    )  # fmt: skip


def _gather(low: Lowered, row: int) -> Array:
    """One row of every block, in the batch's shape (d, lanes)."""
    parts = [block.x[:, row, : block.lanes] for block in low.blocks]
    return np.concatenate(parts, axis=1).reshape(low.batch.start.shape)


def _diverged_at(low: Lowered, done: int) -> Array:
    """Per lane, the step at which a weight first was not finite; done + 1 where that has not happened."""
    step = _gather(low, low.layout.diverged)
    result: Array = np.where(step > 0.0, step, done + 1.0).min(axis=0)
    return result


def _mask(rows: Array, t: Steps, diverged: Array) -> None:
    """Put nan where a lane has diverged; what the recurrence yields from there on means nothing."""
    for lane in np.flatnonzero(diverged <= t[-1]):
        rows[t >= diverged[lane], :, :, lane] = np.nan


def _trace(low: Lowered, recorder: _Recorder, steps: int, done: int) -> Trace:
    diverged = _diverged_at(low, done)
    last = np.stack([_gather(low, 0), *(_gather(low, low.layout.states + j) for j in range(len(recorder.names)))])[None]
    _mask(last, np.array([done]), diverged)
    recorder.finish(done, last[0])
    rows = np.concatenate(recorder.rows)
    return Trace(
        start=low.batch.start,
        steps=np.array(recorder.steps, dtype=np.int64),
        w=rows[:, 0],
        final_w=_gather(low, 0),
        status=tuple(DIVERGED if step <= done else FINISHED for step in diverged),
        steps_run=np.minimum(diverged, steps).astype(np.int64),
        states={name: rows[:, 1 + j] for j, name in enumerate(recorder.names)},
        apart=recorder.apart,
    )


def resumed(batch: Batch, trace: Trace) -> Batch:
    """Return the batch that goes on where a trace of it ended; the trace must have the rule's states.

    Raises
    ------
    ValueError
        If rounding is compensated, or noise depends on earlier steps: what they have kept is in no trace.

    """
    if batch.draws is not None and batch.draws.remembers:
        raise ValueError("a run whose noise depends on earlier steps cannot be resumed from a trace")
    if batch.storage is not None and batch.storage.kahan:
        raise ValueError("a run with kahan compensation cannot be resumed from a trace")
    states = {name: values[-1] for name, values in trace.states.items()}
    return replace(batch, start=trace.final_w, first=int(trace.steps[-1]), states=states)


def gradient_at(batch: Batch, w: Array, t: int) -> Array:
    """Gradient of the batch's landscape at w : (d, points), as step t sees it."""
    d, points = w.shape
    form = batch.landscape.lower(d, batch.landscape_values)
    _, loaded = choice.load({"gradient": kernels.gradient(form)})
    shared = np.ascontiguousarray(form.shared if len(form.shared) else [0.0], dtype=np.float64)
    result = np.empty_like(w)
    for offset in range(0, points, LANES):
        part = slice(offset, min(offset + LANES, points))
        n = part.stop - part.start
        x, g = aligned((d, 1, LANES)), aligned((d, 1 + len(form.rows), LANES))
        x[:, 0, :n] = w[:, part]
        for j, row in enumerate(form.rows):
            g[:, 1 + j, :n] = np.asarray(row, dtype=float)[:, None]
        loaded["gradient"](_flat(x), _flat(g), shared, d, n, np.float64(t))
        result[:, part] = g[:, 0, :n]
    return result
