"""Conventions by name: what an implementation may be compared with.

>>> reference("keras").variant.epsilon
'eps_hat'
>>> reference("adamw,amsgrad=after").variant.amsgrad
'after'
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adamw_cli import registry
from adamw_cli.conformance.variants import Variant, with_axis
from adamw_cli.errors import UsageError, suggestion


@dataclass(frozen=True)
class Reference:
    """A convention: its name, the variant that it is, and where it is defined."""

    name: str
    variant: Variant
    source: str


# The names of `adamw convert` and of this package's rules; tests keep both the same thing.
_TABLE = (
    Reference("adamw", Variant(), "torch.optim.AdamW; the rule `adamw` of this package"),
    Reference("adam", Variant(decay="none"), "Kingma and Ba, ICLR 2015, algorithm 1; torch.optim.Adam, weight_decay 0"),
    Reference("adam_l2", Variant(decay="coupled"), "torch.optim.Adam with weight_decay; the rule `adam_l2`"),
    Reference("adamw_decay_last", Variant(decay_order="new"), "the rule `adamw_decay_last` of this package"),
    Reference("pytorch", Variant(), "torch.optim.AdamW"),
    Reference("optax", Variant(), "optax.adamw with eps_root 0; its amsgrad is `optax,amsgrad=after`"),
    Reference("keras", Variant(epsilon="eps_hat"), "keras.optimizers.AdamW, version 3"),
    Reference("apex", Variant(), "FusedAdam of apex and DeepSpeed, adam_w_mode=True"),
    Reference(
        "paper", Variant(decay_scale="schedule*lambda"), "Loshchilov and Hutter, ICLR 2019, algorithm 2, line 12"
    ),
    Reference(
        "independent",
        Variant(decay_scale="lambda"),
        "AdamW(couple=false) of Optimisers.jl, fixed_decay of pytorch_optimizer",
    ),
    Reference(
        "tfa", Variant(decay_scale="lambda", epsilon="eps_hat"), "tfa.optimizers.AdamW over the Adam of TensorFlow 2"
    ),
    Reference("decay-last", Variant(decay_order="new"), "the AdamW of bitsandbytes on CUDA, for some time"),
    Reference(
        "transformers-old",
        Variant(decay_order="new", epsilon="eps_hat"),
        "the AdamW that transformers had before it used that of PyTorch",
    ),
    Reference("l2", Variant(decay="coupled"), "torch.optim.Adam; apex and DeepSpeed, adam_w_mode=False"),
    Reference(
        "heavyball", Variant(epsilon="floor"), "heavyball.AdamW, which divides by sqrt(v_hat) clamped from below"
    ),
    Reference(
        "bert", Variant(bias_correction="none"), "AdamWeightDecayOptimizer of google-research/bert; AdamW of MLX"
    ),
)
REFERENCES = {entry.name: replace(entry, variant=entry.variant.canonical()) for entry in _TABLE}


def reference(text: str) -> Reference:
    """Return the convention that a name means, or a name with other values: `adamw,epsilon=eps_hat,amsgrad=before`.

    Raises
    ------
    UsageError
        For an unknown name, axis or value; the message has what is known.

    """
    name, *changes = (part.strip() for part in text.split(","))
    if name not in REFERENCES and registry.has("optimizers", name):
        message = f"the rule {name!r} is none of the conventions of Adam that targets are compared with"
        raise UsageError(message, f"known: {', '.join(REFERENCES)}")
    if name not in REFERENCES:
        raise UsageError(f"unknown reference {name!r}", suggestion(name, list(REFERENCES)))
    variant = REFERENCES[name].variant
    for change in changes:
        axis, equals, value = change.partition("=")
        if not equals:
            raise UsageError(
                f"a reference is changed with AXIS=VALUE, not {change!r}", "for example adamw,amsgrad=after"
            )
        variant = with_axis(variant, axis, value)
    return Reference(text, variant, REFERENCES[name].source)
