"""What holds for every schedule; and, of those in the tables below, what an independent formula and our conventions say."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine import choice, kernels
from adamw_cli.engine.run import run
from adamw_cli.trace import Array
from tests.batches import batch, complete, usable

NAMES = registry.names("schedules")
Case = tuple[int, dict[str, Any]]

# (steps, parameters) for each schedule; every branch is in it, and lengths at which phases meet or vanish.
CASES: dict[str, list[Case]] = {
    "constant": [(50, {}), (50, {"warmup_steps": 1}), (50, {"warmup_steps": 7}), (5, {"warmup_steps": 9}), (1, {})],
    "cosine": [
        (100, {}),
        (101, {"warmup_steps": 10}),
        (60, {"warmup_steps": 1, "final_fraction": 0.1}),
        (7, {"warmup_steps": 7, "final_fraction": 0.3}),
        (8, {"warmup_steps": 7, "final_fraction": 0.3}),
        (40, {"final_fraction": 1.0}),
        (1, {}),
    ],
    "linear": [
        (100, {}),
        (101, {"warmup_steps": 10}),
        (60, {"warmup_steps": 1, "final_fraction": 0.1}),
        (7, {"warmup_steps": 7, "final_fraction": 0.3}),
        (8, {"warmup_steps": 7, "final_fraction": 0.3}),
        (40, {"final_fraction": 1.0}),
        (1, {}),
    ],
    "wsd": [
        (100, {"decay_steps": 20}),
        (100, {"warmup_steps": 10, "decay_steps": 20, "final_fraction": 0.05}),
        (30, {"warmup_steps": 10, "decay_steps": 20}),
        (30, {"warmup_steps": 1, "decay_steps": 29, "final_fraction": 0.7}),
        (30, {"decay_steps": 1}),
        (30, {"decay_steps": 30, "final_fraction": 1.0}),
        (1, {"decay_steps": 1}),
    ],
    "inverse_sqrt": [(400, {"warmup_steps": 1}), (400, {"warmup_steps": 25}), (10, {"warmup_steps": 25})],
    "exponential": [(300, {"rate": 0.99}), (20, {"rate": 0.5}), (20, {"rate": 1.0}), (5000, {"rate": 0.1})],
    "step": [
        (100, {"every": 30, "factor": 0.1}),
        (20, {"every": 1, "factor": 0.5}),
        (10, {"every": 50, "factor": 0.5}),
        (20, {"every": 3, "factor": 1.0}),
    ],
}  # fmt: skip


def warmed(t: Array, W: float, later: Array) -> Array:
    """t/W up to W, then what the schedule has."""
    return np.where(t <= W, t / max(W, 1), later)


# The scenario format's table, written down once more; t is 1, 2, ..., T.
FORMULAS: dict[str, Callable[..., Array]] = {
    "constant": lambda t, T, warmup_steps=0: warmed(t, warmup_steps, np.ones_like(t)),
    "cosine": lambda t, T, warmup_steps=0, final_fraction=0.0: warmed(
        t,
        warmup_steps,
        final_fraction + (1 - final_fraction) * (1 + np.cos(np.pi * (t - warmup_steps) / max(T - warmup_steps, 1))) / 2,
    ),
    "linear": lambda t, T, warmup_steps=0, final_fraction=0.0: warmed(
        t, warmup_steps, 1 - (1 - final_fraction) * (t - warmup_steps) / max(T - warmup_steps, 1)
    ),
    "wsd": lambda t, T, decay_steps, warmup_steps=0, final_fraction=0.0: warmed(
        t, warmup_steps, np.interp(t, [T - decay_steps, T], [1.0, final_fraction])
    ),
    "inverse_sqrt": lambda t, T, warmup_steps: warmed(t, warmup_steps, np.sqrt(warmup_steps / t)),
    "exponential": lambda t, T, rate: rate ** (t - 1),
    "step": lambda t, T, every, factor: factor ** ((t - 1) // every),
}

# Combinations that a schedule must refuse, and a word of the message.
REFUSED: dict[str, list[tuple[int, dict[str, Any], str]]] = {
    "constant": [],
    "cosine": [(9, {"warmup_steps": 10}, "warmup_steps")],
    "linear": [(9, {"warmup_steps": 10}, "warmup_steps")],
    "wsd": [(9, {"warmup_steps": 5, "decay_steps": 5}, "decay_steps"), (9, {"decay_steps": 10}, "decay_steps")],
    "inverse_sqrt": [],
    "exponential": [(10_000, {"rate": 1.1}, "rate")],
    "step": [(10_000, {"every": 10, "factor": 10.0}, "factor")],
}

LISTED = [(name, *case) for name, cases in CASES.items() for case in cases]


def generic(name: str) -> list[Case]:
    """Cases of a schedule that is in no table: its defaults, and a number that is allowed for what has none."""
    parameters = registry.load("schedules", name).SPEC.parameters
    return [(steps, {p.name: usable(p) for p in parameters if p.required}) for steps in (40, 41)]


EVERY = CASES | {name: generic(name) for name in NAMES if name not in CASES}
EACH = [(name, *case) for name, cases in EVERY.items() for case in cases]


def plain(name: str, steps: int, values: dict[str, Any]) -> Array:
    """Factors of all steps by the uncompiled function."""
    module = registry.load("schedules", name)
    filled = complete(module.SPEC, values)
    parameters = [float(filled[p.name]) for p in module.SPEC.parameters]
    return np.array([module.value(float(t), float(steps), *parameters) for t in range(1, steps + 1)])


def compiled(name: str, steps: int, values: dict[str, Any], first: int, count: int) -> Array:
    """Factors of steps first + 1, ..., first + count by the kernel."""
    module = registry.load("schedules", name)
    filled = complete(module.SPEC, values)
    p = np.array([[float(filled[q.name]) for q in module.SPEC.parameters] or [0.0]])
    out = np.full((count, 1), np.nan)
    _, loaded = choice.load({"schedule": kernels.schedule(module.value)})
    loaded["schedule"](out, p, first, count, steps)
    return out[:, 0]


@pytest.mark.parametrize("name", CASES)
def test_the_cases_set_every_parameter(name: str) -> None:
    named = {key for _, values in CASES[name] for key in values}
    assert named == {p.name for p in registry.load("schedules", name).SPEC.parameters}


@pytest.mark.parametrize(("name", "steps", "values"), LISTED)
def test_values_are_the_tables(name: str, steps: int, values: dict[str, Any]) -> None:
    t = np.arange(1.0, steps + 1.0)
    np.testing.assert_allclose(plain(name, steps, values), FORMULAS[name](t, steps, **values), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(("name", "steps", "values"), EACH)
def test_compiled_and_plain_agree_wherever_a_chunk_begins(name: str, steps: int, values: dict[str, Any]) -> None:
    expected = plain(name, steps, values)
    whole = compiled(name, steps, values, 0, steps)
    np.testing.assert_allclose(whole, expected, rtol=1e-15, atol=1e-300)
    for chunk in (1, 7, 32):
        parts = [compiled(name, steps, values, k, min(chunk, steps - k)) for k in range(0, steps, chunk)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_run_applies_the_factor_of_each_step(name: str) -> None:
    steps, values = EVERY[name][1]
    b = batch("sgdw", "plateau", {}, [[1.0]], (name, values), lr=0.1, momentum=0.0, weight_decay=0.2)
    expected = np.cumprod(1.0 - 0.1 * 0.2 * plain(name, steps, values))
    np.testing.assert_allclose(run(b, steps, every=1, chunk=7).w[1:, 0, 0], expected, rtol=1e-13)


@pytest.mark.parametrize(("name", "steps", "values"), LISTED)
def test_factors_lie_between_0_and_1(name: str, steps: int, values: dict[str, Any]) -> None:
    factors = plain(name, steps, values)
    assert np.all((factors >= 0.0) & (factors <= 1.0))


@pytest.mark.parametrize(("name", "steps", "values"), LISTED)
def test_warm_up_is_a_line_that_ends_at_1(name: str, steps: int, values: dict[str, Any]) -> None:
    spec = registry.load("schedules", name).SPEC
    if any(p.name == "warmup_steps" for p in spec.parameters):
        W = values.get("warmup_steps", 0)
        t = np.arange(1, min(W, steps) + 1)
        np.testing.assert_array_equal(plain(name, steps, values)[:W], t / max(W, 1))
    else:
        assert plain(name, steps, values)[0] == 1.0


@pytest.mark.parametrize(("name", "steps", "values"), LISTED)
def test_the_last_step_has_the_final_fraction(name: str, steps: int, values: dict[str, Any]) -> None:
    spec = registry.load("schedules", name).SPEC
    if any(p.name == "final_fraction" for p in spec.parameters) and values.get("warmup_steps", 0) < steps:
        assert plain(name, steps, values)[-1] == values.get("final_fraction", 0.0)


@pytest.mark.parametrize(("name", "steps", "values"), EACH)
def test_a_schedule_that_says_it_is_constant_is(name: str, steps: int, values: dict[str, Any]) -> None:
    spec = registry.load("schedules", name).SPEC
    said = spec.is_constant(complete(spec, values))
    factors = plain(name, steps, values)
    assert not said or np.all(factors == 1.0)
    # The other way round only where the run is long enough to show a change.
    if steps >= 20:
        assert said == bool(np.all(factors == 1.0))


@pytest.mark.parametrize(("name", "steps", "values"), EACH)
def test_the_cases_are_allowed(name: str, steps: int, values: dict[str, Any]) -> None:
    spec = registry.load("schedules", name).SPEC
    filled = complete(spec, values)
    assert spec.constraint(filled, steps) is None
    for p in spec.parameters:
        assert p.name in values or not p.required
        assert p.ge is None or filled[p.name] >= p.ge
        assert p.gt is None or filled[p.name] > p.gt
        assert p.le is None or filled[p.name] <= p.le


@pytest.mark.parametrize(("name", "case"), [(name, case) for name, cases in REFUSED.items() for case in cases])
def test_what_makes_no_sense_is_refused(name: str, case: tuple[int, dict[str, Any], str]) -> None:
    steps, values, word = case
    spec = registry.load("schedules", name).SPEC
    message = spec.constraint(complete(spec, values), steps)
    assert message is not None
    assert word in message
    assert not message.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_is_allowed_has_finite_factors_only(name: str) -> None:
    """The constraint, not an exception half-way through a run, is what catches a power that is too large."""
    spec = registry.load("schedules", name).SPEC
    for steps, values in EVERY[name] + [(case[0], case[1]) for case in REFUSED.get(name, [])]:
        if spec.constraint(complete(spec, values), steps) is None:
            assert all(map(math.isfinite, plain(name, steps, values)))
    for base in ("rate", "factor"):
        if name in CASES and any(p.name == base for p in spec.parameters):
            values = {p.name: 1 for p in spec.parameters} | {base: 2.0}
            assert spec.constraint(values, 1000) is None
            assert all(map(math.isfinite, plain(name, 1000, values)))


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_has_formula_source_and_example(name: str) -> None:
    text = registry.load("schedules", name).__doc__ or ""
    assert "factor(t) =" in text
    assert "Source" in text
    assert ">>>" in text


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_what_the_spec_says(name: str) -> None:
    module = registry.load("schedules", name)
    expected = ["t", "steps", *(p.name for p in module.SPEC.parameters)]
    assert list(inspect.signature(module.value).parameters) == expected


@pytest.mark.parametrize("name", registry.own("schedules"))
def test_math_is_the_only_import(name: str) -> None:
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(registry.load("schedules", name)))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    assert found <= {"math", "adamw_cli.vocabulary"}
