"""A plain callable as a target: `name(w0, lr, weight_decay, betas, eps) -> step`, `step(g) -> w`."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from adamw_cli.conformance.probes import Probe
from adamw_cli.conformance.target import HYPERPARAMETERS, Array, Step, TargetError, foreign
from adamw_cli.errors import UsageError, suggestion

_ARGUMENTS = ("w0", *HYPERPARAMETERS)
_SCHEDULE = "lr_schedule"


def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter] | None:
    """Return the parameters of a callable; None if it does not tell, as compiled code may not."""
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None


def accepts(known: Mapping[str, inspect.Parameter] | None, name: str) -> bool:
    """Whether a callable with these parameters takes a keyword."""
    if known is None:
        return False
    if any(p.kind is p.VAR_KEYWORD for p in known.values()):
        return True
    p = known.get(name)
    return p is not None and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)


def names_it(known: Mapping[str, inspect.Parameter] | None, name: str) -> bool:
    """Whether a callable has a parameter of that very name: one that takes anything may not know what to do with it."""
    return known is not None and name in known and accepts(known, name)


def check_options(what: str, known: Mapping[str, inspect.Parameter] | None, options: Mapping[str, Any]) -> None:
    """Every option must be one that the callable takes.

    Raises
    ------
    UsageError

    """
    for name in options:
        if not accepts(known, name):
            raise UsageError(f"{what} takes no option {name!r}", suggestion(name, list(known or {})) or None)


class PlainCallable:
    """The learning rate changes through `step(g, lr=...)`, or `lr_schedule`, one lr per step, given at the start."""

    kind = "plain callable"
    remarks: tuple[str, ...] = ()

    def __init__(self, name: str, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        self._name, self._function, self._options = name, function, dict(options)
        self._parameters = parameters(function)
        check_options(name, self._parameters, options)
        self._by_name = all(accepts(self._parameters, argument) for argument in _ARGUMENTS)
        if self._parameters is not None:
            self._check_call()

    def _check_call(self) -> None:
        given = {_SCHEDULE: None} if names_it(self._parameters, _SCHEDULE) else {}
        call = inspect.signature(self._function).bind
        try:
            if self._by_name:
                call(**dict.fromkeys(_ARGUMENTS), **given, **self._options)
            else:
                call(*_ARGUMENTS, **given, **self._options)
        except TypeError as error:
            raise UsageError(
                f"{self._name}{inspect.signature(self._function)} cannot be called as {self._name}({', '.join(_ARGUMENTS)}): {error}",
                "a plain callable takes these five and returns step; step(g) returns the new weights",
            ) from None

    def _check_step(self, step: Callable[..., Any]) -> bool:
        """Return whether a step takes lr; it must be possible to call it with a gradient alone, or with lr as well."""
        known = parameters(step)
        takes_lr = names_it(known, "lr")
        if known is not None:
            try:
                inspect.signature(step).bind(None, **({"lr": None} if takes_lr else {}))
            except TypeError as error:
                raise TargetError(
                    f"the step that {self._name} returned cannot be called as step({'g, lr=...' if takes_lr else 'g'}): {error}",
                    "step(g) takes the gradient, and lr by that name if it can change; it returns the new weights",
                ) from None
        return takes_lr

    def start(self, probe: Probe, w0: Array) -> tuple[Step, bool]:
        """Call the function; the step that it returns is asked whether it takes `lr`."""
        values = (w0, probe.lr, probe.weight_decay, probe.betas, probe.eps)
        options = dict(self._options)
        scheduled = names_it(self._parameters, _SCHEDULE)
        if scheduled:
            options[_SCHEDULE] = [probe.lr_at(t) for t in range(1, len(probe.schedule) + 1)]
        with foreign(f"when it was called for probe '{probe.name}'"):
            if self._by_name:
                step = self._function(**dict(zip(_ARGUMENTS, values, strict=True)), **options)
            else:
                step = self._function(*values, **options)
        if not callable(step):
            hint = f"{self._name}(w0, lr, weight_decay, betas, eps) returns step; step(g) returns the new weights"
            raise TargetError(f"{self._name} returned {type(step).__name__} instead of a function", hint)
        if self._check_step(step):
            return (lambda g, lr: step(g, lr=lr)), True
        return (lambda g, lr: step(g)), scheduled
