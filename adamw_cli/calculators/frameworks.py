"""What frameworks take where nothing is given: read from the source of the version named, never from memory.

The convention is one of calculators.conventions; it says what weight_decay multiplies.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Default:
    """An optimizer's default hyperparameters.

    Attributes
    ----------
    framework, version : what was read; a version, or a commit where it is not known which version that is.
    optimizer : what is called.
    lr : None where it has to be given.
    weight_decay : 0 where there is no decay by default, None where it has to be given.
    betas : beta1 and beta2; None where the rule has none.
    eps : None where the rule has none.
    convention : the name of the convention that weight_decay follows.
    source : the file of the package that says so, or the repository and its file where a commit is named.
    note : what else one has to know, or the empty string.

    """

    framework: str
    version: str
    optimizer: str
    lr: float | None
    weight_decay: float | None
    betas: tuple[float, float] | None
    eps: float | None
    convention: str
    source: str
    note: str = ""


_BETAS = (0.9, 0.999)
_TORCH = ("torch", "2.13.0")
_OPTAX = ("optax", "0.2.8")
_KERAS = ("keras", "3.15.1")
_BNB = "bitsandbytes/optim/adamw.py"

DEFAULTS = (
    Default(*_TORCH, "torch.optim.AdamW", 1e-3, 1e-2, _BETAS, 1e-8, "pytorch", "torch/optim/adamw.py"),
    Default(*_TORCH, "torch.optim.Adam", 1e-3, 0.0, _BETAS, 1e-8, "l2", "torch/optim/adam.py"),
    Default(*_TORCH, "torch.optim.NAdam", 2e-3, 0.0, _BETAS, 1e-8, "l2", "torch/optim/nadam.py"),
    Default(*_TORCH, "torch.optim.RAdam", 1e-3, 0.0, _BETAS, 1e-8, "l2", "torch/optim/radam.py"),
    Default(*_TORCH, "torch.optim.SGD", 1e-3, 0.0, None, None, "l2", "torch/optim/sgd.py"),
    Default(
        *_TORCH,
        "torch.optim.Muon",
        1e-3,
        0.1,
        None,
        1e-7,
        "pytorch",
        "torch/optim/_muon.py",
        "decays by lr as given, before it is adjusted to the shape of the matrix",
    ),
    Default(*_OPTAX, "optax.adamw", None, 1e-4, _BETAS, 1e-8, "optax", "optax/_src/alias.py"),
    Default(*_OPTAX, "optax.nadamw", None, 1e-4, _BETAS, 1e-8, "optax", "optax/_src/alias.py"),
    Default(*_OPTAX, "optax.lion", None, 1e-3, (0.9, 0.99), None, "optax", "optax/_src/alias.py"),
    Default(
        *_OPTAX,
        "optax.adam",
        None,
        0.0,
        _BETAS,
        1e-8,
        "l2",
        "optax/_src/alias.py",
        "has no weight_decay; coupled with add_decayed_weights before it in a chain",
    ),
    Default(*_KERAS, "keras.optimizers.AdamW", 1e-3, 4e-3, _BETAS, 1e-7, "keras", "keras/src/optimizers/adamw.py"),
    Default(
        *_KERAS,
        "keras.optimizers.Adam",
        1e-3,
        0.0,
        _BETAS,
        1e-7,
        "keras",
        "keras/src/optimizers/adam.py, base_optimizer.py",
        "weight_decay=None by default; decoupled if it is given, so that this is AdamW",
    ),
    Default(
        *_KERAS,
        "keras.optimizers.SGD",
        1e-2,
        0.0,
        None,
        None,
        "keras",
        "keras/src/optimizers/sgd.py, base_optimizer.py",
        "weight_decay=None by default; decoupled if it is given",
    ),
    Default(
        "tensorflow-addons",
        "0.23.0",
        "tfa.optimizers.AdamW",
        1e-3,
        None,
        _BETAS,
        1e-7,
        "tfa",
        "tensorflow_addons/optimizers/weight_decay_optimizers.py",
    ),
    Default(
        "tensorflow",
        "commit 01a1da9eb7",
        "tf.contrib.opt.AdamWOptimizer",
        1e-3,
        None,
        _BETAS,
        1e-8,
        "tfa",
        "tensorflow/tensorflow: tensorflow/contrib/opt/python/training/weight_decay_optimizers.py",
    ),
    Default(
        "transformers",
        "5.24.0",
        "TrainingArguments",
        5e-5,
        0.0,
        _BETAS,
        1e-8,
        "pytorch",
        "transformers/training_args.py",
        "hands its numbers to torch.optim.AdamW, under a linear schedule",
    ),
    Default(
        "transformers",
        "4.46.3",
        "transformers.AdamW",
        1e-3,
        0.0,
        _BETAS,
        1e-6,
        "transformers-old",
        "transformers/optimization.py",
        "removed since",
    ),
    Default(
        "timm",
        "1.0.31",
        "create_optimizer_v2(opt='adamw')",
        1e-3,
        0.0,
        _BETAS,
        1e-8,
        "pytorch",
        "timm/optim/_optim_factory.py",
        "hands weight_decay=0 to torch.optim.AdamW, whose lr, betas and eps it keeps",
    ),
    Default("timm", "1.0.31", "AdamWLegacy", 1e-3, 1e-2, _BETAS, 1e-8, "pytorch", "timm/optim/adamw.py"),
    Default(
        "deepspeed",
        "0.19.8",
        "FusedAdam",
        1e-3,
        0.0,
        _BETAS,
        1e-8,
        "apex",
        "deepspeed/ops/adam/fused_adam.py",
        "coupled with adam_w_mode=False",
    ),
    Default(
        "deepspeed",
        "0.19.8",
        "DeepSpeedCPUAdam",
        1e-3,
        0.0,
        _BETAS,
        1e-8,
        "apex",
        "deepspeed/ops/adam/cpu_adam.py",
        "coupled with adamw_mode=False",
    ),
    Default(
        "apex",
        "commit 004da4edfc",
        "apex.optimizers.FusedAdam",
        1e-3,
        0.0,
        _BETAS,
        1e-8,
        "apex",
        "NVIDIA/apex: apex/optimizers/fused_adam.py",
        "coupled with adam_w_mode=False",
    ),
    Default(
        "bitsandbytes",
        "0.50.2",
        "bitsandbytes.optim.AdamW",
        1e-3,
        1e-2,
        _BETAS,
        1e-8,
        "pytorch",
        f"{_BNB}, bitsandbytes/backends/",
        "as its CPU and Triton backends decay",
    ),
    Default(
        "bitsandbytes",
        "commit 12297f3b6e",
        "bitsandbytes.optim.AdamW, CUDA",
        1e-3,
        1e-2,
        _BETAS,
        1e-8,
        "decay-last",
        f"{_BNB} of 0.50.2; bitsandbytes-foundation/bitsandbytes: csrc/cuda/optimizers.cu",
        "as its CUDA kernel for 32-bit states decays",
    ),
    Default(
        "Optimisers.jl",
        "commit 007b97215d",
        "AdamW",
        1e-3,
        0.0,
        _BETAS,
        1e-8,
        "pytorch",
        "FluxML/Optimisers.jl: src/rules.jl",
        "independent of lr with couple=false, which was the default before 0.4",
    ),
    Default(
        "mlx",
        "0.32.4",
        "mlx.optimizers.AdamW",
        None,
        1e-2,
        _BETAS,
        1e-8,
        "pytorch",
        "mlx/optimizers/optimizers.py",
        "without bias correction by default: its first steps are those of another rule",
    ),
    Default(
        "paddle",
        "commit 00816fcb21",
        "paddle.optimizer.AdamW",
        1e-3,
        1e-2,
        _BETAS,
        1e-8,
        "pytorch",
        "PaddlePaddle/Paddle: python/paddle/optimizer/adamw.py; paddle/phi/kernels/funcs/adam_functors.h",
    ),
    Default(
        "fastai",
        "2.8.12",
        "fastai.optimizer.Adam",
        1e-3,
        1e-2,
        (0.9, 0.99),
        1e-5,
        "pytorch",
        "fastai/optimizer.py, learner.py",
        "lr is Learner's; AdamW in spite of its name, coupled with decouple_wd=False",
    ),
)
