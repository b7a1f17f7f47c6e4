"""The defaults of frameworks against the frameworks, where they are installed; the half-lives against loops."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import math

import pytest

from adamw_cli.calculators.defaults import Outcome, defaults
from adamw_cli.calculators.frameworks import DEFAULTS, Default
from adamw_cli.errors import UsageError
from adamw_cli.vocabulary.conventions import NAMES

# What each framework calls lr, weight_decay, beta1, beta2, betas and eps.
ARGUMENTS = {
    "torch": ("lr", "weight_decay", "", "", "betas", "eps"),
    "optax": ("learning_rate", "weight_decay", "b1", "b2", "", "eps"),
    "keras": ("learning_rate", "weight_decay", "beta_1", "beta_2", "", "epsilon"),
}
LIVE = [d for d in DEFAULTS if d.framework in ARGUMENTS]


def outcome(name: str, lr: float | None = None) -> Outcome:
    (found,) = defaults(name, lr=lr).outcomes
    return found


@pytest.mark.parametrize("default", LIVE, ids=lambda d: d.optimizer)
def test_the_signature_says_the_same(default: Default, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails with a newer version, the framework has changed a default, and calculators/frameworks.py is to follow."""
    if importlib.util.find_spec(default.framework) is None:
        pytest.skip(f"live comparison: {default.framework} not installed")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    module, _, name = default.optimizer.rpartition(".")
    parameters = inspect.signature(getattr(importlib.import_module(module), name)).parameters
    lr, weight_decay, beta1, beta2, betas, eps = ARGUMENTS[default.framework]

    def value(argument: str) -> object:
        known = parameters.get(argument)
        return None if known is None or known.default is inspect.Parameter.empty else known.default

    assert value(lr) == default.lr
    assert (value(weight_decay) or 0.0) == default.weight_decay
    assert value(eps) == default.eps
    two = value(betas) if betas else (value(beta1), value(beta2))
    assert (None if two in (None, (None, None)) else two) == default.betas


def test_the_same_call_decays_differently() -> None:
    """What this table is for: four defaults of the same name."""
    found = {o.default.framework: o.default.weight_decay for o in defaults(".adamw").outcomes}
    assert (found["torch"], found["optax"], found["keras"], found["transformers"]) == (1e-2, 1e-4, 4e-3, 0.0)


@pytest.mark.parametrize(
    ("name", "lr"), [("torch.optim.AdamW", None), ("keras.optimizers.AdamW", 0.5), ("optax.lion", 0.1)]
)
def test_the_half_life_is_that_of_a_loop(name: str, lr: float | None) -> None:
    found = outcome(name, lr)
    x = (found.default.lr if lr is None else lr) * found.default.weight_decay  # type: ignore[operator]
    w, steps = 1.0, 0
    while w > 0.5:
        w -= x * w
        steps += 1
    assert found.half_life_steps is not None
    assert steps - 1 < found.half_life_steps <= steps + 1e-6


def test_what_cannot_be_said_is_not_said() -> None:
    assert (outcome("optax.adamw").half_life_steps, outcome("optax.adamw").missing) == (None, "lr")
    assert (outcome("tfa.").half_life_steps, outcome("tfa.", lr=0.1).missing) == (None, "weight_decay")
    assert outcome("TrainingArguments").half_life_steps == math.inf
    assert len(defaults().outcomes) == len(DEFAULTS)


def test_every_entry_is_complete() -> None:
    for d in DEFAULTS:
        assert d.convention in NAMES
        assert d.version[0].isdigit() or d.version.startswith("commit ")
        assert d.source
        assert ": " in d.source or not d.version.startswith("commit "), "a commit is one of a repository"
        assert d.lr is None or 0 < d.lr < 1
        assert d.weight_decay is None or 0 <= d.weight_decay < 1
    assert len({(d.version, d.optimizer) for d in DEFAULTS}) == len(DEFAULTS)


@pytest.mark.parametrize("lr", [0.0, -1.0, math.nan, math.inf])
def test_lr_is_refused(lr: float) -> None:
    with pytest.raises(UsageError, match="`lr` must be"):
        defaults(lr=lr)


def test_an_unknown_name() -> None:
    with pytest.raises(UsageError, match="has 'torchx' in its name") as error:
        defaults("torchx")
    assert error.value.hint is not None
    assert "keras" in error.value.hint
