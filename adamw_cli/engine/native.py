"""Kernels as machine code: from the cache, or compiled once by jit.py and put there.

A process that finds its kernels in the cache needs llvmlite alone; numba is imported only to compile.
Both ways load the same object code, so a result never depends on which way it was. A kernel is known by its key, which is a digest of
all that its machine code depends on, as it is in this process: a file that was edited after its import plays no part.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache as memoize
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite
import numpy as np
from llvmlite import binding

from adamw_cli.engine import cache, private
from adamw_cli.engine.choice import CompilerError
from adamw_cli.engine.functions import described, rebound
from adamw_cli.engine.kernels import FAMILIES, FIELDS, Arguments, Kernel
from adamw_cli.errors import AdamwError

STEP_SECONDS = 60e-9  # one step of the smallest block
ELEMENT_SECONDS = 5e-9
PARALLEL = True  # ctypes releases the interpreter lock

_lock = threading.RLock()
_loaded: dict[str, Compiled] = {}
_compiled: list[str] = []
_on_compile: list[Callable[[], None]] = []
_JIT = "adamw_cli.engine.jit"
_C: dict[str, list[Any]] = {
    "": [None],
    "p": [ctypes.c_void_p],
    "i": [ctypes.c_int64],
    "u": [ctypes.c_uint64],
    "d": [ctypes.c_double],
}
_C["r"] = [*_C["p"], *_C["i"]]


def _types(kinds: Iterable[str]) -> list[Any]:
    return [kind for letter in kinds for kind in _C[letter]]


_PROTOTYPES = {
    family: ctypes.CFUNCTYPE(*_types(returned or [""]), *_types(taken))
    for family, (returned, taken) in FAMILIES.items()
}


class _Arguments(ctypes.Structure):
    """Arguments in memory."""

    _fields_ = [(f"field_{place}", kind) for place, kind in enumerate(_types(FIELDS.values()))]


class Compiled:
    """A kernel in memory, to be called with arrays for rows."""

    def __init__(self, family: str, address: int) -> None:
        self.address = address
        self._function = _PROTOTYPES[family](address)

    def __call__(self, *arguments: Any) -> Any:
        """Call it; the interpreter lock is released meanwhile."""
        return self._function(*_in_c(arguments))


def _in_c(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, np.ndarray):
            yield from (value.ctypes.data, value.shape[-1])
        elif isinstance(value, Arguments):
            yield ctypes.byref(_Arguments(*_in_c(value)))
        else:
            yield value.address if isinstance(value, Compiled) else value or 0


def on_compile(callback: Callable[[], None]) -> None:
    """Set what is called before a kernel is compiled."""
    _on_compile[:] = [callback]


def compiled_here() -> list[str]:
    """Names of the kernels that this process had to compile."""
    return list(_compiled)


def _machine() -> Any:
    """What emits code for this processor: its name and features are those in `toolchain`."""
    name, features = processor()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=name, features=features, opt=3, codemodel="jitdefault", jit=True
    )


@memoize
def processor() -> tuple[str, str]:
    """LLVM's name for this processor, and its features as `+avx2,-avx512f,...`."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    try:
        features = binding.get_host_cpu_features().flatten()
    except RuntimeError:  # LLVM cannot tell for every processor
        features = ""
    return binding.get_host_cpu_name(), features


def engine() -> Any:
    """Return what keeps loaded object code, the same for every thread: with a second one the first would go, and its code with it."""
    with _lock:
        return _engine()


@memoize
def _engine() -> Any:
    # It owns its machine, so it cannot share the one that emits objects.
    return binding.create_mcjit_compiler(binding.parse_assembly(""), _machine())


@memoize
def _compiler() -> str:
    """The compiler's code as it is on disk: it is imported where a kernel has to be compiled, and nowhere else."""
    found = importlib.util.find_spec(_JIT)
    code = found.loader.get_code(_JIT) if found is not None and found.loader is not None else None  # type: ignore[attr-defined]
    return described(code)


@memoize
def toolchain() -> str:
    """Digest of what decides every kernel's machine code; the name of a folder in the cache."""
    facts: list[Any] = [platform.python_version(), platform.machine(), sys.platform, *processor()]
    facts += [version("numba"), llvmlite.__version__, np.__version__]
    facts += [FAMILIES, FIELDS, _compiler()]
    facts += [described(part.__code__) for part in (_machine, _compile, rebound, Kernel.block)]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def folder() -> Path | None:
    """Where the kernels of this toolchain are; None without a cache."""
    root = private.root()
    return None if root is None else root / toolchain()


def key(kernel: Kernel) -> str:
    """Digest of all that a kernel's machine code depends on."""
    parts = [toolchain(), kernel.family, kernel.source or "", repr(sorted(kernel.constants.items()))]
    for name, function in sorted(kernel.functions.items()):
        parts += [name, described(function)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@contextmanager
def _without_settings_of_numba() -> Iterator[None]:
    """NUMBA_ variables change what is compiled, and wrong ones end the import; they are not about this program."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("NUMBA_")}
    try:
        yield
    finally:
        os.environ.update(kept)


@contextmanager
def _somewhere() -> Iterator[None]:
    """Where the working directory was deleted, be at the root: numba asks for a name."""
    try:
        os.getcwd()
        here = None
    except OSError:
        here = os.open(".", os.O_RDONLY)
        os.chdir("/")
    try:
        yield
    finally:
        if here is not None:
            os.fchdir(here)
            os.close(here)


def _compile(kernel: Kernel, symbol: str) -> bytes:
    """Object code with the C function `symbol`."""
    for callback in _on_compile:
        callback()
    with _without_settings_of_numba(), _somewhere():
        try:
            from adamw_cli.engine import jit
        except Exception as error:
            raise CompilerError(f"{type(error).__name__}: {error}") from error
        assembly, name = jit.compile_kernel(kernel)
    _compiled.append(kernel.name)
    return jit.emit_object(kernel, assembly.replace(f'@"{name}"', f"@{name}").replace(name, symbol), symbol, _machine())


def load(kernel: Kernel) -> Compiled:
    """Return a kernel, ready to be called.

    Raises
    ------
    CompilerError
        If it has to be compiled and numba cannot be imported.
    UsageError
        If a function of it cannot be compiled.

    """
    digest = key(kernel)
    with _lock:
        if digest not in _loaded:
            symbol, place = f"adamw_kernel_{digest}", folder()
            code = cache.load(place, digest)
            if code is None:
                code = _compile(kernel, symbol)
                if place is not None and _compiler() == _compiler.__wrapped__():  # it was not edited before its import
                    cache.store(place, digest, kernel.name, code)
            engine().add_object_file(binding.ObjectFileRef.from_data(code))
            engine().finalize_object()
            address = engine().get_function_address(symbol)
            if address == 0:
                raise AdamwError(
                    f"the kernel {kernel.name} is not in the code that was loaded for it", "run `adamw cache clean`"
                )
            _loaded[digest] = Compiled(kernel.family, address)
    return _loaded[digest]
