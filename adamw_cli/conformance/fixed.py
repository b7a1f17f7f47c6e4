"""A hyperparameter that changes nothing may be built in: which usual value, if any, accounts for a recording."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, product

import numpy as np

from adamw_cli.conformance.identify import Identification, agreement
from adamw_cli.conformance.probes import Probe
from adamw_cli.conformance.record import Recording

# What libraries have as defaults, and what papers use.
_USUAL: dict[str, Sequence[float]] = {
    "lr": (1e-3, 1e-2, 1e-4),
    "weight_decay": (1e-2, 1e-4, 4e-3, 5e-4, 0.1),
    "beta1": (0.9, 0.95, 0.0),
    "beta2": (0.999, 0.99, 0.98, 0.95),
    "eps": (1e-8, 1e-7, 1e-6, 1e-5, 1e-9, 1e-10, 1e-12, 1e-3),
}
# What is built in together is mostly copied together: defaults of PyTorch, Keras and optax, then what papers train with
# (BERT; GPT-3 and Llama; the Transformer).
_COPIED: Sequence[dict[str, float]] = (
    {"lr": 1e-3, "weight_decay": 1e-2, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    {"lr": 1e-3, "weight_decay": 4e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-7},
    {"lr": 1e-3, "weight_decay": 1e-4, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    {"lr": 1e-4, "weight_decay": 1e-2, "beta1": 0.9, "beta2": 0.999, "eps": 1e-6},
    {"lr": 3e-4, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8},
    {"lr": 1e-3, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.98, "eps": 1e-9},
)
_SET: dict[str, Callable[[Probe, float], Probe]] = {
    "lr": lambda p, value: replace(p, lr=value, schedule=np.ones_like(p.schedule)),
    "weight_decay": lambda p, value: replace(p, weight_decay=value),
    "beta1": lambda p, value: replace(p, betas=(value, p.betas[1])),
    "beta2": lambda p, value: replace(p, betas=(p.betas[0], value)),
    "eps": lambda p, value: replace(p, eps=value),
}
# Each try runs the whole space; more than this take too long to be worth it.
_MOST_TRIES = 30


@dataclass(frozen=True)
class Fixed:
    """Hyperparameters that an implementation has built in, whatever it is given."""

    values: tuple[tuple[str, float], ...] = ()

    def apply(self, ran: Sequence[Probe]) -> tuple[Probe, ...]:
        """Return the probes with the built-in values in place of their own."""
        changed = list(ran)
        for name, value in self.values:
            changed = [_SET[name](probe, value) for probe in changed]
        return tuple(changed)

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:g}" for name, value in self.values)


def built_in(recording: Recording) -> tuple[Fixed, Identification] | None:
    """Return values for what is ignored under which a variant agrees, and what agrees; None if there are none."""
    ignored = [name for name in recording.ignored if name in _USUAL]
    for values in islice(_tries(ignored), _MOST_TRIES) if ignored else ():
        fixed = Fixed(tuple(zip(ignored, values, strict=True)))
        found = agreement(replace(recording, probes=fixed.apply(recording.probes)))
        if found is not None:
            # Any value would do for one that nothing of what agrees uses.
            read = (pair for pair in fixed.values if any(pair[0] not in variant.unused for variant in found.variants))
            return Fixed(tuple(read)), found
    return None


def _tries(names: Sequence[str]) -> Iterator[tuple[float, ...]]:
    """What is copied together, then every combination, those of the most usual values first; none twice."""
    ranked = product(*(enumerate(_USUAL[name]) for name in names))
    by_rank = sorted(ranked, key=lambda each: sum(rank for rank, _ in each))
    combined = (tuple(value for _, value in each) for each in by_rank)
    copied = (tuple(row[name] for name in names) for row in _COPIED)
    return iter(dict.fromkeys(chain(copied, combined)))
