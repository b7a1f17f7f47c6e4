"""From a scenario to batches: runs of one rule go through the engine side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from adamw_cli import registry
from adamw_cli.engine.lower import Batch
from adamw_cli.scenario.model import Kind, Scenario
from adamw_cli.spec import Rule
from adamw_cli.trace import Array


def scalar_columns(rule: Rule, values: Mapping[str, Any], dimension: int) -> dict[str, Array]:
    """Return each float hyperparameter of a run with one value per coordinate, (d,); a pair as its components."""
    columns: dict[str, Array] = {}
    for p in rule.parameters:
        if p.kind == "bool":
            continue
        value = np.asarray(values[p.name], dtype=np.float64)
        if p.components is None:
            columns[p.name] = np.broadcast_to(value, (dimension,))
        else:
            for j, name in enumerate(p.components):
                columns[name] = np.broadcast_to(value[..., j], (dimension,))
    return columns


def _schedule(clock: Kind) -> tuple[Any, Mapping[str, Any]]:
    return registry.load("schedules", clock.kind), clock.values


def batches(scenario: Scenario) -> list[tuple[list[str], Batch]]:
    """Return the batches of a scenario, each with the names of its runs in the order of its lanes.

    Runs share a batch if they share the rule and its switches; hyperparameters, start and schedule are per lane.
    """
    groups: dict[tuple[str, tuple[bool, ...]], list[str]] = {}
    for name, config in scenario.optimizers.items():
        rule: Rule = registry.load("optimizers", config.kind).SPEC
        switches = tuple(bool(config.values[s]) for s in rule.switches)
        groups.setdefault((config.kind, switches), []).append(name)
    d = len(scenario.start)
    start = np.array(scenario.start, dtype=np.float64)
    found = []
    for (kind, switches), names in groups.items():
        module = registry.load("optimizers", kind)
        configs = [scenario.optimizers[name] for name in names]
        columns = [scalar_columns(module.SPEC, config.values, d) for config in configs]
        batch = Batch(
            optimizer=module,
            landscape=registry.load("landscapes", scenario.landscape.kind),
            landscape_values=scenario.landscape.values,
            start=np.repeat(start[:, None], len(names), axis=1),
            scalars={name: np.stack([c[name] for c in columns], axis=1) for name in module.SPEC.scalars},
            switches=dict(zip(module.SPEC.switches, switches, strict=True)),
            schedules=[_schedule(config.schedule or scenario.schedule) for config in configs],
        )
        found.append((names, batch))
    return found
