"""A function that returns an optax.GradientTransformation as a target; a changing lr is given as a schedule, a function of the count.

Doubles are switched on in JAX for the target alone, and are off again afterwards.
"""

import contextlib
import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from adamw_cli.conformance.callables import accepts, check_options, parameters
from adamw_cli.conformance.probes import Probe
from adamw_cli.conformance.target import Array, Step, TargetError, foreign
from adamw_cli.errors import MissingExtraError

_ARGUMENTS = ("learning_rate", "b1", "b2", "eps", "weight_decay")


def is_optax(found: Any) -> bool:
    """Whether a function looks like one of optax: it takes `learning_rate` and no `w0`."""
    known = parameters(found)
    return known is not None and "learning_rate" in known and "w0" not in known


class OptaxTransformation:
    """One parameter, an array of shape (d,)."""

    kind = "optax.GradientTransformation"
    remarks: tuple[str, ...] = ()

    def __init__(self, name: str, make: Callable[..., Any], options: Mapping[str, Any]) -> None:
        self._name, self._make, self._options = name, make, dict(options)
        known = parameters(make)
        check_options(name, known, options)
        self._arguments = tuple(each for each in _ARGUMENTS if accepts(known, each))

    def start(self, probe: Probe, w0: Array) -> tuple[Step, bool]:
        """Make the transformation and its state; every use of JAX has doubles on if the weights are doubles."""
        jax, optax, jnp = (_needed(name) for name in ("jax", "optax", "jax.numpy"))
        doubles = _doubles(jax, w0.dtype == np.float64)
        with doubles(), foreign(f"when {self._name} was made for probe '{probe.name}'"):
            table = jnp.asarray(probe.lr * probe.schedule, dtype=w0.dtype)
            given = {
                "learning_rate": (lambda count: table[count]) if probe.changes_lr else probe.lr,
                "b1": probe.betas[0],
                "b2": probe.betas[1],
                "eps": probe.eps,
                "weight_decay": probe.weight_decay,
            }
            transformation = self._make(**{each: given[each] for each in self._arguments}, **self._options)
            if not hasattr(transformation, "init") or not hasattr(transformation, "update"):
                raise TargetError(
                    f"{self._name} returned {type(transformation).__name__} instead of an optax.GradientTransformation",
                    "a function with an argument `learning_rate` is taken for one of optax; a plain callable takes w0 and lr",
                )
            weights = jnp.asarray(w0)
            state = transformation.init(weights)

        def step(g: Array, lr: float) -> Any:
            nonlocal weights, state
            with doubles():
                updates, state = transformation.update(jnp.asarray(g), state, weights)
                weights = optax.apply_updates(weights, updates)
                return np.array(weights)

        return step, True


def _needed(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        purpose = "a target with the argument learning_rate, taken for one of optax,"
        raise MissingExtraError(module, "jax", purpose) from None


def _doubles(jax: Any, wanted: bool) -> Callable[[], contextlib.AbstractContextManager[Any]]:
    """Return what switches doubles on for a block; older versions of JAX have it elsewhere."""
    switch = getattr(jax, "enable_x64", None)
    if switch is None:  # not `or`: it refuses to be a truth value
        switch = importlib.import_module("jax.experimental").enable_x64
    return partial(switch, wanted)
