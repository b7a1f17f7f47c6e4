"""What an implementation may be compared with, by name: every rule of the registry, and every convention.

A name that is a variant of Adam's family can be changed on any axis; any other rule in its hyperparameters.

>>> reference("keras").variant.epsilon
'eps_hat'
>>> reference("adamw,amsgrad=after").variant.amsgrad
'after'
>>> reference("sgd,momentum=0.9").rule.given
{'momentum': 0.9}
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adamw_cli import registry
from adamw_cli.conformance.identify import tolerances
from adamw_cli.conformance.probes import Probe
from adamw_cli.conformance.registered import Registered, registered
from adamw_cli.conformance.runs import Runs, run
from adamw_cli.conformance.variants import Variant, with_axis
from adamw_cli.errors import UsageError, suggestion
from adamw_cli.vocabulary import AdamStep, Eps, Rule
from adamw_cli.vocabulary.conventions import CONVENTIONS, Convention


@dataclass(frozen=True)
class ConformanceReference:
    """What a name means: a variant, or a rule that is none; and where it is defined."""

    name: str
    source: str
    variant: Variant | None = None
    rule: Registered | None = None

    def run(self, probes: Sequence[Probe]) -> Runs:
        """Return what it does on probes, as those of one variant."""
        if self.variant is not None:
            return run([self.variant], probes)
        assert self.rule is not None
        return self.rule.run(probes)

    def tolerances(self, probes: Sequence[Probe], precision: str) -> NDArray[np.floating]:
        """Return what rounding explains, (1, probes)."""
        if self.variant is not None:
            return tolerances([self.variant], probes, precision)
        assert self.rule is not None
        return self.rule.tolerances(probes, precision)


# Conventions that `adamw convert` has no use for: they differ in nothing that hyperparameters make up for.
_MORE = (
    Convention("heavyball", "heavyball.AdamW, which divides by sqrt(v_hat) clamped from below", "", "", step=AdamStep("beta1", "beta2", Eps("eps", "floor"))),
    Convention("bert", "AdamWeightDecayOptimizer of google-research/bert; AdamW of MLX", "", "", step=AdamStep("beta1", "beta2", Eps("eps"), bias_correction="none")),
)  # fmt: skip


def family() -> dict[str, ConformanceReference]:
    """Return the names that are variants: rules, then conventions. `optax` has eps_root 0; conventions of another measure are left out."""
    found = {}
    for name in registry.usable("optimizers"):
        rule: Rule = registry.load("optimizers", name).SPEC
        variant = Variant.of(rule.step, rule.decay)
        if variant is not None:
            found[name] = ConformanceReference(
                name, f"the rule `{name}`" + (f"; {rule.reference}" if rule.reference else ""), variant
            )
    for known in (*CONVENTIONS, *_MORE):
        variant = Variant.of(known.step, known.decay) if known.measure == "rate" else None
        if variant is not None:
            found[known.name] = ConformanceReference(known.name, known.used_by, variant)
    return found


def reference(text: str) -> ConformanceReference:
    """Return what a name means, or a name with changes: `adamw,epsilon=eps_hat,amsgrad=before`, `sgd,momentum=0.9`.

    Raises
    ------
    UsageError
        For an unknown name, axis, hyperparameter or value; the message has what is known.

    """
    name, *changes = (part.strip() for part in text.split(","))
    known = family()
    if name not in known and name in registry.names("optimizers"):
        rule = registered(name, changes)
        return ConformanceReference(text, f"the rule `{name}`", rule=rule)
    if name not in known:
        raise UsageError(f"unknown reference {name!r}", suggestion(name, [*known, *registry.names("optimizers")]))
    variant = known[name].variant
    assert variant is not None
    for change in changes:
        axis, equals, value = change.partition("=")
        if not equals:
            hint = "for example adamw,amsgrad=after"
            raise UsageError(f"a reference is changed with AXIS=VALUE, not {change!r}", hint)
        variant = with_axis(variant, axis, value)
    return ConformanceReference(text, known[name].source, variant)
