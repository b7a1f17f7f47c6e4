"""Which metrics a scenario is measured by: what its landscape gives a meaning to, and what its expectations ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adamw_cli import registry
from adamw_cli.scenario.model import Scenario
from adamw_cli.spec import EXTERNAL, Landscape, Metric, Need

# A metric together with its parameters; the same metric may be asked for with several.
Request = tuple[str, tuple[tuple[str, Any], ...]]


def request(metric: str, parameters: Mapping[str, Any] | None = None) -> Request:
    """Key of a metric with parameters; those left at their defaults are not in it."""
    defaults = {p.name: p.default for p in registry.load("metrics", metric).SPEC.parameters}
    chosen = {k: v for k, v in (parameters or {}).items() if v != defaults[k]}
    return metric, tuple(sorted(chosen.items()))


# What every run is described by.
ALWAYS: tuple[Request, ...] = (("status", ()), ("final_loss", ()), ("gradient_norm", ()))


def requests(scenario: Scenario) -> list[Request]:
    """Every metric that means something here, once with its defaults, then what the expectations ask for."""
    there = circumstances(scenario)
    wanted = []
    for name in registry.names("metrics"):
        spec: Metric = registry.load("metrics", name).SPEC
        if not spec.on_request and there.issuperset(spec.needs):
            wanted.append(request(name))
    wanted += [request(e.metric, e.parameters) for e in scenario.expect]
    return list(dict.fromkeys(wanted))


def circumstances(scenario: Scenario) -> frozenset[Need]:
    """The needs of metrics that the scenario's landscape meets."""
    module = registry.load("landscapes", scenario.landscape.kind)
    spec: Landscape = module.SPEC
    values = scenario.landscape.values
    met: dict[Need, bool] = {
        "turn": spec.turn_step(values) is not None,
        "fading": spec.after_turn(values) == "zero",
        "minimizer": module.minimizer(len(scenario.start), values) is not None,
        "plateau": spec.gradient == "zero",
        "external": spec.gradient in EXTERNAL,
    }
    return frozenset(need for need, there in met.items() if there)
