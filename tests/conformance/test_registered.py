"""Rules of the registry as references, and as what a target is found to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.conformance.judge import conform
from adamw_cli.conformance.registered import outside_the_family
from adamw_cli.conformance.target import DTYPES
from adamw_cli.vocabulary import OwnStep
from tests.cli.terminal import run

Array = np.ndarray[Any, Any]
Target = Callable[..., Callable[..., Array]]


TORCH = {
    "SGD": "sgd",
    "RMSprop": "rmsprop",
    "Adagrad": "adagrad",
    "Adadelta": "adadelta",
    "Adamax": "adamax",
    "NAdam": "nadam",  # it keeps a product of its betas in float32
    "RAdam": "radam",
    "Rprop": "rprop",
    "Adam": "adam_l2",
    "AdamW": "adamw",
}


def target_of(module: ModuleType, dtype: str = "float64", **given: Any) -> Target:
    """A rule's own function as a stranger's optimizer: one coordinate after the other, numbers of one type."""
    rule, number = module.SPEC, DTYPES[dtype]

    def start(
        w0: Array, lr: float, weight_decay: float, betas: tuple[float, float], eps: float
    ) -> Callable[..., Array]:
        values = {p.name: p.default for p in rule.parameters} | given
        scalars: dict[str, float] = {}
        for p in rule.parameters:
            if p.kind != "bool":
                parts = values[p.name] if p.components else (values[p.name],)
                scalars |= dict(zip(p.components or (p.name,), parts, strict=True))
        scalars |= rule.passed(lr, weight_decay, betas, eps)
        switches = [values[name] for name in rule.switches]
        w, state, t = w0.copy(), np.zeros((len(w0), len(rule.state)), number), [0]

        def step(g: Array, lr: float) -> Array:
            t[0] += 1
            factor = lr / scalars[rule.lr]
            now = [number(x) for x in ({**scalars, rule.lr: lr}).values()]
            now += [number(x) for x in rule.coefficients_at(t[0], scalars, factor)]
            each = [[w[i], g[i], *state[i], *now] for i in range(len(w))]
            parts = [rule.normed(*one, *switches) for one in each] if rule.normed else []
            norms = [number(sum(float(p) ** 2 for p in column) ** 0.5) for column in zip(*parts, strict=True)]
            with np.errstate(all="ignore"):
                for i, one in enumerate(each):
                    w[i], *state[i] = module.update(*one, *norms, *switches)
            return w.copy()

        return step

    return start


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", registry.names("optimizers"))
def test_every_rule_is_a_reference_and_is_recognised(name: str, dtype: str) -> None:
    module = registry.load("optimizers", name)
    if dtype == "float32" and isinstance(module.SPEC.step, OwnStep) and name not in TORCH.values():
        return  # where a sign decides, rounding may decide the sign
    result = conform(target_of(module, dtype), reference=name, dtype=dtype)
    assert result.conforms
    assert result.first_divergence is None
    assert result.rule == name
    assert result.findings == ()


def test_every_setting_of_the_switches_is_tried() -> None:
    labels = {rule.label for rule in outside_the_family()}
    assert {"rmsprop", "rmsprop,centered=true", "lion", "lars"} <= labels
    target = target_of(registry.load("optimizers", "rmsprop"), centered=True)
    result = conform(target, reference="rmsprop,centered=true")
    assert result.conforms
    assert str(result.other) == "rmsprop,centered=true"
    assert not conform(target, reference="rmsprop").conforms


@pytest.mark.slow
def test_no_two_rules_outside_the_family_are_taken_for_each_other() -> None:
    for rule in outside_the_family():
        found = str(conform(target_of(rule.module, **rule.given)).other)
        # Without momentum, coupled and decoupled decay of gradient descent are one thing.
        assert found == ("sgd or sgdw" if rule.label in ("sgd", "sgdw") else rule.label)


def lion(w0: Array, lr: float, weight_decay: float, betas: tuple[float, float], eps: float, *, swapped: bool = False) -> Callable[..., Array]:  # fmt: skip
    """Lion as its paper has it: decay and step together; `swapped` mixes up the two betas."""
    w, m = w0.copy(), np.zeros_like(w0)
    first, second = reversed(betas) if swapped else betas

    def step(g: Array, lr: float) -> Array:
        nonlocal w, m
        w = w - lr * (np.sign(first * m + (1 - first) * g) + weight_decay * w)
        m = second * m + (1 - second) * g
        return w

    return step


def swapped_lion(w0: Array, lr: float, weight_decay: float, betas: tuple[float, float], eps: float) -> Callable[..., Array]:  # fmt: skip
    return lion(w0, lr, weight_decay, betas, eps, swapped=True)


def test_a_foreign_lion_is_lion_exactly_and_one_with_its_betas_mixed_up_is_nothing() -> None:
    found = conform(lion)
    assert (found.rule, found.conforms, found.in_family) == ("lion", False, False)
    assert found.findings == ()  # that eps changes nothing is no news
    assert conform(lion, reference="lion").conforms
    wrong = conform(swapped_lion, reference="lion")
    assert (wrong.rule, wrong.conforms) == (None, False)
    assert wrong.first_divergence is not None
    assert (wrong.first_divergence.term, wrong.advice) == (None, ())


def test_the_command_says_which_rule_it_is(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "def sgd(w0, lr, weight_decay, betas, eps):\n"
        "    w = w0.copy()\n"
        "    def step(g, lr):\n"
        "        nonlocal w\n"
        "        w = w - lr * (g + weight_decay * w)\n"
        "        return w\n"
        "    return step\n"
    )
    target = f"{tmp_path / 'mine.py'}:sgd"
    outcome = run(capsys, "conform", target)
    assert outcome.code == 1
    assert outcome.out.splitlines()[0].endswith("does NOT conform to adamw; it is sgd or sgdw, exactly")
    data = json.loads(run(capsys, "conform", target, "--reference", "sgd", "--format", "json").out)
    assert (data["conforms"], data["rule"], data["exact"]) == (True, "sgd", False)
    assert set(data["identified"].values()) == {None}
    assert run(capsys, "conform", target, "--reference", "sgd,momentum=0.5").code == 1


@pytest.mark.parametrize(("optimizer", "rule"), TORCH.items())
def test_pytorchs_optimizers_are_found_in_the_registry(optimizer: str, rule: str) -> None:
    pytest.importorskip("torch")
    result = conform(f"torch.optim:{optimizer}", reference=rule)
    assert (result.rule, result.conforms) == (rule, rule != "nadam")


DEMANDING = """\
from adamw_cli.vocabulary import BETAS, LR, REQUIRED, Decoupled, OwnStep, Parameter, Rule

SPEC = Rule(
    parameters=(LR, Parameter("weight_decay", REQUIRED, "decay"), BETAS.but(default=REQUIRED), Parameter("k", REQUIRED, "how much"),),
    state=(),
    step=OwnStep(betas=("beta1", "beta2")),
    decay=Decoupled("weight_decay"),
    constraint=lambda values: "too much" if values["k"] + values["weight_decay"] + values["betas"][0] > 10 else None,
)


def update(w, g, lr, weight_decay, beta1, beta2, k):
    return (w - lr * (k * g + weight_decay * w),)
"""


def test_a_rule_of_which_a_number_is_to_be_given_is_in_nobodys_way(
    capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    plugin = tmp_path / "demanding.py"
    plugin.write_text(DEMANDING)
    target = tmp_path / "mine.py"
    target.write_text(
        "def mine(w0, lr, weight_decay, betas, eps):\n"
        "    w = w0.copy()\n"
        "    def step(g, lr):\n"
        "        nonlocal w\n"
        "        w = w - lr * (2.0 * g + weight_decay * w)\n"
        "        return w\n"
        "    return step\n"
    )
    asked = ("conform", f"{target}:mine", "--plugin", str(plugin))
    assert run(capsys, *asked).code == 1
    assert "demanding" not in {rule.name for rule in outside_the_family()}
    outcome = run(capsys, *asked, "--reference", "demanding")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "error: demanding needs `k`\n  --reference demanding,k=...\n"
    # weight_decay and betas have no default either, but every target is passed them
    assert run(capsys, *asked, "--reference", "demanding,k=2").code == 0
    assert run(capsys, *asked, "--reference", "demanding,k=3").code == 1
    assert "error: demanding: too much" in run(capsys, *asked, "--reference", "demanding,k=20").err


def test_a_rule_that_needs_only_what_targets_are_passed_is_recognised(tmp_path: Any) -> None:
    plugin = tmp_path / "demanding.py"
    plugin.write_text(DEMANDING.replace('"k", REQUIRED', '"k", 2.0'))
    registry.load_plugin(plugin)
    found = conform(target_of(registry.load("optimizers", "demanding"), betas=(0.9, 0.999), weight_decay=0.0))
    assert found.rule == "demanding"
