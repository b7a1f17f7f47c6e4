"""From a scenario to batches: runs of one rule, and their trials, go through the engine side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adamw_cli import registry
from adamw_cli.engine.lower import Batch, Draws, GradientLimit, Layer, Storage
from adamw_cli.engine.rounding import constants, nearest
from adamw_cli.formats import EXACT, FORMATS
from adamw_cli.scenario.model import Kind, Precision, RunConfig, Scenario
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Rule


def _schedule(clock: Kind) -> tuple[Any, Mapping[str, Any]]:
    return registry.load("schedules", clock.kind), clock.values


def _draws(scenario: Scenario, shape: tuple[int, int], runs: int) -> Draws | None:
    """The noise on a batch of some runs; trial by trial the same draws for every run."""
    if scenario.exact:
        return None
    layers = [
        Layer(
            registry.load("noises", noise.kind),
            {
                name: np.broadcast_to(np.asarray(value, dtype=np.float64).reshape(-1, 1), shape)
                for name, value in noise.values.items()
            },
        )
        for noise in scenario.noise
    ]
    trials = np.tile(np.arange(scenario.trials, dtype=np.int64), runs)
    if not scenario.antithetic:
        return Draws(tuple(layers), scenario.seed, trials)
    return Draws(tuple(layers), scenario.seed, trials // 2, (trials % 2).astype(np.float64))


def _storage(scenario: Scenario, precision: Precision, runs: int) -> Storage | None:
    """What the numbers of a batch of some runs are rounded to."""
    if precision.exact:
        return None
    trials = np.tile(np.arange(scenario.trials, dtype=np.int64), runs)
    p = precision
    return Storage(p.weights, p.state, p.random, p.kahan, scenario.seed, trials)


def _clip(configs: Sequence[RunConfig], trials: int) -> GradientLimit | None:
    """The limits to the gradients of some runs, which all have one of the same kind or none."""
    clipped = configs[0].clip.clipped
    if clipped is None:
        return None
    return GradientLimit(
        clipped, np.repeat(np.array([config.clip.limit for config in configs], dtype=np.float64), trials)
    )


def stored(values: Array, name: str) -> Array:
    """Numbers rounded to nearest in a format, as a run starts from them."""
    if name == EXACT:
        return values
    form = constants(FORMATS[name])
    return np.array([nearest(float(value), *form) for value in values.ravel()]).reshape(values.shape)


def batches(scenario: Scenario) -> list[tuple[list[str], Batch]]:
    """Return the batches of a scenario, each with the names of its runs in the order of its lanes.

    Each run has scenario.trials lanes next to one another, which differ by their noise alone. Runs share a batch if they share the rule, its switches, the precision and what is clipped; hyperparameters, start, schedule and limit are per lane.
    """
    groups: dict[tuple[str, tuple[bool, ...], Precision, str | None], list[str]] = {}
    for name, config in scenario.optimizers.items():
        rule: Rule = registry.load("optimizers", config.kind).SPEC
        switches = tuple(bool(config.values[s]) for s in rule.switches)
        groups.setdefault((config.kind, switches, config.precision, config.clip.clipped), []).append(name)
    d = len(scenario.start)
    start = np.array(scenario.start, dtype=np.float64)
    found = []
    for (kind, switches, precision, _), names in groups.items():
        module = registry.load("optimizers", kind)
        configs = [scenario.optimizers[name] for name in names]
        columns = [module.SPEC.columns(config.values, d) for config in configs]
        lanes = len(names) * scenario.trials
        batch = Batch(
            optimizer=module,
            landscape=registry.load("landscapes", scenario.landscape.kind),
            landscape_values=scenario.landscape.values,
            start=np.repeat(stored(start, precision.weights)[:, None], lanes, axis=1),
            scalars={
                name: np.repeat(np.stack([c[name] for c in columns], axis=1), scenario.trials, axis=1)
                for name in module.SPEC.scalars
            },
            switches=dict(zip(module.SPEC.switches, switches, strict=True)),
            schedules=[
                _schedule(config.schedule or scenario.schedule) for config in configs for _ in range(scenario.trials)
            ],
            draws=_draws(scenario, (d, lanes), len(names)),
            clip=_clip(configs, scenario.trials),
            storage=_storage(scenario, precision, len(names)),
        )
        found.append((names, batch))
    return found
