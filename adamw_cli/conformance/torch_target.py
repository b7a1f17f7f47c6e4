"""A subclass of torch.optim.Optimizer as a target; lr is changed as schedulers change it, through `param_groups`."""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from adamw_cli.conformance.callables import accepts, check_options, parameters
from adamw_cli.conformance.probes import Probe
from adamw_cli.conformance.target import HYPERPARAMETERS, Array, Step, TargetError, foreign
from adamw_cli.errors import UsageError

# Usual in torch, where gradients are cleared before the next step, so no fault; but whoever logs their norm afterwards is misled.
_WRITES = "it writes into the gradient that it is given"


def is_torch(found: Any) -> bool:
    """Whether an object is an optimizer class of torch; if torch is not loaded nothing can be."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(found, type) and issubclass(found, torch.optim.Optimizer)


class TorchOptimizer:
    """One parameter of shape (d,) on the processor."""

    kind = "torch.optim.Optimizer"
    remarks: tuple[str, ...] = ()

    def __init__(self, name: str, optimizer: Any, options: Mapping[str, Any]) -> None:
        self._name, self._optimizer, self._options = name, optimizer, dict(options)
        known = parameters(optimizer)
        if known is not None and not known:
            raise UsageError(f"{name} takes no arguments", "an optimizer takes parameters and lr")
        check_options(name, known, options)
        self._takes = tuple(each for each in HYPERPARAMETERS if accepts(known, each))

    def start(self, probe: Probe, w0: Array) -> tuple[Step, bool]:
        """Build the optimizer with those hyperparameters that it takes."""
        torch = sys.modules["torch"]
        weights = torch.nn.Parameter(torch.from_numpy(w0.copy()))
        given = {"lr": probe.lr, "weight_decay": probe.weight_decay, "betas": probe.betas, "eps": probe.eps}
        with foreign(f"when {self._name} was made for probe '{probe.name}'"):
            optimizer = self._optimizer([weights], **{name: given[name] for name in self._takes}, **self._options)
        groups = getattr(optimizer, "param_groups", None)
        if not groups or any("lr" not in group for group in groups):
            hint = "is super().__init__(params, defaults) called?"
            raise TargetError(f"{self._name} has no param_groups with an lr", hint)

        def step(g: Array, lr: float) -> Any:
            for group in optimizer.param_groups:
                group["lr"] = lr
            weights.grad = torch.from_numpy(g.copy())
            optimizer.step()
            if weights.grad is not None and not np.array_equal(weights.grad.numpy(), g, equal_nan=True):
                self.remarks = (_WRITES,)
            return weights.detach().numpy().copy()

        return step, True
