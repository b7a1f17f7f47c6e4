"""What holds for every kind of noise, with the parameters that its file declares as examples. Distributions: tests/engine/test_noise_distributions.py."""

from __future__ import annotations

import ast
import inspect
import statistics
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine import choice, kernels
from adamw_cli.engine.kernel import LANES, NoiseLayout
from adamw_cli.engine.lower import aligned
from adamw_cli.noises import _bits
from adamw_cli.trace import Array
from tests.batches import usable

NAMES = registry.names("noises")


def cases(name: str) -> list[dict[str, float]]:
    spec = registry.load("noises", name).SPEC
    return [dict(given) for given in spec.examples] or [{p.name: usable(p) for p in spec.parameters}]


CASES = {name: cases(name) for name in NAMES}
EACH = [(name, values) for name in NAMES for values in CASES[name]]
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


class Plain:
    """A noise on one coordinate step by step, in plain Python."""

    def __init__(self, name: str, values: dict[str, float]) -> None:
        self.module = registry.load("noises", name)
        self.values = values
        self.states = [0.0] * len(self.module.SPEC.state)
        self.came: list[float] = []

    def step(self, g: float, u: float) -> float:
        spec = self.module.SPEC
        self.came.append(g)
        arguments = [] if spec.prepare is None else [spec.prepare(u)]
        arguments += [self.values[p.name] for p in spec.parameters]
        arguments += self.states
        if spec.back is not None:
            then = len(self.came) - 1 - int(self.values[spec.back])
            arguments.append(self.came[then] if then >= 0 else 0.0)
        found = self.module.noisy(g, u, *arguments)
        seen, *self.states = found if spec.state else (found,)
        return float(seen)


def plain(name: str, g: float, u: float, values: dict[str, float]) -> float:
    """The first step."""
    return Plain(name, values).step(g, u)


def compiled(name: str, g: Array, keys: Any, t: int, values: dict[str, float]) -> Array:
    """One call of the kernel, as if it were the first step; g, keys : (d, lanes)."""
    module = registry.load("noises", name)
    layout = NoiseLayout([module.SPEC], antithetic=False)
    ring = 0 if module.SPEC.back is None else int(values[module.SPEC.back]) + 1
    d, lanes = g.shape
    rows, noise = aligned((d, 1, LANES)), aligned((d, layout.rows + ring, LANES))
    rows[:, 0, :lanes] = g
    noise[:, 0, :lanes] = keys.view(np.float64)
    for j, p in enumerate(module.SPEC.parameters):
        noise[:, layout.PARAMETERS + j, :lanes] = values[p.name]
    for row in layout.rings.values():
        noise[0, row, :2] = layout.rows, ring
    _, loaded = choice.load({"noise": kernels.noise([module])})
    loaded["noise"](rows.reshape(d, -1), noise.reshape(d, -1), d, lanes, t)
    return rows[:, 0, :lanes].copy()


def keys_of(d: int, lanes: int, seed: int = 4) -> Any:
    return _bits.key(seed, np.arange(lanes, dtype=np.uint64)[None, :], np.arange(d, dtype=np.uint64)[:, None])


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
    parameters = registry.load("noises", name).SPEC.parameters
    if not all(p.allows(0.0) for p in parameters):
        return  # it always does something
    still = {p.name: 0.0 for p in parameters}
    g = np.array([[0.0, 1.0, -2.5, 1e300, 1e-300]])
    np.testing.assert_array_equal(compiled(name, g, keys_of(1, 5), 3, still), g)
    for u in GRID:
        assert plain(name, 0.75, u, still) == 0.75


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_that_says_it_is_random_or_exact_is(name: str) -> None:
    spec = registry.load("noises", name).SPEC
    seen = {plain(name, 1.0, u, CASES[name][0]) for u in GRID}
    assert spec.random == (len(seen) > 1)
    assert spec.exact == (seen == {1.0})


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
        *module.SPEC.state,
        *(["then"] if module.SPEC.back else []),
    ]


@pytest.mark.parametrize("name", registry.own("noises"))
def test_numpy_and_the_files_beside_it_are_the_only_imports(name: str) -> None:
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(registry.load("noises", name)))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    assert found <= {"math", "numpy", "adamw_cli.vocabulary", "adamw_cli.noises._quantile"}


@pytest.mark.parametrize("name", NAMES)
def test_the_compiled_noise_has_vector_instructions(name: str) -> None:
    from adamw_cli.engine import jit

    module = registry.load("noises", name)
    if not module.SPEC.random:
        return  # it does no arithmetic
    assembly, _ = jit.compile_kernel(kernels.noise([module]))
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
