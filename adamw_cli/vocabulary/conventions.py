"""The conventions of weight decay: what `weight_decay` multiplies, from which weights, and where eps is.

Each is data, in the words of a rule's facts, and every conversion follows from the data; docs/conventions.md has a section for each.
"""

from dataclasses import dataclass
from typing import Literal

from adamw_cli.errors import UsageError, suggestion
from adamw_cli.vocabulary.rules import AdamStep, Coupled, Decoupled, Eps

# Those of PyTorch's AdamW.
_EPS_HAT = AdamStep("beta1", "beta2", Eps("eps", "eps_hat"))
_STEP, _DECAY = AdamStep("beta1", "beta2", Eps("eps")), Decoupled("weight_decay")


@dataclass(frozen=True)
class Convention:
    """How a convention reads its numbers.

    Attributes
    ----------
    name : what it is called on the command line.
    used_by : where it is found.
    decays_by : what decay takes from a weight at a step, in terms of wd, the schedule s_t and lr_t = s_t lr.
    step, decay : what it is, as a rule's facts.
    measure : what the number is: a `rate`, a rate times the square root of the number of steps (`normalised`), or a
        timescale in `epochs`.
    eps_root : whether there is one more eps, inside the root.
    eps : what eps is where none is given.
    source : where that can be read.

    """

    name: str
    used_by: str
    decays_by: str
    source: str
    measure: Literal["rate", "normalised", "epochs"] = "rate"
    step: AdamStep = _STEP
    decay: Decoupled | Coupled = _DECAY
    eps_root: bool = False
    eps: float = 1e-8

    @property
    def coupled(self) -> bool:
        """Whether decay is added to the gradient."""
        return isinstance(self.decay, Coupled)

    @property
    def constant(self) -> bool:
        """Whether neither the learning rate nor the schedule multiplies decay."""
        return self.decay.scale == "lambda"

    @property
    def eps_hat(self) -> bool:
        """Whether eps is added before the bias correction."""
        return self.step.eps is not None and self.step.eps.place == "eps_hat"


_PAPER = "Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019"

# On one line what it does, on the next where that can be read and what follows from it.
CONVENTIONS = (
    Convention("pytorch", "torch.optim.AdamW, Paddle, fastai, Optimisers.jl, MLX with bias_correction=True", "lr_t*wd*w",
        "torch 2.13.0, torch/optim/adam.py"),
    Convention("optax", "optax.adamw", "lr_t*wd*w",
        "optax 0.2.8, optax/_src/alias.py, transform.py", eps_root=True),
    Convention("keras", "keras.optimizers.AdamW", "lr_t*wd*w",
        "keras 3.15.1, keras/src/optimizers/base_optimizer.py, adam.py", step=_EPS_HAT, eps=1e-7),
    Convention("apex", "apex FusedAdam, DeepSpeed FusedAdam and DeepSpeedCPUAdam, in their default mode: adam_w_mode=True", "lr_t*wd*w",
        "NVIDIA/apex, csrc/multi_tensor_adam.cu; deepspeed 0.19.8, csrc/adam/"),
    Convention("paper", "the paper's algorithm 2", "s_t*wd*w",
        f"{_PAPER}, algorithm 2", decay=Decoupled("weight_decay", scale="schedule*lambda")),
    Convention("independent", "Optimisers.jl AdamW(couple=false)", "wd*w",
        "FluxML/Optimisers.jl, src/rules.jl", decay=Decoupled("weight_decay", scale="lambda")),
    Convention("tfa", "tfa.optimizers.AdamW, tf.contrib.opt.AdamWOptimizer", "wd*w",
        "tensorflow-addons 0.23.0, tensorflow_addons/optimizers/weight_decay_optimizers.py", decay=Decoupled("weight_decay", scale="lambda"), step=_EPS_HAT, eps=1e-7),
    Convention("decay-last", "bitsandbytes' CUDA kernel", "lr_t*wd*(w - lr_t*u)",
        "bitsandbytes-foundation/bitsandbytes, csrc/cuda/optimizers.cu", decay=Decoupled("weight_decay", order="new")),
    Convention("transformers-old", "transformers.AdamW, which is no more", "lr_t*wd*(w - lr_t*u)",
        "transformers 4.46.3, transformers/optimization.py", decay=Decoupled("weight_decay", order="new"), step=_EPS_HAT, eps=1e-6),
    Convention("normalised", "the paper's lambda_norm", "s_t*wd*sqrt(b/(B*T))*w",
        f"{_PAPER}, appendix B.1", decay=Decoupled("weight_decay", scale="schedule*lambda"), measure="normalised"),
    Convention("timescale", "tau_epoch of Wang and Aitchison", "s_t/(wd*M)*w",
        "Wang and Aitchison, How to set AdamW's weight decay as you scale model and dataset size, 2024", measure="epochs"),
    Convention("l2", "torch.optim.Adam; apex and DeepSpeed with adam_w_mode=False", "g += wd*w",
        "torch 2.13.0, torch/optim/adam.py; NVIDIA/apex, csrc/multi_tensor_adam.cu", decay=Coupled("weight_decay")),
)  # fmt: skip
NAMES = tuple(convention.name for convention in CONVENTIONS)


def convention(name: str) -> Convention:
    """Return the convention of that name.

    Raises
    ------
    UsageError
        If there is none.

    >>> convention("keras").eps_hat
    True

    """
    for known in CONVENTIONS:
        if known.name == name:
            return known
    raise UsageError(f"there is no convention '{name}'", suggestion(name, list(NAMES)))
