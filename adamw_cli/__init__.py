"""The test bench for weight decay: exact optimizer dynamics, measured beside theory.

>>> import adamw_cli
>>> round(adamw_cli.half_life(lr=1e-3, weight_decay=0.1).half_life_steps, 3)
6931.125

Names are imported when they are first used, so that `import adamw_cli` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from adamw_cli._version import __version__

if TYPE_CHECKING:
    from adamw_cli.api import check, claims, conform, exported_probes, papers, reproduce, simulate, validate
    from adamw_cli.batch import simulate_batch
    from adamw_cli.calculators.convert import Conversion, convert
    from adamw_cli.calculators.defaults import defaults
    from adamw_cli.calculators.half_life import HalfLife, half_life
    from adamw_cli.conformance.judge import Judgement
    from adamw_cli.errors import AdamwError, ExitCode, ScenarioError, UsageError
    from adamw_cli.judging.check import CheckResult
    from adamw_cli.judging.simulate import Simulation
    from adamw_cli.registry import load_plugin
    from adamw_cli.scenario.find import load_scenario
    from adamw_cli.scenario.load import load_text
    from adamw_cli.scenario.model import Scenario
    from adamw_cli.scenario.schema import schema
    from adamw_cli.studies.critical_lambda import critical_lambda
    from adamw_cli.studies.decay import decay
    from adamw_cli.studies.overshoot import overshoot
    from adamw_cli.studies.study import Settings
    from adamw_cli.trace import Trace

# Public name -> (module, name in it).
_PUBLIC = {
    "AdamwError": ("adamw_cli.errors", "AdamwError"),
    "CheckResult": ("adamw_cli.judging.check", "CheckResult"),
    "Conversion": ("adamw_cli.calculators.convert", "Conversion"),
    "ExitCode": ("adamw_cli.errors", "ExitCode"),
    "HalfLife": ("adamw_cli.calculators.half_life", "HalfLife"),
    "Judgement": ("adamw_cli.conformance.judge", "Judgement"),
    "Scenario": ("adamw_cli.scenario.model", "Scenario"),
    "ScenarioError": ("adamw_cli.errors", "ScenarioError"),
    "Simulation": ("adamw_cli.judging.simulate", "Simulation"),
    "Trace": ("adamw_cli.trace", "Trace"),
    "UsageError": ("adamw_cli.errors", "UsageError"),
    "Settings": ("adamw_cli.studies.study", "Settings"),
    "check": ("adamw_cli.api", "check"),
    "claims": ("adamw_cli.api", "claims"),
    "conform": ("adamw_cli.api", "conform"),
    "convert": ("adamw_cli.calculators.convert", "convert"),
    "critical_lambda": ("adamw_cli.studies.critical_lambda", "critical_lambda"),
    "decay": ("adamw_cli.studies.decay", "decay"),
    "defaults": ("adamw_cli.calculators.defaults", "defaults"),
    "overshoot": ("adamw_cli.studies.overshoot", "overshoot"),
    "exported_probes": ("adamw_cli.api", "exported_probes"),
    "half_life": ("adamw_cli.calculators.half_life", "half_life"),
    "load_plugin": ("adamw_cli.registry", "load_plugin"),
    "load_scenario": ("adamw_cli.scenario.find", "load_scenario"),
    "load_text": ("adamw_cli.scenario.load", "load_text"),
    "papers": ("adamw_cli.api", "papers"),
    "reproduce": ("adamw_cli.api", "reproduce"),
    "schema": ("adamw_cli.scenario.schema", "schema"),
    "simulate": ("adamw_cli.api", "simulate"),
    "simulate_batch": ("adamw_cli.batch", "simulate_batch"),
    "validate": ("adamw_cli.api", "validate"),
}

__all__ = [
    "AdamwError",
    "CheckResult",
    "Conversion",
    "ExitCode",
    "HalfLife",
    "Judgement",
    "Scenario",
    "ScenarioError",
    "Settings",
    "Simulation",
    "Trace",
    "UsageError",
    "__version__",
    "check",
    "claims",
    "conform",
    "convert",
    "critical_lambda",
    "decay",
    "defaults",
    "exported_probes",
    "half_life",
    "load_plugin",
    "load_scenario",
    "load_text",
    "overshoot",
    "papers",
    "reproduce",
    "schema",
    "simulate",
    "simulate_batch",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
