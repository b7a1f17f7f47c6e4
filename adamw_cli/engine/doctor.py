"""The environment as far as results and speed depend on it, and a self-test of the engine in it."""

import importlib.util
import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from adamw_cli import registry
from adamw_cli._version import __version__
from adamw_cli.engine import choice, private
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import run

_DEPENDENCIES = ("numpy", "numba", "llvmlite", "typer", "rich", "pyyaml")
# Extra -> the package that it installs first.
_EXTRAS = {"parquet": "pyarrow", "torch": "torch", "jax": "jax"}
_STEPS = 200


@dataclass(frozen=True)
class Finding:
    """One fact; `ok` is False where the tool cannot do its work because of it."""

    name: str
    value: str
    ok: bool = True


def examine() -> list[Finding]:
    """Return every finding, the self-test last."""
    found = [
        Finding("adamw-cli", __version__),
        Finding("python", f"{platform.python_version()} ({platform.python_implementation()})"),
        Finding("platform", platform.platform()),
        Finding("processors", str(os.cpu_count())),
        Finding("executable", sys.executable),
    ]
    found += [Finding(name, _version(name), _version(name) != "missing") for name in _DEPENDENCIES]
    found += [Finding(f"extra {extra}", _extra(package)) for extra, package in _EXTRAS.items()]
    return [*found, *_engine(), _self_test()]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _extra(package: str) -> str:
    return f"{package} {_version(package)}" if importlib.util.find_spec(package) else f"{package} not installed"


def _engine() -> list[Finding]:
    """What runs kernels, and where compiled ones are kept."""
    found, trouble = choice.native(), choice.trouble()
    wanted = choice.wanted()
    engine = (
        Finding("engine", wanted or "llvm") if trouble is None else Finding("engine", f"python: {trouble}", ok=False)
    )
    top = private.root()
    if top is None:
        return [engine, Finding("kernel cache", f"none: no folder can be written; set {private.ENVIRONMENT_VARIABLE}")]
    files = private.kernels()
    here = 0 if found is None else sum(path.parent == found.folder() for path in files)
    size = sum(path.stat().st_size for path in files)
    return [
        engine,
        Finding("kernel cache", str(top)),
        Finding("kernels", f"{here} of this version, {size / 1024:.0f} KiB in all"),
    ]


def _self_test() -> Finding:
    """AdamW on a slope: the engine against the rule by itself."""
    rule, slope = registry.load("optimizers", "adamw"), registry.load("landscapes", "slope")
    values = {"lr": 0.01, "weight_decay": 0.3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    batch = Batch(
        optimizer=rule,
        landscape=slope,
        landscape_values={"gradient": 0.7},
        start=np.array([[1.5]]),
        scalars={name: np.array([[value]]) for name, value in values.items()},
        switches={"amsgrad": False},
        schedules=[(registry.load("schedules", "constant"), {"warmup_steps": 0})],
    )
    state: tuple[float, ...] = (1.5, 0.0, 0.0, 0.0)
    for t in range(1, _STEPS + 1):
        coefficients = rule.SPEC.coefficients_at(t, values, 1.0)
        state = rule.update(state[0], 0.7, *state[1:], *values.values(), *coefficients, False)
    try:
        measured = float(run(batch, _STEPS).final_w[0, 0])
    except Exception as error:  # whatever it is, that is the diagnosis
        return Finding("self-test", f"failed: {type(error).__name__}: {error}", ok=False)
    off = abs(measured - float(state[0])) / abs(float(state[0]))
    return Finding("self-test", f"engine and plain Python differ by {off:.1e} after {_STEPS} steps", off < 1e-12)
