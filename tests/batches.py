"""Batches for tests, and loops that know nothing of the engine to compare it with."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from adamw_cli import registry
from adamw_cli.engine.lower import Batch
from adamw_cli.trace import Array
from adamw_cli.vocabulary import REQUIRED, Parameter


def complete(spec: Any, values: Any) -> dict[str, Any]:
    """Fill in defaults; a required parameter must be given."""
    filled = {p.name: values.get(p.name, p.default) for p in spec.parameters}
    assert set(values) <= set(filled), "a test names a parameter that does not exist"
    assert all(value is not REQUIRED for value in filled.values()), (
        "an example or a test leaves out a parameter that has no default"
    )
    for p in spec.parameters:
        if p.kind == "parts" and filled[p.name] is not None:
            filled[p.name] = tuple(_part(dict(given)) for given in filled[p.name])
    return filled


def _part(given: dict[str, Any]) -> dict[str, Any]:
    kind = given.pop("kind")
    return {"kind": kind, **complete(registry.load("landscapes", kind).SPEC, given)}


def usable(p: Parameter) -> float | int:
    """A number for a parameter that has no example."""
    if p.default is not REQUIRED:
        return float(p.default)
    return 0.5 if p.kind == "float" and p.allows(0.5) else 1


def examples(name: str) -> list[tuple[int, dict[str, Any]]]:
    """(dimension, parameters that are set) of a landscape: those that it declares, or its defaults."""
    spec = registry.load("landscapes", name).SPEC
    return list(spec.examples) or [(spec.min_dimension, {})]


# With these every generic test runs; every optional branch is in them.
LANDSCAPES: dict[str, list[tuple[int, dict[str, Any]]]] = {
    name: [(d, complete(registry.load("landscapes", name).SPEC, given)) for d, given in examples(name)]
    for name in registry.names("landscapes")
}


def batch(
    kind: str, landscape: str, landscape_values: dict[str, Any], start: Any, schedule: tuple[str, dict[str, Any]] = ("constant", {}),
    **hyperparameters: Any,
) -> Batch:  # fmt: skip
    """A batch of one rule; hyperparameters broadcast to (d, lanes), `betas` is a pair of such."""
    module = registry.load("optimizers", kind)
    start = np.asarray(start, dtype=float)
    values = complete(module.SPEC, {"lr": 0.01, **hyperparameters})
    scalars: dict[str, Array] = {}
    for p in module.SPEC.parameters:
        if p.kind != "bool":
            parts = zip(p.components, values[p.name], strict=True) if p.components else [(p.name, values[p.name])]
            scalars.update({name: np.broadcast_to(np.asarray(v, dtype=float), start.shape) for name, v in parts})
    clock = registry.load("schedules", schedule[0])
    entry = (clock, complete(clock.SPEC, schedule[1]))
    switches = {name: values[name] for name in module.SPEC.switches}
    return Batch(
        module,
        registry.load("landscapes", landscape),
        landscape_values,
        start,
        scalars,
        switches,
        [entry] * start.shape[1],
    )


def plain_run(batch: Batch, steps: int) -> Array:
    """Weights after every step, (steps, d, lanes): Python floats, one step at a time, no engine."""
    rule = batch.optimizer.SPEC
    d, lanes = batch.start.shape
    form = batch.landscape.lower(d, batch.landscape_values)
    w = batch.start.copy()
    state = np.zeros((len(rule.state), d, lanes))
    record = np.empty((steps, d, lanes))
    for t in range(1, steps + 1):
        g = plain_gradient(form, w, t)
        for lane in range(lanes):
            module, values = batch.schedules[lane]
            factor = module.value(float(t), float(steps), *(float(values[p.name]) for p in module.SPEC.parameters))
            switches = [batch.switches[name] for name in rule.switches]
            given = []
            for i in range(d):
                scalars = [float(batch.scalars[name][i, lane]) for name in rule.scalars]
                coefficients = rule.coefficients_at(t, dict(zip(rule.scalars, scalars, strict=True)), factor)
                scalars[0] *= factor
                seen = [float(w[i, lane]), float(g[i, lane]), *(float(s) for s in state[:, i, lane])]
                given.append([*seen, *scalars, *coefficients])
            norms = plain_norms(rule, [[*arguments, *switches] for arguments in given])
            for i in range(d):
                moved = batch.optimizer.update(*given[i], *norms, *switches)
                w[i, lane] = moved[0] if form.box is None else min(max(moved[0], form.box[0]), form.box[1])
                state[:, i, lane] = moved[1:]
        record[t - 1] = w
    return record


def plain_norms(rule: Any, arguments: list[list[Any]]) -> list[float]:
    """What a rule's `update` gets for the norms that it names; arguments : what its `normed` takes, for each coordinate."""
    if not rule.norms:
        return []
    return [
        sum(part * part for part in parts) ** 0.5 for parts in zip(*(rule.normed(*a) for a in arguments), strict=True)
    ]


def plain_gradient(form: Any, w: Array, t: int) -> Array:
    """Gradient by the uncompiled function; w : (d, lanes)."""
    d, lanes = w.shape
    g = np.zeros_like(w)
    if form.separable:
        for i in range(d):
            for lane in range(lanes):
                g[i, lane] = form.function(float(w[i, lane]), float(t), *(float(row[i]) for row in form.rows))
    else:
        form.function(w, g, d, lanes, float(t), np.asarray(form.shared, dtype=float))
    return g


def every_combination() -> list[tuple[str, str, int]]:
    """(rule, landscape, index of the landscape's parameters): every rule and every landscape.

    Rules and gradients are compiled apart and meet through a pointer, so that not every pair is needed: each rule on one landscape
    of every kind of gradient and form, each landscape under one rule of every number of states.
    """
    cases = [(name, index) for name, given in LANDSCAPES.items() for index in range(len(given))]
    forms: dict[object, tuple[str, int]] = {}
    for name, index in cases:
        module, (d, values) = registry.load("landscapes", name), LANDSCAPES[name][index]
        forms.setdefault((type(module.SPEC.gradient), module.lower(d, values).separable), (name, index))
    states: dict[int, str] = {}
    for kind in registry.names("optimizers"):
        states.setdefault(len(registry.load("optimizers", kind).SPEC.state), kind)
    pairs = [(kind, *form) for kind in registry.names("optimizers") for form in forms.values()]
    pairs += [(kind, *case) for case in cases for kind in states.values()]
    return list(dict.fromkeys(pairs))


Factory = Callable[..., Any]
Module = ModuleType
