"""Fifteen bugs, each convention, and fifty compositions by another implementation: all are recognised."""

from __future__ import annotations

import random

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.conformance.advice import instructions
from adamw_cli.conformance.callables import PlainCallable
from adamw_cli.conformance.judge import Judgement, judge
from adamw_cli.conformance.probes import probes
from adamw_cli.conformance.record import record
from adamw_cli.conformance.references import family, reference
from adamw_cli.conformance.target import DTYPES
from adamw_cli.conformance.variants import Variant, names, space
from tests.conformance import mutants
from tests.conformance.compositions import optimizer


def judged(function: object, wanted: str = "adamw", dtype: str = "float64") -> Judgement:
    target = PlainCallable("target", function, {})  # type: ignore[arg-type]
    return judge(record(target, probes(), DTYPES[dtype]), "target", target.kind, reference(wanted), dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("bug", mutants.BUGS)
def test_a_bug_is_named(bug: str, dtype: str) -> None:
    result = judged(getattr(mutants, bug), dtype=dtype)
    wanted = Variant(**mutants.BUGS[bug]).canonical()
    assert result.identification.variants == (wanted,)
    assert result.identification.precision == dtype
    assert not result.conforms
    assert result.exit_code == 1
    assert result.first_divergence is not None
    assert result.first_divergence.term == mutants.TERMS[bug]
    ((axis, _),) = mutants.BUGS[bug].items()
    assert result.advice[0].startswith(f"{axis}: ")


@pytest.mark.parametrize(("bug", "said"), [("no_decay", "add weight decay"), ("decay_sign", "do not add it")])
def test_the_advice_is_about_the_decay_that_is_there(bug: str, said: str) -> None:
    """Neither has weight decay in its gradient step, so that there is none to take out."""
    advice = judged(getattr(mutants, bug)).advice[0]
    assert said in advice
    assert "take weight decay out" not in advice


def test_the_advice_for_decay_in_the_gradient_subtracts_nothing() -> None:
    """With lr in the gradient as well lr multiplies the decay twice; taking it out there is all there is to do."""
    for inside in ("coupled", "first_moment", "preconditioned"):
        wanted = Variant(decay=inside, decay_scale="lr*lambda").canonical()
        line, _ = instructions(Variant(decay=inside, decay_scale="lr^2*lambda").canonical(), wanted)
        assert "subtract" not in line
        assert "what goes into the gradient is weight_decay*w" in line


def test_there_are_fifteen() -> None:
    assert len(mutants.BUGS) == 15


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("convention", mutants.CONVENTIONS)
def test_the_right_form_conforms_to_its_convention(convention: str, dtype: str) -> None:
    result = judged(getattr(mutants, mutants.CONVENTIONS[convention]), convention, dtype)
    assert result.conforms
    assert result.exit_code == 0
    assert convention in result.conventions()
    assert result.first_divergence is None
    assert result.advice == ()
    assert result.findings == ()


def test_every_convention_has_one() -> None:
    rules = {name for name in registry.names("optimizers")}  # these have test_registered.py
    assert set(mutants.CONVENTIONS) | rules == set(family()) | rules


def compositions() -> list[Variant]:
    return random.Random(20261124).sample(space(), 50)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_fifty_compositions_are_recognised(dtype: str) -> None:
    for variant in compositions():
        axes = {axis: (values or ("any",))[-1] for axis, values in names(variant).items()}
        result = judged(optimizer(axes, DTYPES[dtype]), dtype=dtype)
        assert result.identification.variants == (variant,), (variant, result.identification)
        assert result.identification.precision == dtype


def test_float32_inside_is_found_out() -> None:
    axes = {axis: values[0] for axis, values in names(Variant()).items()}
    result = judged(optimizer(axes, np.float32), dtype="float64")
    assert result.identification.variants == (Variant(),)
    assert result.identification.precision == "float32"
    assert not result.conforms
    assert result.first_divergence is not None
    assert result.first_divergence.term == "rounding"
    assert any("float32 only" in line for line in result.findings)


def test_several_axes_wrong_at_once_are_all_named() -> None:
    axes = {
        **{axis: values[0] for axis, values in names(Variant()).items()},
        "decay_scale": "lambda",
        "epsilon": "inside",
    }
    result = judged(optimizer(axes))
    assert [line.partition(":")[0] for line in result.advice] == ["decay_scale", "epsilon"]
    # The coordinate without gradient shows one of the two alone: (1 - 0.1*0.5) and (1 - 0.5) times 1.
    first = result.first_divergence
    assert first is not None
    assert (first.probe, first.step, first.coordinate, first.term) == ("power", 1, 2, "decay")
    assert (first.expected, first.got) == (pytest.approx(0.95), pytest.approx(0.5))


@pytest.mark.parametrize("bug", ["adamw", *mutants.BUGS])
def test_bfloat16_weights_are_recognised_and_do_not_conform(bug: str) -> None:
    """Weights stored with 8 significant bits after every step: the true variant is among those that agree."""

    def stored(w: np.ndarray) -> np.ndarray:
        fraction, exponent = np.frexp(w)
        return np.ldexp(np.round(fraction * 256) / 256, exponent)

    def make(w0, lr, weight_decay, betas, eps):  # type: ignore[no-untyped-def]
        # The optimizer keeps its weights to itself, so that each step starts a new one from the stored weights.
        inner = getattr(mutants, bug)(w0, lr, weight_decay, betas, eps)
        state = next(cell.cell_contents for cell in inner.__closure__ if hasattr(cell.cell_contents, "moments"))

        def step(g, lr):  # type: ignore[no-untyped-def]
            inner(g, lr)
            state.w = stored(state.w)
            return state.w

        return step

    result = judged(make)
    wanted = Variant(**mutants.BUGS.get(bug, {})).canonical()
    assert result.identification.precision == "bfloat16-like"
    assert wanted in result.identification.variants
    assert not result.conforms


def test_a_small_constant_is_not_mistaken_for_single_precision() -> None:
    def make(w0, lr, weight_decay, betas, eps):  # type: ignore[no-untyped-def]
        return mutants.adamw(w0, lr, weight_decay * (1 + 1e-10), betas, eps)

    result = judged(make)
    assert not result.conforms
    assert any("a small constant may differ" in line for line in result.findings)
