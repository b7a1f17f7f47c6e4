"""Numbers of few bits in the engine: bit for bit those of other implementations, and the same however the work is cut.

Rounding is compared with numpy's float16 and float32, with ml_dtypes and torch where they are there, and with a definition in
fractions. Statistical tests: as in test_noise.py.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from adamw_cli.engine.lower import Batch, Draws, Layer, Storage
from adamw_cli.engine.rounding import constants, nearest, stochastic
from adamw_cli.engine.run import resumed, run
from adamw_cli.formats import EXACT, FORMATS
from adamw_cli.noises import gaussian
from adamw_cli.trace import Array
from tests.batches import batch

ALLOWED = 5.5
SMALL = [name for name in FORMATS if name != EXACT]
# Every number of the formats of 8 and 16 bits, and what lies half-way to the next, and just beside that.
PATTERNS = {"float16": np.arange(1 << 16, dtype=np.uint16).view(np.float16)}


def representable(name: str) -> Array:
    """Every finite number of a format, ascending; of float32 a random selection."""
    form = FORMATS[name]
    if name == "float32":
        bits = np.random.default_rng(0).integers(0, 0x7F7FFFFF, 20_000, dtype=np.uint32)
        positive = np.unique(np.concatenate([bits.view(np.float32), [np.float32(0.0)]])).astype(float)
    else:
        top = math.frexp(form.largest)[1] - 1
        significands = np.arange(1 << (form.bits - 1), 1 << form.bits)
        normal = [np.ldexp(significands, e - form.bits + 1) for e in range(form.smallest_exponent, top + 1)]
        subnormal = np.arange(1 << (form.bits - 1)) * form.smallest_step
        positive = np.concatenate([subnormal, *normal])
        positive = positive[positive <= form.largest]
    return np.concatenate([-positive[::-1], positive])


def inputs(name: str) -> Array:
    """Numbers that a format has, the points half-way between neighbours, their neighbours in float64, and odd ones."""
    exact = representable(name)
    with np.errstate(over="ignore"):
        middle = exact[:-1] + (exact[1:] - exact[:-1]) / 2
    beside = np.concatenate([np.nextafter(middle, -np.inf), np.nextafter(middle, np.inf)])
    form = FORMATS[name]
    last = form.largest * (1 + 2.0**-form.bits / (2 - 2.0 ** (1 - form.bits)))  # half-way to what would come next
    odd = [last, np.nextafter(last, 0), -last, form.largest * 2, 1e300, -1e300, 1e-300, -0.0]
    return np.concatenate([exact, middle, beside, odd])


def test_the_numbers_of_a_format_are_those_of_its_patterns() -> None:
    values = PATTERNS["float16"].astype(float)
    assert np.array_equal(np.unique(values[np.isfinite(values)]), np.unique(representable("float16")))
    assert len(representable("bfloat16")) == 2 * 0x7F80
    assert len(representable("float8_e4m3")) == 2 * 127
    assert len(representable("float8_e5m2")) == 2 * 124


def by_definition(x: float, name: str) -> float:
    form = FORMATS[name]
    exponent = max(math.frexp(x)[1] - 1, form.smallest_exponent)
    step = Fraction(2) ** (exponent - form.bits + 1)
    found = round(Fraction(x) / step) * step
    return math.copysign(float(found), x) if abs(found) <= form.largest else math.copysign(form.beyond, x)


def peers() -> list[Any]:
    found: list[Any] = [
        pytest.param("float16", lambda x: x.astype(np.float16).astype(float), id="numpy-float16"),
        pytest.param("float32", lambda x: x.astype(np.float32).astype(float), id="numpy-float32"),
    ]
    names = {"bfloat16": "bfloat16", "float8_e5m2": "float8_e5m2", "float8_e4m3": "float8_e4m3fn"}
    for name, other in names.items():
        found.append(pytest.param(name, lambda x, other=other: _ml_dtypes(x, other), id=f"ml_dtypes-{name}"))
    # Torch saturates in float8_e4m3, and rounds float64 to float32 first where it knows no shorter way.
    for name, other in [("float32", "float32"), *names.items()][:3]:
        found.append(pytest.param(name, lambda x, other=other: _torch(x, other), id=f"torch-{name}"))
    return found


def _ml_dtypes(x: Array, name: str) -> Array:
    module = pytest.importorskip("ml_dtypes")
    return np.asarray(x.astype(np.float32).astype(getattr(module, name)).astype(np.float64))


def _torch(x: Array, name: str) -> Array:
    torch = pytest.importorskip("torch")
    rounded = torch.tensor(x).to(torch.float32).to(getattr(torch, name))
    return np.asarray(rounded.to(torch.float64).numpy())


@pytest.mark.parametrize(("name", "cast"), peers())
def test_bit_for_bit_as_other_implementations(name: str, cast: Callable[[Array], Array]) -> None:
    """Of numbers that float32 has, so that nothing is rounded twice."""
    x = inputs(name)
    if name not in ("float32", "float16"):
        with np.errstate(over="ignore"):
            x = x.astype(np.float32).astype(float)
    with np.errstate(over="ignore", invalid="ignore"):
        expected = cast(x)
    found = stored(x, name)
    np.testing.assert_array_equal(found, expected)
    known = ~np.isnan(expected) & (x != 0.0)  # 0 - (-0) is 0
    np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))


@pytest.mark.parametrize("name", SMALL)
def test_rounding_by_definition(name: str) -> None:
    x = np.random.default_rng(1).permutation(inputs(name))[:3000]
    form = constants(FORMATS[name])
    for value in map(float, x):
        expected, found = by_definition(value, name), float(nearest(value, *form))
        assert found == expected or (math.isnan(found) and math.isnan(expected)), value
        assert math.copysign(1, found) == math.copysign(1, expected) or math.isnan(expected)
    assert math.isnan(nearest(math.nan, *form))
    assert nearest(-math.inf, *form) == -form[-1] or math.isnan(form[-1])


def stored(values: Array, weights: str, **more: Any) -> Array:
    """What compiled code makes of numbers: each is one step of gradient descent from 0, with a gradient of minus it."""
    start = np.zeros((values.size, 1))
    b = batch("sgd", "slope", {"gradient": tuple(-values)}, start, lr=1.0)
    return run(dataclasses.replace(b, storage=storage(weights, **more)), 1).final_w[:, 0]


def storage(
    weights: str, state: str = EXACT, *, stochastic: bool = False, kahan: bool = False, lanes: int = 1, seed: int = 3
) -> Storage:
    return Storage(weights, state, stochastic, kahan, seed, np.arange(lanes))


def wide(lanes: int = 400, rotation: float | None = None) -> Batch:
    values = {"curvature": (0.5, 20.0), "matrix": None, "center": 1.0, "rotation": rotation}
    start = np.random.default_rng(5).normal(size=(2, lanes))
    return batch("adamw", "quadratic", values, start, lr=np.random.default_rng(6).uniform(1e-3, 1e-1, size=lanes))


KINDS = [
    {"weights": "bfloat16"},
    {"weights": "bfloat16", "state": "float32"},
    {"weights": "float16", "state": "bfloat16", "kahan": True},
    {"weights": "float8_e5m2", "stochastic": True},
    {"weights": EXACT, "state": "float16"},
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("rotation", [None, 20.0])
def test_bits_do_not_depend_on_threads_chunks_or_neighbours(kind: dict[str, Any], rotation: float | None) -> None:
    b = wide(700, rotation)
    whole = dataclasses.replace(b, storage=storage(**kind, lanes=700))
    reference = run(whole, 200, every=7, threads=1).w
    for threads, chunk in ((2, None), (1, 1), (2, 37)):
        np.testing.assert_array_equal(run(whole, 200, every=7, threads=threads, chunk=chunk).w, reference)
    lanes = slice(330, 500)
    part = dataclasses.replace(
        b,
        start=b.start[:, lanes],
        scalars={name: values[:, lanes] for name, values in b.scalars.items()},
        schedules=b.schedules[lanes],
        storage=dataclasses.replace(storage(**kind), trials=np.arange(330, 500)),
    )
    np.testing.assert_array_equal(run(part, 200, every=7).w, reference[..., lanes])


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_run_is_the_rule_and_then_the_rounding(kind: dict[str, Any]) -> None:
    """Against Python, one step and one number at a time."""
    from adamw_cli.noises import _bits

    b = wide(3)
    held = storage(**kind, lanes=3)
    trace = run(dataclasses.replace(b, storage=held), 60, every=1, states=True)
    rule, d, lanes = b.optimizer.SPEC, *b.start.shape
    form = b.landscape.lower(d, b.landscape_values)

    def near(x: float, name: str) -> float:
        return x if name == EXACT else float(nearest(x, *constants(FORMATS[name])))

    for i in range(d):
        for lane in range(lanes):
            w, state, lost = float(b.start[i, lane]), [0.0] * len(rule.state), 0.0
            scalars = [float(b.scalars[name][i, lane]) for name in rule.scalars]
            key = int(_bits.key(held.seed ^ 0x526F756E64, lane, i))
            for t in range(1, 61):
                g = form.function(w, float(t), *(float(row[i]) for row in form.rows))
                coefficients = rule.coefficients_at(t, dict(zip(rule.scalars, scalars, strict=True)), 1.0)
                after, *state = b.optimizer.update(w, float(g), *state, *scalars, *coefficients, False)
                if held.kahan:
                    step = after - w + lost
                    new = near(w + step, held.weights)
                    lost, w = near(step - (new - w), held.weights), new
                elif held.stochastic:
                    w = float(stochastic(after, _bits.uniform(key, t), *constants(FORMATS[held.weights])))
                else:
                    w = near(after, held.weights)
                state = [near(s, held.state) for s in state]
                assert trace.w[t, i, lane] == (pytest.approx(w, rel=1e-12) if held.weights == EXACT else w)
            for name, value in zip(rule.state, state, strict=True):
                assert trace.states[name][-1, i, lane] == pytest.approx(value, rel=1e-13)


def test_weights_and_states_are_numbers_of_their_formats() -> None:
    held = storage("bfloat16", "float16", lanes=50)
    b = wide(50)
    trace = run(dataclasses.replace(b, storage=held), 100, every=1, states=True)
    for values, name in ((trace.w[1:], "bfloat16"), (trace.states["m"], "float16"), (trace.states["v"], "float16")):
        form = constants(FORMATS[name])
        assert all(float(nearest(x, *form)) == x for x in map(float, values[::7].ravel()))
    plain = run(b, 100, every=1).w
    assert np.abs(trace.w - plain).max() > 1e-4


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("size", ["normal", "subnormal"])
def test_rounding_at_random_keeps_the_mean(name: str, size: str) -> None:
    form = FORMATS[name]
    step = form.smallest_step if size == "subnormal" else math.ldexp(1.0, 1 - form.bits)
    base = step if size == "subnormal" else 1.0
    x = -(base + 0.3 * step)
    lanes = 40_000
    b = batch("sgd", "slope", {"gradient": -x}, np.zeros((1, lanes)), lr=1.0)
    found = run(dataclasses.replace(b, storage=storage(name, stochastic=True, lanes=lanes)), 1).final_w[0]
    assert set(np.unique(found)) == {x + 0.3 * step, x - 0.7 * step}
    far = np.count_nonzero(found == x - 0.7 * step)
    assert abs(far - 0.3 * lanes) < ALLOWED * math.sqrt(lanes * 0.3 * 0.7)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("part", [0.125, 0.25, 0.6875])
def test_a_number_is_rounded_up_for_just_that_part_of_all_draws(name: str, part: float) -> None:
    """Where u turns the outcome is where the number lies between its neighbours: to 1e-6, of normal and of subnormal numbers."""
    form = FORMATS[name]
    for base, step in ((1.0, math.ldexp(1.0, 1 - form.bits)), (form.smallest_step, form.smallest_step)):
        x = base + part * step
        down, up = (float(stochastic(x, 1.0 - part + beside, *constants(form))) for beside in (-1e-6, 1e-6))
        assert (down, up) == (base, base + step)


def test_a_number_that_the_format_has_is_never_moved() -> None:
    for name in SMALL:
        exact = representable(name)[::97]
        np.testing.assert_array_equal(stored(exact, name, stochastic=True), exact)


def test_rounding_draws_nothing_of_what_noise_draws() -> None:
    lanes = 4000
    b = batch("sgd", "slope", {"gradient": 1.5}, np.zeros((1, lanes)), lr=2.0**-8)
    noisy = dataclasses.replace(b, draws=Draws((Layer(gaussian, {"sigma": np.ones((1, lanes))}),), 3, np.arange(lanes)))
    noise = run(noisy, 1).final_w[0]
    up = run(dataclasses.replace(b, storage=storage("bfloat16", stochastic=True, lanes=lanes)), 1).final_w[0]
    correlation = np.corrcoef(noise, up)[0, 1] if up.std() else 0.0
    assert abs(correlation) * math.sqrt(lanes) < ALLOWED


def test_too_large_a_number_is_where_a_run_diverges() -> None:
    b = batch("sgd", "slope", {"gradient": 60000.0}, np.zeros((1, 1)), lr=1.0)
    trace = run(dataclasses.replace(b, storage=storage("float16")), 10)
    assert trace.status == ("diverged",)
    assert trace.steps_run[0] == 2


def test_kahan_keeps_what_rounding_takes() -> None:
    """1000 steps of 1e-3 from 1, of which bfloat16 alone keeps none."""
    b = batch("sgd", "slope", {"gradient": -1.0}, np.ones((1, 1)), lr=1e-3)
    alone, kept = (
        run(dataclasses.replace(b, storage=storage("bfloat16", kahan=k)), 1000).final_w[0, 0] for k in (False, True)
    )
    assert alone == 1.0
    assert kept == pytest.approx(2.0, rel=2.0**-8)


def test_a_run_goes_on_where_it_ended() -> None:
    whole = dataclasses.replace(wide(5), storage=storage("bfloat16", "float16", stochastic=True, lanes=5), length=200)
    first = run(whole, 80, states=True)
    np.testing.assert_array_equal(run(resumed(whole, first), 200).final_w, run(whole, 200).final_w)
    with pytest.raises(ValueError, match="kahan"):
        resumed(dataclasses.replace(whole, storage=storage("bfloat16", kahan=True, lanes=5)), first)
