"""The environment as far as results and speed depend on it, what to do about it, and a self-test of the engine in it."""

import importlib.util
import os
import platform
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adamw_cli import registry
from adamw_cli._version import __version__
from adamw_cli.engine import choice, private
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.requirements import installed, unmet
from adamw_cli.engine.run import run

_DEPENDENCIES = ("numpy", "numba", "llvmlite", "typer", "rich", "pyyaml")
# Extra -> the package that it installs first.
_EXTRAS = {"parquet": "pyarrow", "torch": "torch", "jax": "jax"}
_STEPS = 200
# What decides how many numbers an instruction takes: the rest of a long list says little.
_VECTORS = ("sse4.2", "avx", "avx2", "fma", "avx512f", "neon", "sve")
# Of what tables have: a sparkline, a Greek letter, the mark of a passed expectation.
_SAMPLE = "▁█λ✓"


@dataclass(frozen=True)
class Finding:
    """One fact; `ok` is False where the tool cannot do its work because of it, `advice` is what to do if anything is."""

    name: str
    value: str
    ok: bool = True
    advice: str = ""


def examine() -> list[Finding]:
    """Return every finding, the self-test last."""
    found = [
        Finding("adamw-cli", __version__),
        Finding("python", f"{platform.python_version()} ({platform.python_implementation()})", advice=unmet("python")),
        Finding("platform", platform.platform()),
        Finding("processors", str(os.cpu_count())),
        Finding("executable", sys.executable),
    ]
    found += [_dependency(name) for name in _DEPENDENCIES]
    found += [_extra(extra, package) for extra, package in _EXTRAS.items()]
    found += [_stream(name) for name in ("stdin", "stdout", "stderr")]
    return [*found, *_engine(), *_cache(), _self_test()]


def _dependency(package: str) -> Finding:
    there = installed(package)
    if there is None:
        return Finding(package, "missing", ok=False, advice="install adamw-cli anew, with its dependencies")
    return Finding(package, there, advice=unmet(package))


def _extra(extra: str, package: str) -> Finding:
    if importlib.util.find_spec(package) is None:
        return Finding(f"extra {extra}", f"{package} not installed")
    return Finding(f"extra {extra}", f"{package} {installed(package) or 'missing'}", advice=unmet(package))


def _stream(name: str) -> Finding:
    """A standard stream: whether somebody sees it, and whether it can have all that is written to it."""
    stream = getattr(sys, name)
    if stream is None:
        return Finding(name, "closed", advice="the shell closed it, as `>&-` does; /dev/null is safer")
    encoding = getattr(stream, "encoding", None) or "no encoding"
    advice = ""
    if name != "stdin":
        try:
            _SAMPLE.encode(encoding)
        except (UnicodeError, LookupError):
            advice = "some characters are shown as escapes; set PYTHONIOENCODING=utf-8"
    return Finding(name, f"{encoding}, {'a terminal' if stream.isatty() else 'no terminal'}", advice=advice)


def _engine() -> list[Finding]:
    """What runs kernels, and on which processor."""
    found, trouble = choice.native(), choice.trouble()
    if found is None:
        advice = "install numba and llvmlite anew; until then results are the same and come slowly"
        return [Finding("engine", f"python: {trouble}", ok=False, advice=advice)]
    name, features = found.processor()
    there = [feature for feature in _VECTORS if f"+{feature}" in features.split(",")]
    return [Finding("engine", choice.wanted() or "llvm"), Finding("processor", " ".join([f"{name}:", *there]))]


def _cache() -> list[Finding]:
    """Where compiled kernels are kept, and whether that is a place for code."""
    top, unsafe = private.root(), private.warning()
    named = os.environ.get(private.ENVIRONMENT_VARIABLE)
    change = f"set {private.ENVIRONMENT_VARIABLE} to a folder that is yours alone and can be written"
    advice = ""
    if unsafe is not None:
        advice = f"{unsafe}, or take others' right to write from the folder"
    elif named and (top is None or top != Path(named) / "adamw"):
        advice = f"nothing can be written in {named}: {change}"
    if top is None:
        return [Finding("kernel cache", "none", advice=advice or f"no folder can be written: {change}")]
    found, files = choice.native(), private.kernels()
    here = 0 if found is None else sum(path.parent == found.folder() for path in files)
    size = sum(path.stat().st_size for path in files)
    mode = f"mode {stat.S_IMODE(top.stat().st_mode):o}, yours alone" if hasattr(os, "getuid") else "in your profile"
    return [
        Finding("kernel cache", str(top), advice=advice),
        Finding("cache safety", mode),
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
    advice = "run `adamw cache clean` and this again; if it still fails, report it with this table"
    try:
        measured = float(run(batch, _STEPS).final_w[0, 0])
    except Exception as error:  # whatever it is, that is the diagnosis
        return Finding("self-test", f"failed: {type(error).__name__}: {error}", ok=False, advice=advice)
    off = abs(measured - float(state[0])) / abs(float(state[0]))
    value = f"engine and plain Python differ by {off:.1e} after {_STEPS} steps"
    return Finding("self-test", value) if off < 1e-12 else Finding("self-test", value, ok=False, advice=advice)
