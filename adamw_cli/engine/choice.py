"""Which engine runs kernels: `llvm` compiles them, `python` runs their text as it is, slowly; both give the same bits.

Unless one is asked for, it is `llvm`, or `python` where LLVM cannot be used.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Hashable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, TypeVar

from adamw_cli.errors import UsageError, suggestion

if TYPE_CHECKING:
    from adamw_cli.engine.kernels import Kernel, Loaded

NAMES = ("llvm", "python")
ENVIRONMENT_VARIABLE = "ADAMW_ENGINE"
_COMPILING = "compiling kernels for this machine; later runs load them from the cache"

Key = TypeVar("Key", bound=Hashable)


class Engine(Protocol):
    """What native.py and plain.py have in common; roughly how long steps and their elements take, and whether threads are of use."""

    STEP_SECONDS: float
    ELEMENT_SECONDS: float
    PARALLEL: bool

    def load(self, kernel: Kernel) -> Loaded:
        """Return a kernel, ready to be called."""


class CompilerError(Exception):
    """A kernel has to be compiled, and the compiler cannot be imported."""


class _Choice:
    """What this process was asked for, and what came of it."""

    asked: str | None = None
    say: Callable[[str], None] | None = None
    said: frozenset[str] = frozenset()
    trouble: str | None = None


def use(name: str | None, say: Callable[[str], None] | None = None) -> None:
    """Ask for an engine, in place of the one that the environment asks for.

    say : is told, once, that kernels are being compiled or that LLVM cannot be used; without it the latter is a RuntimeWarning.
    """
    _Choice.asked, _Choice.say, _Choice.said = name, say, frozenset()
    wanted()


def wanted() -> str | None:
    """Return the engine that is asked for; None if that is left to this module.

    Raises
    ------
    UsageError
        If there is no such engine.

    """
    name = _Choice.asked or os.environ.get(ENVIRONMENT_VARIABLE) or None
    if name is not None and name not in NAMES:
        raise UsageError(f"unknown engine '{name}'", suggestion(name, list(NAMES)))
    return name


def _tell(text: str) -> None:
    if text not in _Choice.said:
        _Choice.said |= {text}
        if _Choice.say is not None:
            _Choice.say(text)
        elif text != _COMPILING:
            warnings.warn(text, RuntimeWarning, stacklevel=2)


def native() -> ModuleType | None:
    """Return native.py, ready to load kernels; None where LLVM cannot be used."""
    if _Choice.trouble is None:
        try:
            from adamw_cli.engine import native as found
            from adamw_cli.engine import private

            found.engine()
            found.on_compile(lambda: _tell(_COMPILING))
            unsafe = private.warning()
            if unsafe is not None:
                _tell(unsafe)
            return found
        except Exception as error:  # a library that is missing, broken or too old, or a processor that it does not know
            _Choice.trouble = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return None


def trouble() -> str | None:
    """Return why LLVM cannot be used; None if it can."""
    return f"LLVM cannot be used here: {_Choice.trouble}" if native() is None else None


def chosen() -> Engine:
    """Return the engine that is to run.

    Raises
    ------
    UsageError
        If LLVM is asked for and cannot be used, or an engine is that does not exist.

    """
    name = wanted()
    if name != "python":
        engine: Engine | None = native()
        if engine is not None:
            return engine
        if name == "llvm":
            raise UsageError(str(trouble()), "the engine 'python' needs no compiler")
        _tell(f"{trouble()}; running in plain Python, with the same results and much slower")
    from adamw_cli.engine import plain

    return plain


def load(kernels: Mapping[Key, Kernel]) -> tuple[Engine, dict[Key, Loaded]]:
    """Return the engine that runs some kernels, and these, ready to be called."""
    engine = chosen()
    try:
        return engine, {key: _loaded(engine, kernel) for key, kernel in kernels.items()}
    except CompilerError as error:
        _Choice.trouble = str(error)
        return load(kernels)


def _loaded(engine: Engine, kernel: Kernel) -> Loaded:
    """Load a kernel; if a function in it is nothing to compile, its plug-in is blamed."""
    try:
        return engine.load(kernel)
    except UsageError as error:
        from adamw_cli.engine.functions import reached
        from adamw_cli.plugins import at_fault

        functions = [each for function in kernel.functions.values() for each in reached(function)]
        plugin = at_fault(functions, error.message, error.hint)
        if plugin is None:
            raise
        raise plugin from error
