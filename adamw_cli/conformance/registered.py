"""The rules of the registry on the probes: what targets are compared with outside Adam's family.

They run in plain Python, one coordinate at a time: a few thousand steps, for which nothing has to be compiled. With numbers of float32
every operation rounds, which is what rounding explains.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adamw_cli import registry
from adamw_cli.conformance.identify import deviations, per_probe, rounding
from adamw_cli.conformance.probes import STEPS, Probe
from adamw_cli.conformance.record import Recording
from adamw_cli.conformance.runs import Runs
from adamw_cli.conformance.variants import Variant
from adamw_cli.errors import PluginError, UsageError, suggestion
from adamw_cli.vocabulary import REQUIRED, Parameter, Rule

Number = type[np.float64] | type[np.float32]
# Rules differ by more than variants, and some amplify rounding more: torch's Adamax uses 36 of this.
_MARGIN = 256.0
# A rule that is farther off than this on a probe agrees to no precision, and its rounding need not be known.
_FAR = 1e-2


@dataclass(frozen=True)
class Registered:
    """A rule of the registry, with those hyperparameters set that a target is not passed."""

    name: str
    given: dict[str, float | bool] = field(default_factory=dict)

    @property
    def module(self) -> ModuleType:
        """The rule's file."""
        return registry.load("optimizers", self.name)

    @property
    def spec(self) -> Rule:
        """What it declares."""
        rule: Rule = self.module.SPEC
        return rule

    @property
    def label(self) -> str:
        """The name as `--reference` takes it."""
        shown = {key: str(x).lower() if isinstance(x, bool) else f"{x:g}" for key, x in self.given.items()}
        return ",".join([self.name, *map("=".join, shown.items())])

    @property
    def values(self) -> dict[str, Any]:
        """Every hyperparameter, with a caller's usual numbers for those that a target is passed and the rule has no default of."""
        passed = self.spec.passed(1.0, 0.0, (0.9, 0.999), 1e-8)
        return {p.name: _usual(p, passed) if p.required else p.default for p in self.spec.parameters} | self.given

    @property
    def missing(self) -> list[str]:
        """Hyperparameters that nobody sets: without them the rule cannot be run."""
        return [name for name, value in self.values.items() if value is REQUIRED]

    def passed(self, probe: Probe) -> dict[str, float]:
        """Return the hyperparameters that a caller passes who knows lr, weight_decay, betas and eps."""
        return self.spec.passed(probe.lr, probe.weight_decay, probe.betas, probe.eps)

    @property
    def unused(self) -> set[str]:
        """Which of lr, weight_decay, beta1, beta2 and eps change nothing, by definition."""
        return {"lr", "weight_decay", "beta1", "beta2", "eps"}.difference(self.spec.roles.values())

    def run(self, probes: Sequence[Probe], dtype: Number = np.float64) -> Runs:
        """Return the weights after each step, as those of one variant."""
        with np.errstate(all="ignore"):
            w = np.concatenate([self._path(probe, dtype) for probe in probes], axis=1)[:, None, :]
        return Runs(w, np.zeros(w.shape, dtype=bool))

    def tolerances(self, probes: Sequence[Probe], precision: str) -> NDArray[np.floating]:
        """Return what rounding explains, (1, probes)."""
        return rounding(self.run(probes), self.run(probes, np.float32), probes, precision, _MARGIN)

    def _path(self, probe: Probe, number: Number) -> NDArray[np.floating]:
        """Weights of one probe, (STEPS + 1, d)."""
        rule, update = self.spec, self.module.update
        own = self.values
        values = {name: column[0] for name, column in rule.columns(own, 1).items()} | self.passed(probe)
        switches = [bool(own[name]) for name in rule.switches]
        w: NDArray[np.floating] = probe.start.astype(number)
        state = np.zeros((len(w), len(rule.state)), dtype=number)
        path = [w.copy()]
        for t in range(1, STEPS + 1):
            g = probe.gradient(w, t).astype(number)
            factor = float(probe.schedule[t - 1])
            coefficients = rule.coefficients_at(t, values, factor)
            scalars = values | {rule.lr: probe.lr_at(t)}
            shared = [number(x) for x in (*scalars.values(), *coefficients)]
            given = [[w[i], g[i], *state[i], *shared] for i in range(len(w))]
            norms = [number(x) for x in _norms(rule, [[*each, *switches] for each in given])]
            for i, each in enumerate(given):
                w[i], *state[i] = update(*each, *norms, *switches)
            path.append(w.copy())
        return np.stack(path)


def _usual(parameter: Parameter, passed: Mapping[str, float]) -> Any:
    """What a target is passed for a parameter; REQUIRED if it is nothing of that."""
    parts = tuple(passed.get(name, REQUIRED) for name in parameter.components or (parameter.name,))
    if REQUIRED in parts:
        return REQUIRED
    return parts if parameter.components else parts[0]


def _norms(rule: Rule, arguments: list[list[Any]]) -> list[float]:
    """What `update` gets for the norms that a rule names."""
    if rule.normed is None:
        return []
    parts = zip(*(rule.normed(*each) for each in arguments), strict=True)
    return [sum(part * part for part in parts_of_one) ** 0.5 for parts_of_one in parts]


def outside_the_family() -> Iterator[Registered]:
    """Every rule that is no variant, with every setting of its switches that it allows; none of which a number is to be given."""
    for name in registry.usable("optimizers"):
        rule: Rule = registry.load("optimizers", name).SPEC
        if Variant.of(rule.step, rule.decay) is not None:
            continue
        for on in product((False, True), repeat=len(rule.switches)):
            found = Registered(name, {switch: value for switch, value in zip(rule.switches, on, strict=True) if value})
            allowed = False
            with _excused():
                allowed = not found.missing and rule.constraint(found.values) is None
            if allowed:
                yield found


@contextmanager
def _excused() -> Iterator[None]:
    """Leave out a plug-in's rule that fails: nobody asked for it, and what a target is does not depend on it."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, PluginError) and registry.blamed(error) is None:
            raise


@dataclass(frozen=True)
class Match:
    """The rules that agree with a recording on every probe and that no probe can tell apart, and to which precision."""

    rules: tuple[Registered, ...]
    precision: str

    def __str__(self) -> str:
        return " or ".join(rule.label for rule in self.rules)


def matching(recording: Recording) -> Match | None:
    """Return the rules that agree with a recording, to the finest precision at which one does; None if none does.

    Only float64 and float32 count: the rounding of fewer bits explains too much.
    """
    path = np.concatenate(recording.paths, axis=1)
    near = []
    for rule in outside_the_family():
        with _excused():
            errors = per_probe(deviations(rule.run(recording.probes), path), recording.probes)
            near += [(rule, errors)] if errors.max() <= _FAR else []
    for precision in ("float64", "float32"):
        agree = [rule for rule, errors in near if np.all(errors <= rule.tolerances(recording.probes, precision))]
        if agree:
            return Match(tuple(agree), precision)
    return None


def registered(name: str, changes: Sequence[str]) -> Registered:
    """Return a rule with hyperparameters set as `momentum=0.9`.

    Raises
    ------
    UsageError
        For an unknown hyperparameter, a value that it cannot have, or one that is missing.

    """
    rule: Rule = registry.load("optimizers", name).SPEC
    known = {p.name: p for p in rule.parameters if p.kind in ("float", "bool")}
    given: dict[str, float | bool] = {}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or key not in known:
            hint = suggestion(key, list(known))
            raise UsageError(f"the rule {name!r} is changed with HYPERPARAMETER=VALUE, not {change!r}", hint)
        given[key] = _value(known[key], text)
    found = Registered(name, given)
    if found.missing:
        hint = f"`reference` {','.join([name, *changes, *(f'{missing}=...' for missing in found.missing)])}"
        raise UsageError(f"{name} needs {', '.join(f'`{missing}`' for missing in found.missing)}", hint)
    wrong = rule.constraint(found.values)
    if wrong is not None:
        raise UsageError(f"{name}: {wrong}")
    return found


def _value(parameter: Parameter, text: str) -> float | bool:
    if parameter.kind == "bool":
        if text not in ("true", "false"):
            raise UsageError(f"{parameter.name} is true or false, not {text!r}")
        return text == "true"
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not (np.isfinite(value) and parameter.allows(value)):
        raise UsageError(f"{parameter.name} must be a number {parameter.range_text}, not {text!r}")
    return value
