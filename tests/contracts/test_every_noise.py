"""What holds for every kind of noise; a new file in noises/ needs lines in CASES, STILL and EXPECTED."""

from __future__ import annotations

import ast
import inspect
import math
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine import native
from adamw_cli.engine.kernel import LANES, NOISE_PARAMETERS
from adamw_cli.engine.lower import aligned
from adamw_cli.noises import _bits
from adamw_cli.trace import Array

NAMES = registry.names("noises")
CASES: dict[str, list[dict[str, float]]] = {
    "none": [{}],
    "gaussian": [{"sigma": 1.0}, {"sigma": 1e-3}, {"sigma": 1e10}],
    "multiplicative": [{"sigma": 1.0}, {"sigma": 0.1}],
    "laplace": [{"scale": 1.0}, {"scale": 0.3}],
    "cauchy": [{"scale": 1.0}, {"scale": 1e-3}],
    "mask": [{"p": 0.3}, {"p": 1.0}],
}
# Parameters with which nothing happens.
STILL: dict[str, dict[str, float]] = {
    "none": {},
    "gaussian": {"sigma": 0.0},
    "multiplicative": {"sigma": 0.0},
    "laplace": {"scale": 0.0},
    "cauchy": {"scale": 0.0},
    "mask": {"p": 0.0},
}


def normal(z: float) -> float:
    return math.erfc(-z / math.sqrt(2.0)) / 2.0


# P(noisy gradient <= value) with g = 1, by formulas that have nothing to do with the kernels; None: does not depend on u.
EXPECTED: dict[str, Callable[..., float] | None] = {
    "none": None,
    "gaussian": lambda y, sigma: normal((y - 1.0) / sigma),
    "multiplicative": lambda y, sigma: normal((y - 1.0) / sigma),
    "cauchy": lambda y, scale: math.atan2(scale, -(y - 1.0)) / math.pi,
    "laplace": lambda y, scale: (
        0.5 * math.exp((y - 1.0) / scale) if y < 1.0 else 1.0 - 0.5 * math.exp(-(y - 1.0) / scale)
    ),
    "mask": lambda y, p: p if y < 1.0 else 1.0,
}
EACH = [(name, values) for name in NAMES for values in CASES.get(name, [])]
# From one end of (0, 1) to the other, both sides of the centre among them.
GRID = [
    2.0**-53,
    1.5 * 2.0**-52,
    1e-9,
    1e-3,
    0.1,
    0.2499,
    0.5 - 2.0**-53,
    0.5 + 2.0**-53,
    0.6,
    0.75,
    0.999,
    1.0 - 2.0**-53,
]


def plain(name: str, g: float, u: float, values: dict[str, float]) -> float:
    module = registry.load("noises", name)
    prepared = [] if module.SPEC.prepare is None else [module.SPEC.prepare(u)]
    return float(module.noisy(g, u, *prepared, *(values[p.name] for p in module.SPEC.parameters)))


def compiled(name: str, g: Array, keys: Any, t: int, values: dict[str, float]) -> Array:
    """One call of the kernel; g, keys : (d, lanes)."""
    spec = registry.load("noises", name).SPEC
    d, lanes = g.shape
    rows, noise = aligned((d, 1, LANES)), aligned((d, NOISE_PARAMETERS + len(spec.parameters), LANES))
    rows[:, 0, :lanes] = g
    noise[:, 0, :lanes] = keys.view(np.float64)
    for j, p in enumerate(spec.parameters):
        noise[:, NOISE_PARAMETERS + j, :lanes] = values[p.name]
    address = native.noise(spec, registry.load("noises", name).noisy)
    native.call_noise(address, rows.ctypes.data, LANES, noise.ctypes.data, noise.shape[1] * LANES, d, lanes, t)
    return rows[:, 0, :lanes].copy()


def keys_of(d: int, lanes: int, seed: int = 4) -> Any:
    return _bits.key(seed, np.arange(lanes, dtype=np.uint64)[None, :], np.arange(d, dtype=np.uint64)[:, None])


def test_every_noise_is_in_every_table() -> None:
    assert set(CASES) == set(STILL) == set(EXPECTED) == set(NAMES)


@pytest.mark.parametrize(("name", "values"), EACH)
def test_compiled_and_plain_have_the_same_bits(name: str, values: dict[str, float]) -> None:
    d, lanes = 2, 131  # whole vectors and a rest
    keys = keys_of(d, lanes)
    g = np.random.default_rng(1).normal(size=(d, lanes))
    for t in (1, 2, 999_999_999_999_999):
        expected = [
            [plain(name, float(g[i, k]), float(_bits.uniform(int(keys[i, k]), t)), values) for k in range(lanes)]
            for i in range(d)
        ]
        np.testing.assert_array_equal(compiled(name, g, keys, t, values), expected)


@pytest.mark.parametrize("name", NAMES)
def test_without_strength_the_gradient_is_left_alone(name: str) -> None:
    g = np.array([[0.0, 1.0, -2.5, 1e300, 1e-300]])
    np.testing.assert_array_equal(compiled(name, g, keys_of(1, 5), 3, STILL[name]), g)
    for u in GRID:
        assert plain(name, 0.75, u, STILL[name]) == 0.75


@pytest.mark.parametrize(("name", "values"), EACH)
def test_a_quantile_is_where_the_distribution_function_says(name: str, values: dict[str, float]) -> None:
    """P(y <= y(u)) = u for what is continuous; for what is not, u lies on the step of y(u)."""
    expected = EXPECTED[name]
    for u in GRID:
        y = plain(name, 1.0, u, values)
        assert math.isfinite(y)
        if expected is None:
            assert y == 1.0
        elif name in ("gaussian", "laplace") and 1e-4 < u < 0.9999:
            assert expected(y, **values) == pytest.approx(u, rel=1e-9, abs=0 if values.get("sigma", 1) >= 1 else 1e-12)
        elif name == "mask":
            assert u <= expected(y, **values)
            assert y == 0.0 or u >= expected(0.0, **values)


def test_tails_of_the_normal_quantile_keep_nine_digits() -> None:
    for u in (*GRID, *(k * 2.0**-52 + 2.0**-53 for k in range(40)), *np.linspace(0.001, 0.999, 400).tolist()):
        z = plain("gaussian", 0.0, u, {"sigma": 1.0})
        below = normal(z) if u < 0.5 else normal(-z)
        p = u if u < 0.5 else 1.0 - u
        density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
        # an error dz of z shows as density dz in p
        assert abs(below - p) <= 1e-9 * abs(z) * density + 2e-15 * p * (1.0 + z * z)


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_that_says_it_is_random_is(name: str) -> None:
    spec = registry.load("noises", name).SPEC
    assert spec.random == (len({plain(name, 1.0, u, CASES[name][0]) for u in GRID}) > 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_has_formula_source_and_example(name: str) -> None:
    text = registry.load("noises", name).__doc__ or ""
    assert "noisy(g) =" in text
    assert "Source" in text
    assert ">>>" in text


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_what_the_spec_says(name: str) -> None:
    module = registry.load("noises", name)
    prepared = ["x"] if module.SPEC.prepare else []
    assert list(inspect.signature(module.noisy).parameters) == [
        "g",
        "u",
        *prepared,
        *(p.name for p in module.SPEC.parameters),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_numpy_and_the_files_beside_it_are_the_only_imports(name: str) -> None:
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(registry.load("noises", name)))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    assert found <= {"math", "numpy", "adamw_cli.spec", "adamw_cli.noises._quantile"}


@pytest.mark.parametrize("name", NAMES)
def test_the_compiled_noise_has_vector_instructions(name: str) -> None:
    from adamw_cli.engine import jit, kernel

    module = registry.load("noises", name)
    functions = {"noisy": module.noisy, "uniform": _bits.uniform}
    functions |= {"prepare": module.SPEC.prepare} if module.SPEC.prepare else {}
    assembly, _ = jit.compile_kernel("noise", kernel.noise_source(module.SPEC), functions, {})
    assert "mul <" in assembly


@pytest.mark.parametrize(("name", "values"), EACH)
def test_what_is_declared_normal_adds_a_normal_number_of_that_deviation(name: str, values: dict[str, float]) -> None:
    declared = registry.load("noises", name).SPEC.gaussian
    if declared is None:
        return
    for g in (1.0, -3.0):
        for u in (1e-9, 1e-3, 0.2, 0.75, 0.999):
            added = values[declared] * statistics.NormalDist().inv_cdf(u)
            assert plain(name, g, u, values) == pytest.approx(g + added, abs=1e-8 * values[declared])
