"""The test bench for weight decay: exact optimizer dynamics, measured beside theory.

>>> import adamw_cli
>>> round(adamw_cli.half_life(lr=1e-3, weight_decay=0.1).half_life_steps, 3)
6931.125

A function for each command, by its name and with its flags as keyword arguments; docs/python.md has an example of each.
Names are imported when they are first used, so that `import adamw_cli` costs nothing.
"""

from adamw_cli._version import __version__

TYPE_CHECKING = False  # nothing is imported here: Ctrl-C would meet it before there is anybody to say so
if TYPE_CHECKING:
    from adamw_cli.api import cache, check, claims, collect, doctor, init, papers, reproduce, simulate, validate
    from adamw_cli.batch import simulate_batch
    from adamw_cli.calculators.closed_forms import closed_form, closed_forms
    from adamw_cli.calculators.convert import Conversion, convert
    from adamw_cli.calculators.defaults import FrameworkDefaults, defaults
    from adamw_cli.calculators.half_life import HalfLife, half_life
    from adamw_cli.conformance.judge import Judgement, conform
    from adamw_cli.conformance.trajectory import exported_probes
    from adamw_cli.errors import AdamwError, ExitCode, ScenarioError, UnknownNameError, UsageError
    from adamw_cli.judging.check import CheckResult
    from adamw_cli.judging.simulate import Simulation
    from adamw_cli.registry import load_plugin
    from adamw_cli.report.catalog import listing, show
    from adamw_cli.report.validation import Validation
    from adamw_cli.result import Result
    from adamw_cli.scenario.find import load_scenario
    from adamw_cli.scenario.load import load_text
    from adamw_cli.scenario.model import Scenario
    from adamw_cli.scenario.schema import schema
    from adamw_cli.studies.critical_lambda import critical_lambda
    from adamw_cli.studies.decay import decay
    from adamw_cli.studies.overshoot import overshoot
    from adamw_cli.trace import Trace

__all__ = ["__version__", "cache", "check", "claims", "closed_form", "closed_forms", "collect", "conform", "convert"]
__all__ += ["critical_lambda", "decay", "defaults", "doctor", "exported_probes", "half_life", "init", "listing"]
__all__ += ["load_plugin", "load_scenario", "load_text", "overshoot", "papers", "reproduce", "schema", "show"]
__all__ += ["simulate", "simulate_batch", "validate"]
__all__ += ["AdamwError", "CheckResult", "Conversion", "ExitCode", "FrameworkDefaults", "HalfLife", "Judgement"]
__all__ += ["Result", "Scenario", "ScenarioError", "Simulation", "Trace", "UnknownNameError", "UsageError"]
__all__ += ["Validation"]

# Module -> the public names in it.
_PUBLIC = {
    "api": "cache check claims collect doctor init papers reproduce simulate validate",
    "batch": "simulate_batch",
    "calculators.closed_forms": "closed_form closed_forms",
    "calculators.convert": "Conversion convert",
    "calculators.defaults": "FrameworkDefaults defaults",
    "calculators.half_life": "HalfLife half_life",
    "conformance.judge": "Judgement conform",
    "conformance.trajectory": "exported_probes",
    "errors": "AdamwError ExitCode ScenarioError UnknownNameError UsageError",
    "judging.check": "CheckResult",
    "judging.simulate": "Simulation",
    "registry": "load_plugin",
    "report.catalog": "listing show",
    "report.validation": "Validation",
    "result": "Result",
    "scenario.find": "load_scenario",
    "scenario.load": "load_text",
    "scenario.model": "Scenario",
    "scenario.schema": "schema",
    "studies.critical_lambda": "critical_lambda",
    "studies.decay": "decay",
    "studies.overshoot": "overshoot",
    "trace": "Trace",
}
_MODULES = {name: module for module, names in _PUBLIC.items() for name in names.split()}

if not TYPE_CHECKING:  # or a type checker would take every name for one that is there

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import_module("adamw_cli.api")  # attaches what renders results
        value = getattr(import_module(f"adamw_cli.{_MODULES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
