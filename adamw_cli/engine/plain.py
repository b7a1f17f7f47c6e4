"""Kernels as plain Python: their text is run as it is, on arrays, with the bits of compiled code and a thousand times slower.

Numbers are numpy's float64, which divide as compiled code does: 1/0 is infinite, 0/0 is nan. Elementary functions are the C
library's, which compiled code calls; numpy has its own for some processors, and these differ in the last bit.
"""

import dis
import math
from collections.abc import Callable
from itertools import pairwise
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from adamw_cli.engine.functions import followed, rebound
from adamw_cli.engine.kernels import Kernel, Loaded

STEP_SECONDS = 20e-6  # one step of the smallest block
ELEMENT_SECONDS = 10e-6
PARALLEL = False

_ELEMENTARY = "acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp exp2 expm1 hypot log log10 log1p log2 pow sin sinh sqrt tan tanh"


def _tolerant(name: str) -> Callable[..., Any]:
    """A function of `math` that returns what C's does, nan or infinity, where Python raises an exception."""
    function, otherwise = getattr(math, name), getattr(np, name)

    def called(*arguments: Any) -> Any:
        try:
            return np.float64(function(*arguments))
        except (ValueError, OverflowError):
            return otherwise(*arguments)

    return called


# By the identity of what a function may have in its place.
_SUBSTITUTES: dict[int, Any] = {}
for _name in _ELEMENTARY.split():
    _SUBSTITUTES[id(getattr(math, _name))] = _SUBSTITUTES[id(getattr(np, _name))] = _tolerant(_name)


def _substituted(module: ModuleType) -> SimpleNamespace:
    return SimpleNamespace(**{name: _SUBSTITUTES.get(id(value), value) for name, value in vars(module).items()})


_SUBSTITUTES |= {id(math): _substituted(math), id(np): _substituted(np)}
_MEANINGS = {"float": np.float64, "sqrt": _SUBSTITUTES[id(math.sqrt)]}


class _Exponent:
    """A constant exponent, which compiled code makes products or a root of."""

    __array_ufunc__ = None  # numpy leaves the operation to this class

    def __init__(self, number: float) -> None:
        self._number = number

    def __rpow__(self, base: Any) -> Any:
        number = self._number
        if number == 0.5:  # of -0 and of minus infinity it is no root
            return np.float64(math.inf) if base == -math.inf else abs(_MEANINGS["sqrt"](base))
        if number != int(number) or (isinstance(number, float) and number not in (-1.0, 0.0, 1.0, 2.0)):
            return _SUBSTITUTES[id(math.pow)](base, number)
        found, factor, left = np.float64(1.0), base, abs(int(number))
        while left:
            found = found * factor if left & 1 else found
            factor, left = factor * factor, left >> 1
        return np.float64(1.0) / found if number < 0 else found


def _powers(code: CodeType) -> CodeType:
    """Code in which every constant exponent is an _Exponent."""
    text, constants = bytearray(code.co_code), list(code.co_consts)
    for before, after in pairwise(dis.get_instructions(code)):
        number = before.argval if before.opname in ("LOAD_CONST", "LOAD_SMALL_INT") else None
        if after.argrepr in ("**", "**=") and isinstance(number, int | float) and len(constants) < 256:
            text[before.offset : before.offset + 2] = dis.opmap["LOAD_CONST"], len(constants)
            constants.append(_Exponent(number))
    return code.replace(co_code=bytes(text), co_consts=tuple(constants))


def _plain(value: Any) -> Any:
    """Return what a function has in place of a value; a function is a copy."""
    if not followed(value):
        return _SUBSTITUTES.get(id(value), value)
    value.__code__ = _powers(value.__code__)
    value.__globals__.setdefault("float", np.float64)
    return value


def load(kernel: Kernel) -> Loaded:
    """Return a kernel, ready to be called."""
    functions = {name: _plain(rebound(function, _plain)) for name, function in kernel.functions.items()}
    block = kernel.block({**_MEANINGS, **functions})

    def called(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return block(*arguments)

    return called
