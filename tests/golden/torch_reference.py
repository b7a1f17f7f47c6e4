"""Trajectories of torch.optim, the outside reference of the update rules.

    python -m tests.golden.torch_reference      # writes tests/golden/torch.json; needs torch

The gradients are chosen so that every convention shows: one coordinate of ordinary size, one tiny, one that is zero
for a long time, one that changes sign, and a learning rate that changes at every step.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from adamw_cli import registry

GOLDEN = Path(__file__).with_name("torch.json")
STEPS = 300
START = [2.0, -1.5, 1.0, 0.5]
# name -> (rule here, its hyperparameters, class in torch.optim)
CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "adamw": ("adamw", {"lr": 0.03, "weight_decay": 0.5, "betas": (0.9, 0.999), "eps": 1e-3}, "AdamW"),
    "adamw-defaults": ("adamw", {"lr": 1e-3, "weight_decay": 0.01, "betas": (0.9, 0.999), "eps": 1e-8}, "AdamW"),
    "adamw-amsgrad": ("adamw", {"lr": 0.03, "weight_decay": 0.5, "betas": (0.8, 0.9), "eps": 1e-8, "amsgrad": True}, "AdamW"),
    "adam": ("adam", {"lr": 0.03, "betas": (0.9, 0.99), "eps": 1e-3}, "Adam"),
    "adam-amsgrad": ("adam", {"lr": 0.03, "betas": (0.8, 0.9), "eps": 1e-8, "amsgrad": True}, "Adam"),
    "adam_l2": ("adam_l2", {"lr": 0.03, "weight_decay": 0.5, "betas": (0.9, 0.999), "eps": 1e-3}, "Adam"),
    "adam_l2-amsgrad": ("adam_l2", {"lr": 0.03, "weight_decay": 0.5, "betas": (0.9, 0.99), "eps": 1e-8, "amsgrad": True}, "Adam"),
    "sgd": ("sgd", {"lr": 0.03, "weight_decay": 0.1}, "SGD"),
    "sgd-momentum": ("sgd", {"lr": 0.03, "momentum": 0.9, "weight_decay": 0.1}, "SGD"),
    "sgd-dampening": ("sgd", {"lr": 0.03, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}, "SGD"),
    "sgd-dampening-without-momentum": ("sgd", {"lr": 0.03, "dampening": 0.3}, "SGD"),
    "sgd-nesterov": ("sgd", {"lr": 0.03, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, "SGD"),
    "sgdw-without-decay": ("sgdw", {"lr": 0.03, "momentum": 0.9, "weight_decay": 0.0}, "SGD"),
    "adamw_decay_last-without-decay": ("adamw_decay_last", {"lr": 0.03, "weight_decay": 0.0, "betas": (0.9, 0.99), "eps": 1e-3}, "Adam"),
    "adamax": ("adamax", {"lr": 0.03, "weight_decay": 0.1, "betas": (0.9, 0.99), "eps": 1e-3}, "Adamax"),
    "adamax-defaults": ("adamax", {"lr": 2e-3, "weight_decay": 0.0, "betas": (0.9, 0.999), "eps": 1e-8}, "Adamax"),
    "rmsprop": ("rmsprop", {"lr": 0.01, "weight_decay": 0.1, "alpha": 0.9, "eps": 1e-3}, "RMSprop"),
    "rmsprop-momentum": ("rmsprop", {"lr": 0.003, "weight_decay": 0.1, "momentum": 0.9}, "RMSprop"),
    "rmsprop-centered": ("rmsprop", {"lr": 0.01, "weight_decay": 0.1, "alpha": 0.99, "eps": 1e-2, "centered": True}, "RMSprop"),
    "rmsprop-centered-momentum": ("rmsprop", {"lr": 0.003, "momentum": 0.8, "eps": 1e-2, "centered": True}, "RMSprop"),
    "adagrad": ("adagrad", {"lr": 0.1, "weight_decay": 0.1, "lr_decay": 0.02, "eps": 1e-3}, "Adagrad"),
    "adagrad-accumulator": ("adagrad", {"lr": 0.1, "initial_accumulator_value": 0.1}, "Adagrad"),
    "adadelta": ("adadelta", {"lr": 1.0, "weight_decay": 0.1}, "Adadelta"),
    "adadelta-eps": ("adadelta", {"lr": 0.5, "rho": 0.99, "eps": 1e-3}, "Adadelta"),
    "rprop": ("rprop", {"lr": 0.01}, "Rprop"),
    "rprop-bounded": ("rprop", {"lr": 0.3, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.2)}, "Rprop"),
    "nadam": ("nadam", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.9, 0.99), "eps": 1e-3}, "NAdam"),
    "nadam-momentum-decay": ("nadam", {"lr": 2e-3, "betas": (0.8, 0.999), "momentum_decay": 0.3}, "NAdam"),
    "nadamw": ("nadamw", {"lr": 0.01, "weight_decay": 0.5, "betas": (0.9, 0.99), "eps": 1e-3}, "NAdam"),
    "nadamw-momentum-decay": ("nadamw", {"lr": 3e-3, "weight_decay": 0.1, "betas": (0.95, 0.999), "eps": 1e-8, "momentum_decay": 0.0}, "NAdam"),
    "radam": ("radam", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.9, 0.99), "eps": 1e-3}, "RAdam"),
    "radam-defaults": ("radam", {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}, "RAdam"),
    "radam-never-rectified": ("radam", {"lr": 1e-3, "weight_decay": 0.1, "betas": (0.5, 0.6)}, "RAdam"),
    "radamw": ("radamw", {"lr": 0.01, "weight_decay": 0.5, "betas": (0.8, 0.95), "eps": 1e-3}, "RAdam"),
    "radamw-defaults": ("radamw", {"lr": 1e-3, "weight_decay": 0.1, "betas": (0.9, 0.999), "eps": 1e-8}, "RAdam"),
    "adamw_prox-without-decay": ("adamw_prox", {"lr": 0.03, "weight_decay": 0.0, "betas": (0.9, 0.99), "eps": 1e-3}, "Adam"),
}  # fmt: skip


def gradients(t: int, w: list[float]) -> list[float]:
    """The gradient at step t."""
    return [
        0.02 * (w[0] - 3.0),
        1e-3 * math.cos(t),
        0.0 if t <= 100 else 0.3,
        5.0 * (w[3] + 1.0) if t % 50 else -40.0,
    ]


def factor(t: int) -> float:
    """What the learning rate is multiplied by at step t."""
    return 0.5 * (1.0 + math.cos(math.pi * t / STEPS)) + 0.1


def trajectory(case: str) -> list[list[float]]:
    """Weights after every step, as torch computes them in float64."""
    import torch

    kind, hyperparameters, class_name = CASES[case]
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    options = dict(registry.load("optimizers", kind).SPEC.reference_options)
    optimizer = getattr(torch.optim, class_name)([w], foreach=False, **hyperparameters, **options)
    record = []
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # NAdam keeps its product of coefficients in the default precision
    try:
        for t in range(1, STEPS + 1):
            optimizer.param_groups[0]["lr"] = hyperparameters["lr"] * factor(t)
            w.grad = torch.tensor(gradients(t, w.tolist()), dtype=torch.float64)
            optimizer.step()
            record.append(w.tolist())
    finally:
        torch.set_default_dtype(usual)
    return record


def main() -> None:
    """Write the golden file: every tenth step and the first ten."""
    import torch

    kept = [t for t in range(1, STEPS + 1) if t <= 10 or t % 10 == 0]
    cases = {case: [trajectory(case)[t - 1] for t in kept] for case in CASES}
    GOLDEN.write_text(
        json.dumps({"torch": str(torch.__version__).split("+")[0], "steps": kept, "cases": cases}, indent=0) + "\n"
    )


if __name__ == "__main__":
    main()
