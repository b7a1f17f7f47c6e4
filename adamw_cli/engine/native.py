"""Kernels as callable addresses: from the cache, or compiled once by jit.py and put there.

A process that finds its kernels in the cache needs llvmlite alone; numba is imported only to compile.
Both ways load the same object code, so a result never depends on which way it was.
"""

from __future__ import annotations

import ctypes
import inspect
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache as memoize
from math import isfinite
from types import ModuleType
from typing import TYPE_CHECKING, Any

from llvmlite import binding

from adamw_cli.engine import cache, kernel
from adamw_cli.engine.rounding import constants, nearest, stochastic
from adamw_cli.formats import EXACT, FORMATS
from adamw_cli.noises._bits import uniform
from adamw_cli.plugins import uncompilable
from adamw_cli.vocabulary import Form, Rule

if TYPE_CHECKING:
    from adamw_cli.engine.lower import Storage

_lock = threading.Lock()
_addresses: dict[str, int] = {}
_compiled: list[str] = []
_announce: list[Callable[[], None]] = []
_SYMBOL = "adamw_kernel"


def on_compile(callback: Callable[[], None] | None) -> None:
    """Set what is called once, before the first kernel that this process has to compile."""
    _announce[:] = [callback] if callback else []


def compiled_here() -> list[str]:
    """Names of the kernels that this process had to compile."""
    return list(_compiled)


def _new_machine() -> Any:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        codemodel="jitdefault",
        jit=True,
    )


@memoize
def _machine() -> Any:
    return _new_machine()


@memoize
def _engine() -> Any:
    # An engine owns its machine, so it cannot share the one that emits objects.
    return binding.create_mcjit_compiler(binding.parse_assembly(""), _new_machine())


def _compile(
    name: str, family: str, source: str | None, functions: dict[str, Callable[..., Any]], constants: dict[str, bool]
) -> bytes:
    """Object code with the C function `adamw_kernel_<name>`."""
    for announce in _announce:
        announce()
    _announce.clear()
    from adamw_cli.engine import jit

    try:
        assembly, symbol = jit.compile_kernel(family, source, functions, constants)
        _compiled.append(name)
        wanted = f"{_SYMBOL}_{name}"
        named = assembly.replace(f'@"{symbol}"', f"@{symbol}").replace(symbol, wanted)
        return jit.emit_object(named, wanted, _machine())
    except Exception as error:
        raise uncompilable(functions.values(), error) from error


def _address(
    name: str,
    family: str,
    source: str | None = None,
    functions: dict[str, Callable[..., Any]] | None = None,
    constants: dict[str, bool] | None = None,
) -> int:
    with _lock:
        if name not in _addresses:
            code = cache.load(name)
            if code is None:
                code = _compile(name, family, source, functions or {}, constants or {})
                cache.store(name, code)
            _engine().add_object_file(binding.ObjectFileRef.from_data(code))
            _engine().finalize_object()
            _addresses[name] = _engine().get_function_address(f"{_SYMBOL}_{name}")
    return _addresses[name]


def _stem(function: Callable[..., Any]) -> str:
    return function.__module__.rpartition(".")[2]


def update(
    rule: Rule, function: Callable[..., Any], switches: dict[str, bool], mixed: bool, uniform: bool = False
) -> int:
    """Address of the block loop around a rule; `switches` as in Rule.switches, the others as in kernel.Kind."""
    kind: kernel.Kind = "mixed" if mixed else "uniform" if uniform else "even"
    name = "_".join(["update", _stem(function), *(k for k, on in switches.items() if on), kind])
    constants = {f"SWITCH_{key.upper()}": bool(value) for key, value in switches.items()}
    return _address(name, "update", kernel.update_source(rule, kind), rule_functions(rule, function), constants)


def rule_functions(rule: Rule, update: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The scalar functions of a rule, under the names that kernel.update_source calls them by."""
    return {"update": update} if rule.normed is None else {"update": update, "normed": rule.normed}


def gradient(form: Form) -> int:
    """Address of the block function that fills the gradient row."""
    name = f"gradient_{_stem(form.function)}_{form.name}"
    source = kernel.gradient_source(form.separable, len(form.rows))
    return _address(name, "gradient", source, {"gradient": form.function})


def noise(kinds: Sequence[ModuleType], antithetic: bool = False) -> int:
    """Address of the block function that makes the gradient row noisy, by kinds of noise one after another."""
    functions: dict[str, Callable[..., Any]] = {"uniform": uniform}
    for k, kind in enumerate(kinds):
        functions[f"noisy_{k}"] = kind.noisy
        if kind.SPEC.prepare is not None:
            functions[f"prepare_{k}"] = kind.SPEC.prepare
    name = "noise_" + "_then_".join(_stem(kind.noisy) for kind in kinds) + ("_antithetic" if antithetic else "")
    source = kernel.noise_source([kind.SPEC for kind in kinds], antithetic)
    return _address(name, "noise", source, functions)


def clip(clipped: kernel.Clipped) -> int:
    """Address of the block function that clips the gradient row."""
    return _address(f"clip_{clipped}", "clip", kernel.clip_source(clipped))


def schedule(value: Callable[..., float]) -> int:
    """Address of the loop that tabulates a schedule."""
    parameters = len(inspect.signature(value).parameters) - 2
    return _address(f"schedule_{_stem(value)}", "schedule", kernel.schedule_source(parameters), {"value": value})


def store(storage: Storage, rule: Rule) -> int:
    """Address of the block function that rounds weights and states to what they are stored as."""
    weights, state = (
        "" if name == EXACT else ", ".join(map(_literal, constants(FORMATS[name])))
        for name in (storage.weights, storage.state)
    )
    kinds = [*(["stochastic"] if storage.stochastic else []), *(["kahan"] if storage.kahan else [])]
    name = "_".join(["store", storage.weights, storage.state, *kinds, str(len(rule.state))])
    source = kernel.store_source(
        kernel.Layout(rule), len(rule.state), weights, state, storage.stochastic, storage.kahan
    )
    return _address(name, "store", source, {"nearest": nearest, "stochastic": stochastic, "uniform": uniform})


def _literal(value: float) -> str:
    """A number as source text, infinity and nan included."""
    return repr(value) if isfinite(value) else "1e999" if value > 0.0 else "(1e999 - 1e999)"


def advance(noisy: bool, clipped: bool, boxed: bool, stored: bool) -> int:
    """Address of the loop over steps; with noise on the gradient, a limit to it, a box after the update, few bits after it, or without."""
    switches = {"noisy": noisy, "clipped": clipped, "boxed": boxed, "stored": stored}
    name = "_".join(["advance", *(word for word, on in switches.items() if on)])
    return _address(name, "advance", constants={"NOISE": noisy, "CLIP": clipped, "BOX": boxed, "STORE": stored})


_POINTER, _INT = ctypes.c_void_p, ctypes.c_int64
_ADVANCE = ctypes.CFUNCTYPE(
    None, *([_INT] * 5), *([_POINTER, _INT] * 4), _POINTER, _POINTER, _POINTER, _INT, _POINTER, _INT, *([_INT] * 13)
)
_SCHEDULE = ctypes.CFUNCTYPE(None, _POINTER, _INT, _POINTER, _INT, _INT, _INT)
_NOISE = ctypes.CFUNCTYPE(None, _POINTER, _INT, _POINTER, _INT, _INT, _INT, ctypes.c_uint64)
_GRADIENT = ctypes.CFUNCTYPE(None, _POINTER, _INT, _POINTER, _INT, _POINTER, _INT, _INT, ctypes.c_double)


def call_advance(address: int, *arguments: Any) -> None:
    """Call the loop over steps; ctypes releases the interpreter lock meanwhile."""
    _ADVANCE(address)(*arguments)


def call_schedule(address: int, *arguments: Any) -> None:
    """Call a schedule's loop."""
    _SCHEDULE(address)(*arguments)


def call_noise(address: int, *arguments: Any) -> None:
    """Call a noise's block function."""
    _NOISE(address)(*arguments)


def call_gradient(address: int, *arguments: Any) -> None:
    """Call a gradient's block function."""
    _GRADIENT(address)(*arguments)


def loaded_numba() -> bool:
    """Whether this process imported numba."""
    return "numba" in sys.modules
