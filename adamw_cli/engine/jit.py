"""The only importer of numba: plain Python functions in, native object code out.

Each kernel is a C function of pointers and numbers. Rules, gradients and the loop over steps are compiled
apart and meet through function pointers: R + L + 1 compilations, not R x L. They meet as plain C functions
rather than as numba first-class functions because such a call took 8.5 to 10 ns with array arguments, two of them per
step of 49 ns (d = 2, one lane), while here the arguments stay in registers; and because
the object code can be loaded by llvmlite alone: a process that finds its kernels in the cache never imports
numba (0.4 s).

`Rows` is memory read as x[i, j] = data[i * stride + j], without bounds, reference counts or negative indices, all of
which keep LLVM from vectorising.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, register_model

from adamw_cli.engine import kernel

_DOUBLES = types.CPointer(types.float64)
_INT = types.int64
# Numpy's rules for division by zero: a run that diverges is a result, not an exception. No fastmath: results
# must not depend on how a loop was vectorised.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "boundscheck": False}

_UPDATE = _INT(_DOUBLES, _INT, _DOUBLES, _INT, _INT, _INT)
_GRADIENT = types.void(_DOUBLES, _INT, _DOUBLES, _INT, _DOUBLES, _INT, _INT, types.float64)
_NOISE = types.void(_DOUBLES, _INT, _DOUBLES, _INT, _INT, _INT, types.uint64)
_CLIP = types.void(_DOUBLES, _INT, _DOUBLES, _INT, _INT)
_STORE = _INT(_DOUBLES, _INT, _DOUBLES, _INT, _INT, _INT, types.uint64)
_SCHEDULE = types.void(_DOUBLES, _INT, _DOUBLES, _INT, _INT, _INT)
_ADVANCE = types.void(
    *([_INT] * 5), *([_DOUBLES, _INT] * 4), _DOUBLES, _DOUBLES, _DOUBLES, _INT, _DOUBLES, _INT, *([_INT] * 13)
)
_SIGNATURES = {
    "update": _UPDATE, "gradient": _GRADIENT, "noise": _NOISE, "clip": _CLIP, "store": _STORE, "schedule": _SCHEDULE, "advance": _ADVANCE,
}  # fmt: skip

# The names that object code may leave to the process that loads it: the C library's mathematics.
_RESOLVABLE = frozenset(
    "sqrt cbrt hypot pow fmod floor ceil exp exp2 expm1 log log1p log2 log10 sin cos tan asin acos atan atan2 "
    "sinh cosh tanh erf memset memcpy memmove".split()
)


class Rows(types.Type):
    """Memory of float64 read as rows of a fixed stride."""

    def __init__(self) -> None:
        super().__init__(name="Rows")


_ROWS = Rows()


@register_model(Rows)
class _RowsModel(models.StructModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, [("data", _DOUBLES), ("stride", _INT)])


@intrinsic
def _rows(typing_context: Any, pointer: Any, stride: Any) -> Any:
    def codegen(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        made = cgutils.create_struct_proxy(_ROWS)(context, builder)
        made.data, made.stride = arguments
        return made._getvalue()

    return _ROWS(_DOUBLES, _INT), codegen


@intrinsic
def _bits_of(typing_context: Any, number: Any) -> Any:
    def codegen(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(types.float64), codegen


_INDEX = types.UniTuple(_INT, 2)


def _is_index(index: Any) -> bool:
    return isinstance(index, types.BaseTuple) and len(index) == 2


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        if args[0] != _ROWS:
            return None
        return signature(types.float64, _ROWS, _INDEX if _is_index(args[1]) else _INT)


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        if args[0] != _ROWS or not _is_index(args[1]):
            return None
        return signature(types.none, _ROWS, _INDEX, types.float64)


def _address(context: Any, builder: Any, rows: Any, index: Any) -> Any:
    unpacked = cgutils.create_struct_proxy(_ROWS)(context, builder, rows)
    if isinstance(index.type, ir.IntType):
        offset = index
    else:
        i, j = cgutils.unpack_tuple(builder, index, 2)
        # "No signed wrap" lets LLVM's loop analysis treat neighbouring lanes as neighbouring memory.
        offset = builder.add(builder.mul(i, unpacked.stride, flags=["nsw"]), j, flags=["nsw"])
    return builder.gep(unpacked.data, [offset], inbounds=True)


@lower_builtin(operator.getitem, Rows, types.UniTuple)
@lower_builtin(operator.getitem, Rows, types.Integer)
def _lower_getitem(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    return builder.load(_address(context, builder, *arguments))


@lower_builtin(operator.setitem, Rows, types.UniTuple, types.Float)
def _lower_setitem(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    builder.store(arguments[2], _address(context, builder, *arguments[:2]))
    return context.get_dummy_value()


def _caller(called: Any) -> Any:
    """Build an intrinsic that calls the C function of this signature at an address."""
    names = ", ".join(f"a{j}" for j in range(len(called.args)))

    def typed(typing_context: Any, address: Any, *given: Any) -> Any:
        def codegen(context: Any, builder: Any, _: Any, values: Any) -> Any:
            void = called.return_type == types.void
            returned = ir.VoidType() if void else context.get_value_type(called.return_type)
            function = ir.FunctionType(returned, [context.get_value_type(t) for t in called.args]).as_pointer()
            result = builder.call(builder.inttoptr(values[0], function), list(values[1:]))
            return context.get_dummy_value() if void else result

        return called.return_type(_INT, *called.args), codegen

    scope: dict[str, Any] = {"typed": typed}
    exec(f"def call(typing_context, address, {names}): return typed(typing_context, address, {names})", scope)
    return intrinsic(scope["call"])


_COMPILED_NAMES = {
    "rows": _rows,
    "bits_of": _bits_of,
    "call_gradient": _caller(_GRADIENT),
    "call_noise": _caller(_NOISE),
    "call_clip": _caller(_CLIP),
    "call_store": _caller(_STORE),
    "call_update": _caller(_UPDATE),
}


def _bind(function: Any, extra: dict[str, Any]) -> FunctionType:
    """Return the same code with compiled forms in place of the plain-Python names of kernel.py."""
    return FunctionType(function.__code__, {**vars(kernel), **_COMPILED_NAMES, **extra}, function.__name__)


def _inlined(function: Any) -> Any:
    """Return a function for inlining, and with it the plain functions that it calls by a name of its module."""
    used = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    calls = {name: _inlined(called) for name, called in used.items() if isinstance(called, FunctionType)}
    bound = FunctionType(function.__code__, {**function.__globals__, **calls}, function.__name__) if calls else function
    return numba.njit(forceinline=True, **_OPTIONS)(bound)


def _define(source: str) -> Any:
    scope: dict[str, Any] = {}
    exec(compile(source, "<kernel>", "exec"), scope)
    return scope["block"]


def compile_kernel(
    family: str, source: str | None, functions: dict[str, Callable[..., Any]], constants: dict[str, bool]
) -> tuple[str, str]:
    """Compile one kernel.

    Parameters
    ----------
    family : `update`, `gradient`, `noise`, `clip`, `store`, `schedule` or `advance`: which C signature it has.
    source : text that defines `block`, or None for the loop over steps.
    functions : scalar functions that the text calls, by name; compiled into the kernel.
    constants : switches that the text names; folded at compile time.

    Returns
    -------
    tuple[str, str]
        The LLVM assembly of the optimised module, and the name of the C function in it.

    """
    if numba.config.DISABLE_JIT:  # cfunc would compile the loop and then fail on the plain function in it
        numba.config.DISABLE_JIT = 0
    inlined = {name: _inlined(function) for name, function in functions.items()}
    plain = kernel.advance if source is None else _define(source)
    bound = _bind(plain, {**inlined, **constants})
    compiled = numba.cfunc(_SIGNATURES[family], **_OPTIONS)(bound)
    return compiled.inspect_llvm(), compiled._wrapper_name


def emit_object(assembly: str, symbol: str, machine: Any) -> bytes:
    """Object code of a module reduced to what `symbol` needs.

    Raises
    ------
    RuntimeError
        If the code would need a symbol that the loading process cannot be relied on to have.

    """
    module = binding.parse_assembly(assembly)
    module.verify()
    for function in module.functions:
        if not function.is_declaration and function.name != symbol:
            function.linkage = "internal"
    passes = binding.create_new_module_pass_manager()
    # The native function always returns "no error"; told so, LLVM drops the wrapper's error path and Python's symbols.
    passes.add_ipsccp_pass()
    passes.add_simplify_cfg_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_dead_prototype_pass()
    passes.run(module, binding.create_pass_builder(machine, binding.create_pipeline_tuning_options()))
    needed = {f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")}
    missing = sorted(needed - _RESOLVABLE)
    if missing:
        raise RuntimeError(f"the compiled kernel refers to {', '.join(missing)}; see engine/jit.py")
    return bytes(machine.emit_object(module))
