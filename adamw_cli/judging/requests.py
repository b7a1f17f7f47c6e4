"""Which metrics a scenario is measured by: what its landscape gives a meaning to, and what its expectations ask for."""

from collections.abc import Mapping
from typing import Any

from adamw_cli import registry
from adamw_cli.scenario.model import Expectation, Scenario
from adamw_cli.vocabulary import Landscape, Metric, Need, Zero

# A metric together with its parameters; the same metric may be asked for with several.
Request = tuple[str, tuple[tuple[str, Any], ...]]
# Beside its own parameters any metric may be asked for as if the run had ended after a step.
AT_STEP = "at_step"


def request(metric: str, parameters: Mapping[str, Any] | None = None, at_step: int | None = None) -> Request:
    """Key of a metric with parameters; those left at their defaults are not in it."""
    defaults = {p.name: p.default for p in registry.load("metrics", metric).SPEC.parameters}
    chosen = {k: v for k, v in (parameters or {}).items() if v != defaults[k]}
    if at_step is not None:
        chosen[AT_STEP] = at_step
    return metric, tuple(sorted(chosen.items()))


def wanted_by(expectation: Expectation) -> Request:
    """What an expectation asks for."""
    return request(expectation.metric, expectation.parameters, expectation.at_step)


def end_of(key: Request) -> int | None:
    """The step at which the run is taken to end; None for its own end."""
    found: int | None = dict(key[1]).get(AT_STEP)
    return found


def own_parameters(key: Request) -> dict[str, Any]:
    """The metric's own parameters."""
    return {name: value for name, value in key[1] if name != AT_STEP}


# What every run is described by.
ALWAYS: tuple[Request, ...] = (("status", ()), ("final_loss", ()), ("gradient_norm", ()))


def requests(scenario: Scenario) -> list[Request]:
    """Every metric that means something here, once with its defaults, then what the expectations ask for."""
    there = circumstances(scenario)
    wanted = []
    for name in registry.own("metrics"):  # those of plug-ins on request only: what is installed changes no table
        spec: Metric = registry.load("metrics", name).SPEC
        if spec.shown and there.issuperset(spec.needs):
            wanted.append(request(name))
    wanted += [wanted_by(e) for e in scenario.expect]
    return list(dict.fromkeys(wanted))


def circumstances(scenario: Scenario) -> frozenset[Need]:
    """The needs of metrics that the scenario's landscape meets."""
    module = registry.load("landscapes", scenario.landscape.kind)
    spec: Landscape = module.SPEC
    values = scenario.landscape.values
    met: dict[Need, bool] = {
        "turn": spec.gradient.turn(values) is not None,
        "fading": spec.gradient.then(values) == "zero",
        "minimizer": module.minimizer(len(scenario.start), values) is not None,
        "plateau": isinstance(spec.gradient, Zero),
        "external": spec.gradient.external,
    }
    return frozenset(need for need, there in met.items() if there)
