"""Hyperparameters that are misread: every reading is found out by the bug that makes it, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adamw_cli.conformance.callables import PlainCallable
from adamw_cli.conformance.judge import Judgement, judge
from adamw_cli.conformance.misread import MISREADINGS
from adamw_cli.conformance.probes import probes
from adamw_cli.conformance.record import record
from adamw_cli.conformance.references import reference
from adamw_cli.conformance.target import DTYPES
from adamw_cli.conformance.variants import Variant
from adamw_cli.report.conform import data, document
from tests.conformance import mutants

Make = Callable[..., Any]


def judged(function: Make, dtype: str = "float64") -> Judgement:
    target = PlainCallable("target", function, {})
    return judge(record(target, probes(), DTYPES[dtype]), "target", target.kind, reference("adamw"), dtype)


def passing(
    change: Callable[..., tuple[float, float, tuple[float, float], float]], inner: Make = mutants.adamw
) -> Make:
    """The inner optimizer with other hyperparameters than it is given; lr is changed in every step as at the start."""

    def make(w0, lr, weight_decay, betas, eps):  # type: ignore[no-untyped-def]
        _, *others = change(lr, weight_decay, betas, eps)
        step = inner(w0, change(lr, weight_decay, betas, eps)[0], *others)
        return lambda g, lr: step(g, change(lr, weight_decay, betas, eps)[0])

    return make


def ascending(w0, lr, weight_decay, betas, eps):  # type: ignore[no-untyped-def]
    step = mutants.adamw(w0, lr, weight_decay, betas, eps)
    return lambda g, lr: step(-g, lr)


def taking(which: Callable[[list[float], float], float]) -> Make:
    """The lr of a step chosen from all that were given so far, and that of the start."""

    def make(w0, lr, weight_decay, betas, eps):  # type: ignore[no-untyped-def]
        step, given, start = mutants.adamw(w0, lr, weight_decay, betas, eps), [], lr

        def one(g, lr):  # type: ignore[no-untyped-def]
            given.append(lr)
            return step(g, which(given, start))

        return one

    return make


def indexed(index: Callable[[int, int], int]) -> Make:
    """The lr of a step looked up in the list of all, at an index of the step 0, 1, ... and the number of steps."""

    def make(w0, lr, weight_decay, betas, eps, lr_schedule):  # type: ignore[no-untyped-def]
        step, count = mutants.adamw(w0, lr, weight_decay, betas, eps), iter(range(len(lr_schedule)))
        return lambda g: step(g, lr_schedule[index(next(count), len(lr_schedule))])

    return make


# What the implementation does, how it comes about, and the term to blame.
BUGS: dict[str, tuple[Make, str]] = {
    "beta1 and beta2 are swapped": (passing(lambda lr, wd, b, eps: (lr, wd, b[::-1], eps)), "m and v"),
    "beta1 is used in place of beta2": (passing(lambda lr, wd, b, eps: (lr, wd, (b[0], b[0]), eps)), "v"),
    "beta2 is used in place of beta1": (passing(lambda lr, wd, b, eps: (lr, wd, (b[1], b[1]), eps)), "m"),
    "1 - beta is used in place of beta": (passing(lambda lr, wd, b, eps: (lr, wd, (1 - b[0], 1 - b[1]), eps)), "m and v"),
    "eps is squared": (passing(lambda lr, wd, b, eps: (lr, wd, b, eps * eps)), "epsilon"),
    "the root of eps is taken": (passing(lambda lr, wd, b, eps: (lr, wd, b, eps**0.5)), "epsilon"),
    "the gradient has the wrong sign, as if to maximize": (ascending, "m"),
    "weight_decay is halved": (passing(lambda lr, wd, b, eps: (lr, wd / 2, b, eps)), "decay"),
    "weight_decay is doubled": (passing(lambda lr, wd, b, eps: (lr, wd * 2, b, eps)), "decay"),
    "lr is halved": (passing(lambda lr, wd, b, eps: (lr / 2, wd, b, eps)), "lr"),
    "lr is doubled": (passing(lambda lr, wd, b, eps: (lr * 2, wd, b, eps)), "lr"),
    "lr is taken one step late, in the first step that of the start": (taking(lambda given, start: [start, *given][-2]), "lr"),
    "lr is taken one step late, in the first two steps that of the first": (taking(lambda given, _: given[max(len(given) - 2, 0)]), "lr"),
    "lr is taken one step late, in the first step that of the last": (indexed(lambda i, _: i - 1), "lr"),
    "lr is taken one step early": (indexed(lambda i, count: min(i + 1, count - 1)), "lr"),
    "lr at the start is used in every step": (taking(lambda _, start: start), "lr"),
    "lr of the first step is used in every step": (taking(lambda given, _: given[0]), "lr"),
}  # fmt: skip


def test_every_reading_has_its_bug() -> None:
    assert list(BUGS) == [each.what for each in MISREADINGS]


@pytest.mark.slow
@pytest.mark.parametrize("what", BUGS)
def test_a_misread_hyperparameter_is_named(what: str) -> None:
    make, term = BUGS[what]
    result = judged(make)
    assert result.misread is not None
    assert result.misread.what == what
    assert not result.conforms
    assert result.identification.variants == (Variant(),)
    assert result.identification.precision == "float64"
    assert result.first_divergence is not None
    assert result.first_divergence.term == term
    assert [line for line in result.advice if line.startswith(what)] == [result.advice[0]]
    notes = document(result).tables[0].notes
    assert notes[1:3] == [
        f"{what}: with that it agrees on every probe",
        "otherwise this is what is called: adamw, pytorch, optax, apex",
    ]
    assert data(result)["misread"] == what


@pytest.mark.parametrize("what", ["beta1 and beta2 are swapped", "lr is halved"])
def test_it_is_named_in_float32_too(what: str) -> None:
    result = judged(BUGS[what][0], "float32")
    assert result.misread is not None
    assert result.misread.what == what


# What to pass, as the advice says it.
INSTEAD: dict[str, Callable[..., tuple[float, float, tuple[float, float], float]]] = {
    "betas = (beta2, beta1)": lambda lr, wd, b, eps: (lr, wd, (b[1], b[0]), eps),
    "betas = (1 - beta1, 1 - beta2)": lambda lr, wd, b, eps: (lr, wd, (1 - b[0], 1 - b[1]), eps),
    "eps = sqrt(eps)": lambda lr, wd, b, eps: (lr, wd, b, float(np.sqrt(eps))),
    "eps = eps^2": lambda lr, wd, b, eps: (lr, wd, b, eps**2),
    "weight_decay = 2*weight_decay": lambda lr, wd, b, eps: (lr, 2 * wd, b, eps),
    "weight_decay = weight_decay/2": lambda lr, wd, b, eps: (lr, wd / 2, b, eps),
    "lr = 2*lr": lambda lr, wd, b, eps: (2 * lr, wd, b, eps),
    "lr = lr/2": lambda lr, wd, b, eps: (lr / 2, wd, b, eps),
}


@pytest.mark.parametrize("each", [m for m in MISREADINGS if m.instead], ids=lambda m: m.what)
def test_what_to_pass_instead_makes_it_conform(each: Any) -> None:
    assert each.sentence(alone=True).endswith(f"; or pass {each.instead}")
    assert judged(passing(INSTEAD[each.instead], BUGS[each.what][0])).conforms


def test_a_reading_and_an_axis_at_once_are_both_named_and_nothing_is_to_be_passed() -> None:
    result = judged(passing(lambda lr, wd, b, eps: (lr, wd, b[::-1], eps), mutants.decay_not_times_lr))
    assert result.identification.variants == (Variant(decay_scale="lambda"),)
    assert result.advice == (
        "beta1 and beta2 are swapped: average g with beta1 and g^2 with beta2",
        "decay_scale: multiply weight decay by lr, once: subtract lr*weight_decay*w",
    )


def test_what_no_reading_explains_is_not_explained() -> None:
    result = judged(passing(lambda lr, wd, b, eps: (lr, 0.7 * wd, b, eps)))
    assert result.misread is None
    assert result.identification.precision is None
    assert result.advice == ()


@pytest.mark.parametrize("what", ["beta1 and beta2 are swapped", "eps is squared", "lr is halved"])
def test_nothing_is_read_out_of_weights_of_eight_bits(what: str) -> None:
    """No variant agrees with these, but to the rounding of bfloat16 three readings or more do."""
    make = BUGS[what][0]

    def rounded(w0, lr, weight_decay, betas, eps):  # type: ignore[no-untyped-def]
        step = make(w0, lr, weight_decay, betas, eps)

        def one(g, lr):  # type: ignore[no-untyped-def]
            fraction, exponent = np.frexp(step(g, lr))
            return np.ldexp(np.round(fraction * 256) / 256, exponent)

        return one

    result = judged(rounded)
    assert result.identification.precision is None
    assert result.misread is None
    assert not result.conforms
