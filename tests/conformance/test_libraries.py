"""Adapters against the real libraries: what is passed on, what is changed, what is left as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import adamw_cli
from adamw_cli.conformance.target import TargetError
from adamw_cli.errors import UsageError
from tests.cli.terminal import run

torch = pytest.importorskip("torch", reason="an extra; CI has it")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("option", [None, "foreach", "fused"])
def test_adamw_of_torch_conforms(option: str | None, dtype: str) -> None:
    result = adamw_cli.conform("torch.optim:AdamW", dtype=dtype, option={option: True} if option else {})
    assert result.conforms
    assert result.kind == "torch.optim.Optimizer"
    assert result.findings == ()
    # A quarter of the tolerance is what docs/conformance.md says.
    assert all(probe.max_error <= probe.tolerance / 4 for probe in result.probes)


def test_amsgrad_of_torch_takes_the_maximum_before_the_correction() -> None:
    options = ["amsgrad=true"]
    assert adamw_cli.conform("torch.optim:AdamW", option=options, reference="adamw,amsgrad=before").conforms
    assert not adamw_cli.conform("torch.optim:AdamW", option=options, reference="adamw,amsgrad=after").conforms
    assert not adamw_cli.conform("torch.optim:AdamW", option=options).conforms


@pytest.mark.parametrize("name", ["NAdam", "RAdam", "SGD", "Adagrad", "Rprop"])
def test_what_is_not_in_the_family_is_said_to_be_outside(name: str) -> None:
    result = adamw_cli.conform(f"torch.optim:{name}")
    assert not result.conforms
    assert result.identification.precision is None
    assert result.identification.distance > 1e-2
    assert result.advice == ()


def test_a_subclass_that_changes_its_gradient_is_judged_and_reported() -> None:
    class InPlace(torch.optim.AdamW):
        def step(self, closure=None):  # type: ignore[no-untyped-def]
            for group in self.param_groups:
                for p in group["params"]:
                    p.grad.add_(p.detach(), alpha=group["weight_decay"])
                group["weight_decay"], kept = 0.0, group["weight_decay"]
            super().step(closure)
            for group in self.param_groups:
                group["weight_decay"] = kept

    result = adamw_cli.conform(InPlace)
    assert result.target == "InPlace"
    assert result.conventions() == ("adam_l2", "l2")
    assert any("writes into the gradient" in line for line in result.findings)


def test_optimizers_that_cannot_be_used_are_refused() -> None:
    class NoGroups(torch.optim.Optimizer):
        def __init__(self, params, lr):  # type: ignore[no-untyped-def]
            pass

    class NeedsClosure(torch.optim.SGD):
        def step(self, closure):  # type: ignore[no-untyped-def,override]
            return closure()

    with pytest.raises(TargetError, match="no param_groups"):
        adamw_cli.conform(NoGroups)
    with pytest.raises(TargetError, match=r"TypeError.*closure.*probe 'power', step 1"):
        adamw_cli.conform(NeedsClosure)
    with pytest.raises(TargetError, match=r"TypeError.*closure"):
        adamw_cli.conform(torch.optim.LBFGS)
    with pytest.raises(UsageError, match="no option 'fusd'"):
        adamw_cli.conform(torch.optim.AdamW, option={"fusd": True})
    with pytest.raises(TargetError, match=r"cannot be `True` together.*when AdamW was made"):
        adamw_cli.conform(torch.optim.AdamW, option={"foreach": True, "fused": True})


def test_optax_is_judged_and_doubles_are_off_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    jax = pytest.importorskip("jax", reason="an extra; CI has it")
    pytest.importorskip("optax", reason="an extra; CI has it")
    before = jax.config.jax_enable_x64
    for dtype in ("float64", "float32"):
        result = adamw_cli.conform("optax:adamw", dtype=dtype)
        assert result.conforms
        assert result.kind == "optax.GradientTransformation"
        assert result.identification.precision == dtype
        assert len(result.probes) == 7
        assert all(probe.max_error <= probe.tolerance / 4 for probe in result.probes)
    assert jax.config.jax_enable_x64 == before
    assert adamw_cli.conform("optax:adam", reference="adam").conforms
    lion = adamw_cli.conform("optax:lion")
    assert lion.identification.precision is None
    path = tmp_path / "mine.py"
    path.write_text(
        "import optax\n\ndef make(learning_rate, b1, b2, eps, weight_decay, **more):\n"
        "    parts = [optax.scale_by_adam(b1, b2, eps), optax.add_decayed_weights(weight_decay)]\n"
        "    return optax.chain(*parts, optax.scale_by_learning_rate(learning_rate))\n"
        "\ndef nothing(learning_rate):\n    return 1\n"
    )
    outcome = run(capsys, "conform", f"{path}:make", "--format", "json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["identified"]["decay"] == "decoupled"
    outcome = run(capsys, "conform", f"{path}:nothing")
    assert outcome.code == 2
    assert "returned int instead of an optax.GradientTransformation" in outcome.err
