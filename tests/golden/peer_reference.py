"""Trajectories of optax, pytorch_optimizer and schedulefree: references of the rules that torch.optim does not have.

    python -m tests.golden.peer_reference       # writes peers.json; needs jax, optax, torch, pytorch_optimizer, schedulefree

Gradients and schedule are those of torch_reference.py. Where the reference has no decay of its own, optax's is put behind
it, which is decoupled: lr (u + weight_decay w).
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from adamw_cli import registry
from tests.golden.torch_reference import START, STEPS, factor, gradients

GOLDEN = Path(__file__).with_name("peers.json")
H = dict[str, Any]

# name -> (rule here, its hyperparameters, implementation)
CASES: dict[str, tuple[str, H, str]] = {
    "amsgrad": ("amsgrad", {"lr": 0.03, "weight_decay": 0.5, "betas": (0.8, 0.9), "eps": 1e-3}, "optax.amsgrad"),
    "amsgrad-defaults": ("amsgrad", {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8}, "optax.amsgrad"),
    "adamw_eps_inside": ("adamw_eps_inside", {"lr": 0.03, "weight_decay": 0.5, "betas": (0.9, 0.99), "eps": 1e-4}, "optax.adamw"),
    "adamw_eps_inside-small": ("adamw_eps_inside", {"lr": 1e-2, "weight_decay": 0.1, "betas": (0.8, 0.999), "eps": 1e-12}, "optax.adamw"),
    "lion": ("lion", {"lr": 0.01, "weight_decay": 0.5, "betas": (0.9, 0.99)}, "optax.lion"),
    "lion-other-betas": ("lion", {"lr": 0.03, "weight_decay": 0.1, "betas": (0.95, 0.98)}, "optax.lion"),
    "signum": ("signum", {"lr": 0.01, "weight_decay": 0.5, "beta": 0.9}, "optax.signum"),
    "signum-without-momentum": ("signum", {"lr": 0.01, "weight_decay": 0.1, "beta": 0.0}, "optax.signum"),
    "adabelief": ("adabelief", {"lr": 0.01, "weight_decay": 0.5, "betas": (0.9, 0.99), "eps": 1e-3, "eps_root": 1e-6}, "optax.adabelief"),
    "adabelief-defaults": ("adabelief", {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-16, "eps_root": 1e-16}, "optax.adabelief"),
    "yogi": ("yogi", {"lr": 0.01, "weight_decay": 0.5, "betas": (0.8, 0.99), "eps": 1e-8, "initial_accumulator_value": 1e-3}, "optax.yogi"),
    "yogi-defaults": ("yogi", {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-3, "initial_accumulator_value": 1e-6}, "optax.yogi"),
    "adamw_fixed_decay": ("adamw_fixed_decay", {"lr": 0.03, "weight_decay": 0.02, "betas": (0.9, 0.99), "eps": 1e-3}, "pytorch_optimizer.AdEMAMix"),
    "adamw_fixed_decay-strong": ("adamw_fixed_decay", {"lr": 0.01, "weight_decay": 0.3, "betas": (0.8, 0.999), "eps": 1e-8}, "pytorch_optimizer.AdEMAMix"),
    "adopt": ("adopt", {"lr": 0.01, "weight_decay": 0.5, "betas": (0.9, 0.99), "eps": 1e-6}, "optax.contrib.adopt"),
    "adopt-large-eps": ("adopt", {"lr": 0.003, "weight_decay": 0.1, "betas": (0.5, 0.9999), "eps": 0.1}, "optax.contrib.adopt"),
    "ademamix": ("ademamix", {"lr": 0.003, "weight_decay": 0.5, "betas": (0.9, 0.99), "beta3": 0.999, "alpha": 5.0, "t_alpha_beta3": 0.0, "eps": 1e-3}, "pytorch_optimizer.AdEMAMix"),
    "ademamix-brought-in": ("ademamix", {"lr": 0.003, "weight_decay": 0.1, "betas": (0.8, 0.999), "beta3": 0.99, "alpha": 3.0, "t_alpha_beta3": 200.0, "eps": 1e-8}, "pytorch_optimizer.AdEMAMix"),
    "cautious_adamw": ("cautious_adamw", {"lr": 0.03, "weight_decay": 0.5, "betas": (0.9, 0.99), "eps": 1e-3}, "pytorch_optimizer.AdEMAMix"),
    "cautious_adamw-other-betas": ("cautious_adamw", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.5, 0.999), "eps": 1e-8}, "pytorch_optimizer.AdEMAMix"),
    "schedule_free_adamw": ("schedule_free_adamw", {"lr": 0.03, "weight_decay": 0.5, "betas": (0.9, 0.99), "eps": 1e-3}, "schedulefree.AdamWScheduleFree"),
    "schedule_free_adamw-weighted": ("schedule_free_adamw", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.7, 0.999), "eps": 1e-8, "r": 0.5, "weight_lr_power": 1.0}, "schedulefree.AdamWScheduleFree"),
    "lamb": ("lamb", {"lr": 0.01, "weight_decay": 0.5, "betas": (0.9, 0.99), "eps": 1e-3}, "optax.lamb"),
    "lamb-defaults": ("lamb", {"lr": 1e-3, "weight_decay": 0.0, "betas": (0.9, 0.999), "eps": 1e-6}, "optax.lamb"),
    "lars": ("lars", {"lr": 0.5, "weight_decay": 0.1, "momentum": 0.9, "dampening": 0.3, "trust_coefficient": 0.01}, "pytorch_optimizer.LARS"),
    "lars-defaults": ("lars", {"lr": 1.0, "weight_decay": 0.0, "momentum": 0.9, "dampening": 0.0, "trust_coefficient": 1e-3}, "pytorch_optimizer.LARS"),
    "lars-nesterov": ("lars", {"lr": 0.3, "weight_decay": 0.5, "momentum": 0.8, "trust_coefficient": 0.02, "nesterov": True}, "pytorch_optimizer.LARS"),
    "lars-without-momentum": ("lars", {"lr": 1.0, "weight_decay": 0.2, "momentum": 0.0, "trust_coefficient": 0.02}, "pytorch_optimizer.LARS"),
}  # fmt: skip


def _betas(h: H) -> dict[str, float]:
    return dict(zip(("b1", "b2"), h["betas"], strict=True))


def _only(h: H, *names: str) -> H:
    return {name: h[name] for name in names}


# The rule without learning rate and without decay, from optax's own parts of the function of that name.
_OPTAX: dict[str, Callable[[Any, H], Any]] = {
    "amsgrad": lambda o, h: o.scale_by_amsgrad(**_betas(h), eps=h["eps"]),
    "adamw": lambda o, h: o.scale_by_adam(**_betas(h), eps=0.0, eps_root=h["eps"]),
    "lion": lambda o, h: o.scale_by_lion(**_betas(h)),
    "signum": lambda o, h: o.chain(o.ema(h["beta"], debias=False), o.scale_by_sign()),
    "adabelief": lambda o, h: o.scale_by_belief(**_betas(h), **_only(h, "eps", "eps_root")),
    "contrib.adopt": lambda o, h: o.contrib.scale_by_adopt(**_betas(h), eps=h["eps"]),
    "yogi": lambda o, h: o.scale_by_yogi(**_betas(h), **_only(h, "eps", "initial_accumulator_value")),
}


def _optax_rule(optax: Any, name: str, h: H) -> Any:
    def lr(count: Any) -> float:
        return h["lr"] * factor(int(count) + 1)

    decay = h.get("weight_decay", 0.0)
    if name == "lamb":  # decay is part of what it scales
        return optax.lamb(lr, **_betas(h), eps=h["eps"], weight_decay=decay)
    return optax.chain(_OPTAX[name](optax, h), optax.add_decayed_weights(decay), optax.scale_by_learning_rate(lr))


def _by_optax(name: str, kind: str, h: H) -> list[list[float]]:
    import jax
    import optax

    with jax.enable_x64(True):
        rule = _optax_rule(optax, name, h)
        w = jax.numpy.asarray(START)
        state = rule.init(w)
        record = []
        for t in range(1, STEPS + 1):
            updates, state = rule.update(jax.numpy.asarray(gradients(t, w.tolist())), state, w)
            w = optax.apply_updates(w, updates)
            record.append(w.tolist())
    return record


# AdEMAMix without its slow average is AdamW, with switches that no AdamW of that library has.
_ADAMW = {"alpha": 0.0, "weight_decouple": True}


def _ademamix(h: H) -> H:
    names = {name: value for name, value in h.items() if name != "beta3"}
    return names | {
        "betas": (*h["betas"], h["beta3"]),
        "t_alpha_beta3": h["t_alpha_beta3"] or None,
        "weight_decouple": True,
    }


# Rule here -> arguments there.
_ARGUMENTS: dict[str, Callable[[H], H]] = {
    "adamw_fixed_decay": lambda h: {**h, "betas": (*h["betas"], 0.9), **_ADAMW, "fixed_decay": True},
    "ademamix": _ademamix,
    # Of a tensor with one coordinate it takes half a step, 1/(1 + 1), where it takes one.
    "cautious_adamw": lambda h: {
        **h, "betas": (*h["betas"], 0.9), **_ADAMW, "cautious": True, "lr": 2 * h["lr"], "weight_decay": h["weight_decay"] / 2,
    },
    "schedule_free_adamw": lambda h: h,
    "lars": lambda h: h,
}  # fmt: skip


def _by_torch(package: str) -> Callable[[str, str, H], list[list[float]]]:
    """A class of a package of rules for torch, each coordinate a tensor of its own; all of them one matrix if norms join them."""

    def compute(name: str, kind: str, h: H) -> list[list[float]]:
        import torch

        joined = bool(registry.load("optimizers", kind).SPEC.norms)
        parts = [[START]] if joined else [[x] for x in START]
        w = [torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in parts]
        arguments = _ARGUMENTS[kind](h)
        optimizer = getattr(importlib.import_module(package), name)(w, **arguments, foreach=False)
        if package == "schedulefree":
            optimizer.train()
        record = []
        for t in range(1, STEPS + 1):
            optimizer.param_groups[0]["lr"] = arguments["lr"] * factor(t)
            g = torch.tensor(gradients(t, torch.cat([x.flatten() for x in w]).tolist()), dtype=torch.float64)
            for x, part in zip(w, g.split([x.numel() for x in w]), strict=True):
                x.grad = part.reshape(x.shape).clone()
            optimizer.step()
            record.append(torch.cat([x.flatten() for x in w]).tolist())
        return record

    return compute


# Library -> (what computes a trajectory with it, the packages that takes).
LIBRARIES: dict[str, tuple[Callable[[str, str, H], list[list[float]]], tuple[str, ...]]] = {
    "optax": (_by_optax, ("jax", "optax")),
    "pytorch_optimizer": (_by_torch("pytorch_optimizer"), ("torch", "pytorch_optimizer")),
    "schedulefree": (_by_torch("schedulefree"), ("torch", "schedulefree")),
}


def library(case: str) -> str:
    """The library that a case is compared with."""
    return CASES[case][2].partition(".")[0]


def trajectory(case: str) -> list[list[float]]:
    """Weights after every step, as the reference computes them in float64."""
    kind, hyperparameters, reference = CASES[case]
    compute, _ = LIBRARIES[library(case)]
    return compute(reference.partition(".")[2], kind, hyperparameters)


def main() -> None:
    """Write the golden file: every tenth step and the first ten."""
    kept = [t for t in range(1, STEPS + 1) if t <= 10 or t % 10 == 0]
    cases = {}
    for case in CASES:
        whole = trajectory(case)
        cases[case] = [whole[t - 1] for t in kept]
    packages = {name: version(name).split("+")[0] for _, needed in LIBRARIES.values() for name in needed}
    GOLDEN.write_text(json.dumps({"packages": packages, "steps": kept, "cases": cases}, indent=0) + "\n")


if __name__ == "__main__":
    main()
