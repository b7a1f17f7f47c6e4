"""No layer knows a parameter or a file by its name: under generated ones there are the same bits and the same theory."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pytest

from adamw_cli import load_text, registry
from adamw_cli.conformance.judge import conform
from adamw_cli.engine import kernel
from adamw_cli.judging.simulate import Simulation, simulate
from adamw_cli.plugins import _as_module
from adamw_cli.vocabulary import LR, NoDecay, Noise, Parameter, Rule
from tests.batches import LANDSCAPES, examples
from tests.conformance.test_registered import target_of
from tests.contracts.renaming import PREFIX, given, renamed
from tests.contracts.test_every_optimizer import momentum

PLACES: dict[str, dict[str, Any]] = {
    "plateau": {"kind": "plateau"},
    "slope": {"kind": "slope", "gradient": [0.3, -2.0]},
    "pulse": {"kind": "gradient_pulse", "gradient": 0.5, "pulse_steps": 20},
    "flip": {"kind": "gradient_flip", "gradient": 0.5, "flip_at": 30},
    "bowl": {"kind": "quadratic", "curvature": [0.5, 3.0], "center": 1.0},
}


@pytest.fixture(autouse=True)
def everything_again() -> Iterator[None]:
    """Every rule, landscape, schedule and noise is there once more, under another name."""
    before = dict(registry._added)
    for package in ("optimizers", "landscapes", "schedules", "noises"):
        for name in registry.own(package):
            registry._added[package, PREFIX + name] = renamed(package, name)
    yield
    registry._added.clear()
    registry._added.update(before)


def outcome(document: dict[str, Any]) -> Simulation:
    return simulate(load_text(json.dumps({"version": 1, "start": [2.0, -1.0], "steps": 60, **document})))


def assert_same(first: Simulation, second: Simulation, *pairs: tuple[str, str]) -> None:
    """Runs give the same measurements to the bit, and are told the same by theory."""
    for one, other in pairs:
        rows, others = first.run(one).rows, second.run(other).rows
        assert [(row.metric, row.parameters) for row in rows] == [(row.metric, row.parameters) for row in others]
        for row, twin in zip(rows, others, strict=True):
            assert repr(row.measured) == repr(twin.measured), row.metric
            assert repr(row.prediction) == repr(twin.prediction), row.metric


def settings(name: str) -> dict[str, Any]:
    """Hyperparameters of which none is its default, as far as a rule has them."""
    wanted = {"lr": 0.05, "weight_decay": 0.3, "eps": 1e-2, "betas": [0.8, 0.95], "dampening": 0.1, **momentum(name)}
    known = [p.name for p in registry.load("optimizers", name).SPEC.parameters]
    return {key: value for key, value in wanted.items() if key in known}


@pytest.mark.parametrize("name", registry.own("optimizers"))
def test_a_rule_under_other_names(name: str) -> None:
    values = settings(name)
    runs = {"a": {"kind": name, **values}, "b": {"kind": PREFIX + name, **given("optimizers", name, values)}}
    spoken = 0
    for place in PLACES.values():
        for clock in ({"kind": "constant"}, {"kind": "linear"}):
            found = outcome({"landscape": place, "schedule": clock, "optimizers": runs})
            assert_same(found, found, ("a", "b"))
            spoken += sum(row.prediction.value is not None for row in found.run("b").rows)
            assert all(text.startswith("a, b: ") for text in found.warnings)
    noisy = outcome({"landscape": PLACES["plateau"], "noise": {"kind": "gaussian", "sigma": 1.0}, "trials": 4, "steps": 3000, "optimizers": runs})  # fmt: skip
    assert_same(noisy, noisy, ("a", "b"))
    assert spoken


@pytest.mark.parametrize(("name", "index"), [(name, i) for name in registry.own("landscapes") for i in range(len(LANDSCAPES[name]))])  # fmt: skip
def test_a_landscape_under_other_names(name: str, index: int) -> None:
    d, values = examples(name)[index]
    runs = {
        "adamw": {"lr": 0.01, "weight_decay": 0.3},
        "adam_l2": {"lr": 0.01, "weight_decay": 0.3},
        "sgd": {"lr": 1e-4, "weight_decay": 0.1},
    }
    one, other = (
        outcome({"landscape": place, "start": [0.5] * d, "optimizers": runs})
        for place in ({"kind": name, **values}, {"kind": PREFIX + name, **given("landscapes", name, values)})
    )
    assert_same(one, other, *((run, run) for run in runs))
    assert one.warnings == other.warnings


CLOCKS: dict[str, dict[str, Any]] = {
    "constant": {"warmup_steps": 7},
    "cosine": {"warmup_steps": 7, "final_fraction": 0.1},
    "exponential": {"rate": 0.97},
    "inverse_sqrt": {"warmup_steps": 7},
    "linear": {"warmup_steps": 7, "final_fraction": 0.1},
    "step": {"every": 9, "factor": 0.5},
    "wsd": {"warmup_steps": 7, "decay_steps": 9, "final_fraction": 0.1},
}


@pytest.mark.parametrize("name", registry.own("schedules"))
def test_a_schedule_under_other_names(name: str) -> None:
    needed = [p for p in registry.load("schedules", name).SPEC.parameters if p.required]
    values = CLOCKS.get(name) or {p.name: 3 if p.kind == "int" else 0.5 for p in needed}
    clocks = {"a": {"kind": name, **values}, "b": {"kind": PREFIX + name, **given("schedules", name, values)}}
    for place in ("plateau", "bowl"):
        runs = {run: {"kind": "adamw", "lr": 0.05, "weight_decay": 0.3, "schedule": clock} for run, clock in clocks.items()}  # fmt: skip
        found = outcome({"landscape": PLACES[place], "optimizers": runs})
        assert_same(found, found, ("a", "b"))


@pytest.mark.parametrize("name", registry.own("noises"))
def test_a_kind_of_noise_under_other_names(name: str) -> None:
    spec: Noise = registry.load("noises", name).SPEC
    default = {p.name: 1 if p.kind == "int" else 0.5 for p in spec.parameters if p.required}
    runs = {"adamw": {"lr": 0.01, "weight_decay": 0.3}, "sgdw": {"lr": 0.01, "weight_decay": 0.3}}
    for values in spec.examples or (default,):
        one, other = (
            outcome({"landscape": PLACES["plateau"], "noise": noise, "trials": 2 if spec.random else 1, "steps": 5000, "optimizers": runs})
            for noise in ({"kind": name, **values}, {"kind": PREFIX + name, **given("noises", name, values)})
        )  # fmt: skip
        assert_same(one, other, ("adamw", "adamw"), ("sgdw", "sgdw"))


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.own("optimizers"))
def test_a_rule_under_other_names_is_the_same_to_conform(name: str) -> None:
    original, other = (target_of(registry.load("optimizers", kind)) for kind in (name, PREFIX + name))
    assert conform(original, reference=PREFIX + name).conforms
    assert conform(other, reference=name).conforms
    assert conform(other).identified() == conform(original).identified()


@pytest.mark.parametrize("name", registry.own("optimizers"))
def test_the_loop_around_a_rule_is_the_same_text_whatever_the_rule_calls_things(name: str) -> None:
    """A state called `lane`, or a norm called `d`, was once taken for the loop's own variable."""
    rule, other = (registry.load("optimizers", kind).SPEC for kind in (name, PREFIX + name))
    for kind in get_args(kernel.Kind):
        assert kernel.update_source(rule, kind) == kernel.update_source(other, kind)


class Hostile:
    """Sign of a mean, divided by a norm; named as the loop names what is its own."""

    SPEC = Rule(
        parameters=(
            LR,
            Parameter("x", 0.5, "decay rate"),
            *(Parameter(n, 2.0, "a factor") for n in ("i", "factor", "sqrt")),
        ),
        state=("lane", "bad", "range"),
        decay=NoDecay(),
        coefficients=("lanes", "update"),
        coefficient_inputs=("x",),
        coefficient_values=lambda t, x: (1.0 - x**t, t),
        norms=("d",),
        normed=lambda w, g, lane, bad, range, lr, x, i, factor, sqrt, lanes, update: (x * lane + g,),
    )

    @staticmethod
    def update(w, g, lane, bad, range, lr, x, i, factor, sqrt, lanes, update, d):  # type: ignore[no-untyped-def]
        lane = x * lane + g
        return w - lr * lane / lanes / d * i * factor / sqrt, lane, bad + update, range + w


@pytest.mark.parametrize("engine", ["llvm", "python"])
def test_a_rule_may_call_things_as_the_loop_does(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    monkeypatch.setenv("ADAMW_ENGINE", engine)
    registry._added["optimizers", "hostile"] = _as_module(Hostile, sys.modules[__name__])
    run = outcome({"landscape": PLACES["bowl"], "steps": 9, "optimizers": {"hostile": {"lr": 0.1}}}).run("hostile")
    w, b = np.array([2.0, -1.0]), np.zeros(2)
    for t in range(1, 10):
        b = 0.5 * b + np.array([0.5, 3.0]) * (w - 1.0)
        w = w - 0.1 * b / (1.0 - 0.5**t) / math.hypot(*b) * 2.0 * 2.0 / 2.0
    assert run.row("weight_norm").measured == pytest.approx(math.hypot(*w), rel=1e-12)
