"""The engine's promises: the same bits however the work is cut, divergence as a status, no stall."""

from __future__ import annotations

import dataclasses
import inspect
import itertools

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine import kernel
from adamw_cli.engine.lower import _distinct, lower
from adamw_cli.engine.run import powers, run
from adamw_cli.trace import Array
from tests.batches import batch, plain_run


class Collector:
    """Keeps everything it is shown."""

    def __init__(self) -> None:
        self.firsts: list[int] = []
        self.chunks: list[Array] = []

    def observe(self, first: int, w: Array) -> None:
        self.firsts.append(first)
        self.chunks.append(w.copy())


def wide_batch(lanes: int, landscape: str = "quadratic", **extra: object) -> object:
    rng = np.random.default_rng(5)
    values = {"curvature": (0.5, 20.0), "matrix": None, "center": 1.0, "rotation": extra.get("rotation")}
    betas = (rng.choice([0.8, 0.9], size=(2, lanes)), rng.choice([0.99, 0.999], size=(2, lanes)))
    return batch(
        "adamw", landscape, values, rng.normal(size=(2, lanes)), lr=rng.uniform(1e-3, 1e-1, size=lanes), betas=betas
    )


@pytest.mark.parametrize("rotation", [None, 20.0])
def test_bits_do_not_depend_on_threads_chunks_or_neighbours(rotation: float | None) -> None:
    whole = wide_batch(700, rotation=rotation)
    reference = run(whole, 300, every=7, threads=1).w
    for threads, chunk in ((2, None), (1, 1), (2, 37), (1, 128)):
        np.testing.assert_array_equal(run(whole, 300, every=7, threads=threads, chunk=chunk).w, reference)
    first = wide_batch(700, rotation=rotation)
    lone = type(first)(
        first.optimizer, first.landscape, first.landscape_values, first.start[:, :1],
        {k: v[:, :1] for k, v in first.scalars.items()}, first.switches, first.schedules[:1],
    )  # fmt: skip
    np.testing.assert_array_equal(run(lone, 300, every=7).w, reference[:, :, :1])


def test_observers_see_every_step_once_and_in_order() -> None:
    seen = Collector()
    b = wide_batch(3)
    trace = run(b, 100, every=1, observers=[seen], chunk=33)
    assert seen.firsts == [0, 33, 66, 99]
    np.testing.assert_array_equal(np.concatenate(seen.chunks), trace.w[1:])


def test_calls_that_take_long_are_followed_by_shorter_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock on which every call takes a second, so that Ctrl-C would be late, and the same bits come out."""
    b = wide_batch(3)
    reference = run(b, 20_000).final_w
    monkeypatch.setattr("adamw_cli.engine.run.perf_counter", itertools.count().__next__)
    done: list[int] = []
    np.testing.assert_array_equal(run(b, 20_000, progress=done.append).final_w, reference)
    sizes = np.diff([0, *done])
    assert sizes[0] > 1000
    assert sizes[1] == sizes[0] // 10
    assert sizes[-2] == 1
    assert len(set(np.diff([0, *_progress(b, chunk=500)]))) == 1


def _progress(b: object, chunk: int) -> list[int]:
    done: list[int] = []
    run(b, 20_000, progress=done.append, chunk=chunk)
    return done


def test_the_trace_has_the_start_every_nth_step_and_the_last() -> None:
    trace = run(wide_batch(2), 25, every=10)
    assert trace.steps.tolist() == [0, 10, 20, 25]
    np.testing.assert_array_equal(trace.w[0], trace.start)
    np.testing.assert_array_equal(trace.w[-1], trace.final_w)
    assert run(wide_batch(2), 25).steps.tolist() == [0, 25]


def test_states_are_recorded_beside_the_weights() -> None:
    b = batch("adamw", "slope", {"gradient": 2.0}, [[1.0]], betas=(0.9, 0.99))
    trace = run(b, 3, every=1, states=True)
    np.testing.assert_allclose(trace.states["m"][:, 0, 0], [0.0, 0.2, 0.38, 0.542], rtol=1e-14)
    np.testing.assert_allclose(trace.states["v"][:, 0, 0], [0.0, 0.04, 0.0796, 0.118804], rtol=1e-13)


def test_divergence_is_a_status_with_its_step_and_neighbours_go_on() -> None:
    seen = Collector()
    values = {"curvature": (1.0,), "matrix": None, "center": 0.5, "rotation": None}
    b = batch("sgd", "quadratic", values, [[1.0, 1.0]], lr=np.array([[101.0, 0.1]]))
    trace = run(b, 400, every=1, observers=[seen])
    assert trace.status == ("diverged", "finished")
    # w - c is multiplied by -100 each step, from 0.5: it passes 1.8e308 at step 155.
    assert trace.steps_run.tolist() == [155, 400]
    w = np.concatenate(seen.chunks)[:, 0]
    assert np.isfinite(w[:154, 0]).all()
    assert np.isnan(w[154:, 0]).all()
    assert not np.isfinite(trace.final_w[0, 0])
    np.testing.assert_allclose(trace.final_w[0, 1], 0.5, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["uniform", "even", "mixed"])
@pytest.mark.parametrize("rotation", [None, 10.0])
def test_divergence_is_found_at_its_step_in_every_kind_of_block(kind: kernel.Kind, rotation: float | None) -> None:
    lanes = 400  # more than one block
    values = {"curvature": (3.0, 1.0), "matrix": None, "center": 0.5, "rotation": rotation}
    start = np.ones((2, lanes)) * np.geomspace(1.0, 1e200, lanes)
    lr = np.linspace(0.1, 40.0, lanes) if kind == "even" else 40.0
    b = batch("sgd", "quadratic", values, start, lr=lr)
    if kind == "mixed":
        warmup = batch("sgd", "quadratic", values, start, ("cosine", {"warmup_steps": 20}))
        b = dataclasses.replace(b, schedules=[(b, warmup)[lane % 2].schedules[lane] for lane in range(lanes)])
    assert {block.kind for block in lower(b).blocks} == {kind}
    trace = run(b, 250, every=1)
    with np.errstate(all="ignore"):
        plain = plain_run(b, 250)
    finite = np.isfinite(plain).all(axis=1)
    first = np.where(finite.all(axis=0), 250, np.argmin(finite, axis=0) + 1)
    assert 1 < first.min() < first.max()
    np.testing.assert_array_equal(trace.steps_run, first)


def test_a_batch_that_has_wholly_diverged_stops_early() -> None:
    values = {"curvature": (1.0,), "matrix": None, "center": 0.5, "rotation": None}
    done: list[int] = []
    run(batch("sgd", "quadratic", values, [[1.0]], lr=101.0), 10**9, progress=done.append)
    assert done[-1] < 10**6


def test_faded_states_are_flushed_to_zero() -> None:
    b = batch(
        "adamw", "gradient_pulse", {"gradient": 1.0, "pulse_steps": 1}, [[1.0]], weight_decay=0.0, betas=(0.5, 0.5)
    )
    trace = run(b, 1280, states=True)
    assert trace.states["m"][-1, 0, 0] == 0.0
    assert trace.states["v"][-1, 0, 0] == 0.0


def test_eps_zero_without_a_gradient_is_no_step() -> None:
    trace = run(batch("adamw", "plateau", {}, [[2.0]], lr=0.1, weight_decay=0.5, eps=0.0), 1)
    np.testing.assert_allclose(trace.final_w, [[2.0 * 0.95]], rtol=1e-15)


def test_a_coefficient_that_overflows_shows_in_the_weights_and_nowhere_else() -> None:
    b = batch("schedule_free_adamw", "slope", {"gradient": 1.0}, [[1.0]], r=1e4)
    assert run(b, 50).status == ("diverged",)


def test_distinct_rows_in_order_of_appearance() -> None:
    columns = [np.array([2.0, 2.0, 1.0, 2.0, 1.0]), np.full(5, 7.0), np.array([3.0, 4.0, 3.0, 3.0, 3.0])]
    rows, index = _distinct(columns)
    assert rows.tolist() == [[2.0, 7.0, 3.0], [2.0, 7.0, 4.0], [1.0, 7.0, 3.0]]
    assert index.tolist() == [0, 1, 2, 0, 2]
    np.testing.assert_array_equal(rows[index], np.stack(columns, axis=1))


def test_kinds_of_blocks_give_the_same_bits() -> None:
    values = {"curvature": (0.5, 20.0), "matrix": None, "center": 1.0, "rotation": None}
    start = np.random.default_rng(3).normal(size=(2, 40))
    alone = batch("adamw", "quadratic", values, start, lr=0.01, betas=(0.9, 0.999))
    lr, beta = np.full((2, 41), 0.01), np.full((2, 41), 0.9)
    lr[:, 40] = 0.02
    wider = np.concatenate([start, start[:, :1]], axis=1)
    even = batch("adamw", "quadratic", values, wider, lr=lr, betas=(beta, 0.999))
    beta = beta.copy()
    beta[:, 40] = 0.8
    mixed = batch("adamw", "quadratic", values, wider, lr=lr, betas=(beta, 0.999))
    assert [lower(b).blocks[0].kind for b in (alone, even, mixed)] == ["uniform", "even", "mixed"]
    reference = run(alone, 300, every=1).w
    for b in (even, mixed):
        np.testing.assert_array_equal(run(b, 300, every=1).w[:, :, :40], reference)


def test_powers_are_powers() -> None:
    base = np.array([0.0, 0.5, 0.9, 0.999, 0.99999])
    for first, count in ((0, 5000), (1023, 3), (123456, 2000)):
        t = np.arange(first + 1, first + count + 1, dtype=float)
        np.testing.assert_allclose(powers(base, first, count), base ** t[:, None], rtol=1e-14, atol=1e-290)


def test_memory_does_not_grow_with_steps() -> None:
    import tracemalloc

    def peak(steps: int) -> int:
        tracemalloc.start()
        run(batch("adamw", "plateau", {}, np.ones((2, 1))), steps, observers=[Quiet()])
        high = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return high

    class Quiet:
        def observe(self, first: int, w: Array) -> None: ...

    peak(200_000)
    assert peak(2_000_000) < 1.2 * peak(200_000)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["uniform", "even", "mixed"])
@pytest.mark.parametrize("rule", registry.names("optimizers"))
def test_the_compiled_rule_has_vector_instructions(rule: str, kind: kernel.Kind) -> None:
    from adamw_cli.engine import jit, kernels

    module = registry.load("optimizers", rule)
    switches = dict.fromkeys(module.SPEC.switches, False)
    assembly, _ = jit.compile_kernel(kernels.update(module.SPEC, module.update, switches, kind))
    assert "fmul <" in assembly
    if "np.sqrt" in inspect.getsource(module.update):
        assert "call <" in assembly.replace("tail ", "")
        assert "@llvm.sqrt.v" in assembly


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_a_run_that_is_taken_up_again_has_the_bits_of_one_that_was_not_interrupted(kind: str) -> None:
    values = {"curvature": (0.5, 20.0), "matrix": None, "rotation": None, "center": 1.0}
    b = batch(kind, "quadratic", values, [[4.0, -0.5], [2.0, 3.0]], ("cosine", {"warmup_steps": 9}), lr=0.01, weight_decay=0.1)  # fmt: skip
    whole = run(b, 300, every=1, states=True)
    for first in (1, 77, 128):
        states = {name: rows[first] for name, rows in whole.states.items()}
        rest = run(dataclasses.replace(b, start=whole.w[first], first=first, states=states), 300, every=1, states=True)
        np.testing.assert_array_equal(rest.steps, whole.steps[first:])
        np.testing.assert_array_equal(rest.w, whole.w[first:])
        for name, rows in rest.states.items():
            np.testing.assert_array_equal(rows, whole.states[name][first:])
    part = run(dataclasses.replace(b, length=300), 77)  # a schedule is for a length of its own
    np.testing.assert_array_equal(part.final_w, whole.w[77])
