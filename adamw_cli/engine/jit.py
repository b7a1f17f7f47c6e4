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

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numba
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.core.codegen import JITCPUCodegen
from numba.core.compiler_lock import global_compiler_lock
from numba.core.datamodel import models
from numba.core.errors import NumbaError, UnsupportedBytecodeError
from numba.core.imputils import lower_builtin
from numba.core.registry import cpu_target
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, make_attribute_wrapper, register_model

from adamw_cli.engine.functions import followed, reached, rebound
from adamw_cli.engine.kernels import FAMILIES, FIELDS, Kernel
from adamw_cli.errors import AdamwError, UsageError
from adamw_cli.plugins import uncompilable

# Numpy's rules for division by zero: a run that diverges is a result, not an exception. No fastmath: results
# must not depend on how a loop was vectorised.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "boundscheck": False}
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
_INT = types.int64
_DOUBLES = types.CPointer(types.float64)
_TYPES = {"": types.void, "p": _DOUBLES, "r": _ROWS, "i": _INT, "u": types.uint64, "d": types.float64}
_SIGNATURES = {
    family: _TYPES[returned](*(_TYPES[taken] for taken in takes)) for family, (returned, takes) in FAMILIES.items()
}


@register_model(Rows)
class _RowsModel(models.StructModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, [("data", _DOUBLES), ("stride", _INT)])


class Given(types.Type):
    """Arguments, once they are read from memory."""

    def __init__(self) -> None:
        super().__init__(name="Given")


_GIVEN = Given()


@register_model(Given)
class _GivenModel(models.StructModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, [(name, _TYPES[kind]) for name, kind in FIELDS.items()])


for _name in FIELDS:
    make_attribute_wrapper(Given, _name, _name)


@intrinsic
def _arguments(typing_context: Any, pointer: Any) -> Any:
    def codegen(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        made = cgutils.create_struct_proxy(_GIVEN)(context, builder)
        memory = ir.LiteralStructType([context.get_value_type(_TYPES[kind]) for kind in FIELDS.values()])
        pointer = builder.bitcast(arguments[0], memory.as_pointer())
        for place, name in enumerate(FIELDS):
            setattr(made, name, builder.load(cgutils.gep_inbounds(builder, pointer, 0, place)))
        return made._getvalue()

    return _GIVEN(_DOUBLES), codegen


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


# With what numba begins a message, once per function on the way to the one that it is about.
_PIPELINE = "Failed in nopython mode pipeline (step: nopython frontend)"

_COMPILED_NAMES = {
    "arguments": _arguments,
    "bits_of": _bits_of,
    **{f"call_{family}": _caller(_SIGNATURES[family]) for family in ("gradient", "noise", "clip", "update", "store")},
}


def _inlined(value: Any) -> Any:
    """Return a function for inlining; any other value as it is."""
    return numba.njit(forceinline=True, **_OPTIONS)(value) if followed(value) else value


@cache
def _codegen() -> Any:
    return JITCPUCodegen("adamw")


@contextmanager
def _default_settings() -> Iterator[None]:
    """Numba as it is without a .numba_config.yaml, and as if it had compiled nothing before, under settings that were not ours."""
    config, context = numba.core.config, cpu_target.target_context
    kept = config._config_fname, context._internal_codegen
    config._config_fname = ""
    try:
        config.reload_config()
        context._internal_codegen = _codegen()
        yield
    finally:
        config._config_fname, context._internal_codegen = kept


def compile_kernel(made: Kernel) -> tuple[str, str]:
    """Compile one kernel; return the LLVM assembly of its optimised module, and the name of the C function in it.

    Raises
    ------
    UsageError
        If numba cannot compile what a function does.

    """
    with global_compiler_lock, _default_settings():
        functions = {name: _inlined(rebound(function, _inlined)) for name, function in made.functions.items()}
        try:
            compiled = numba.cfunc(_SIGNATURES[made.family], **_OPTIONS)(made.block({**_COMPILED_NAMES, **functions}))
        except (NumbaError, NotImplementedError, UnsupportedBytecodeError, AttributeError) as error:
            raise _refused(made, " ".join(str(error).replace(_PIPELINE, "").split())[:400]) from error
        return compiled.inspect_llvm(), compiled._wrapper_name


def emit_object(made: Kernel, assembly: str, symbol: str, machine: Any) -> bytes:
    """Object code of a module reduced to what `symbol` needs.

    Raises
    ------
    UsageError
        If the code would need a symbol that the loading process cannot be relied on to have.

    """
    module = binding.parse_assembly(assembly)
    module.verify()
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration and value.name != symbol:
            value.linkage = "internal"
    # The native function always returns "no error"; told so, LLVM drops the wrapper's error path and Python's symbols.
    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=1))
    builder.getModulePassManager().run(module, builder)
    needed = {f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")}
    missing = sorted(needed - _RESOLVABLE)
    if missing:
        raise _refused(made, f"it is more than arithmetic and needs {', '.join(missing)}")
    return bytes(machine.emit_object(module))


def _refused(made: Kernel, why: str) -> AdamwError:
    functions = [each for function in made.functions.values() for each in reached(function)]
    return uncompilable(functions, why) or UsageError(
        f"the kernel {made.name} cannot be compiled: {why}",
        "ADAMW_ENGINE=python runs it without compiling",
    )
