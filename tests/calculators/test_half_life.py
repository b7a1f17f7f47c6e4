"""The answer to the practitioner's question against loops that multiply step by step."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.calculators.half_life import HalfLife, half_life
from adamw_cli.errors import UsageError

SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("constant", {}),
    ("constant", {"warmup_steps": 50}),
    ("cosine", {"warmup_steps": 20, "final_fraction": 0.1}),
    ("linear", {}),
    ("wsd", {"warmup_steps": 10, "decay_steps": 100}),
    ("inverse_sqrt", {"warmup_steps": 30}),
    ("exponential", {"rate": 0.999}),
    ("step", {"every": 100, "factor": 0.5}),
]


def factor(kind: str, values: dict[str, Any], t: int, steps: int) -> float:
    """Written from the format's table, apart from the package."""
    warmup, final = values.get("warmup_steps", 0), values.get("final_fraction", 0.0)
    if t <= warmup:
        return t / warmup
    if kind == "cosine":
        return final + (1 - final) * (1 + math.cos(math.pi * (t - warmup) / (steps - warmup))) / 2
    if kind == "linear":
        return 1 - (1 - final) * (t - warmup) / (steps - warmup)
    if kind == "wsd":
        past = t - (steps - values["decay_steps"])
        return 1.0 if past <= 0 else 1 - (1 - final) * past / values["decay_steps"]
    if kind == "inverse_sqrt":
        return math.sqrt(warmup / t)
    if kind == "exponential":
        return float(values["rate"] ** (t - 1))
    return float(values["factor"] ** ((t - 1) // values["every"])) if kind == "step" else 1.0


def loop(x: float, kind: str, values: dict[str, Any], steps: int) -> tuple[float, int | None]:
    """The last weight of a run from 1, and the first step at or below a half."""
    w, half = 1.0, None
    for t in range(1, steps + 1):
        w -= x * factor(kind, values, t, steps) * w
        if half is None and abs(w) <= 0.5:
            half = t
    return w, half


def test_any_real_number_will_do_and_no_other() -> None:
    number = np.float32(1e-3)
    assert half_life(lr=number, steps=np.int64(9)) == half_life(lr=float(number), steps=9)  # type: ignore[arg-type]
    assert half_life(lr=Fraction(1, 8)).lr == 0.125  # type: ignore[arg-type]
    for wrong, shown in ((True, "True"), ("1", "'1'"), (1j, "1j"), (10**400, "inf"), (math.nan, "nan")):
        with pytest.raises(UsageError, match=f"^`lr` must be a finite number above 0, not {shown}"):
            half_life(lr=wrong)
    with pytest.raises(UsageError, match=r"^`steps` must be a whole number from 1 to 1e\+08, not 0\.5"):
        half_life(steps=Fraction(1, 2))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "values"), SCHEDULES)
@settings(max_examples=25, deadline=None)
@given(x=st.floats(1e-4, 0.05), steps=st.integers(200, 900))
def test_a_run_under_a_schedule(kind: str, values: dict[str, Any], x: float, steps: int) -> None:
    answer = half_life(lr=0.1, weight_decay=10 * x, steps=steps, schedule=kind, **values)
    w, half = loop(answer.lr * answer.weight_decay, kind, values, steps)
    assert answer.run is not None
    assert answer.run.total_shrink == pytest.approx(w, rel=1e-11)
    assert answer.run.residual_fraction == pytest.approx(w, rel=1e-11)
    assert answer.run.half_lives_in_run == pytest.approx(-math.log2(w), rel=1e-9)
    assert answer.run.half_life_step == half
    assert answer.run.effective_steps == pytest.approx(sum(factor(kind, values, t, steps) for t in range(1, steps + 1)))


@pytest.mark.parametrize(("kind", "values"), SCHEDULES)
@settings(max_examples=15, deadline=None)
@given(shrink=st.floats(0.05, 0.95), steps=st.integers(200, 900))
def test_solving_for_a_shrink(kind: str, values: dict[str, Any], shrink: float, steps: int) -> None:
    clock = {"steps": steps, "schedule": kind, **values}
    for known in ({"lr": 0.1}, {"weight_decay": 0.3}):
        answer = half_life(**known, **clock, target_shrink=shrink)  # type: ignore[arg-type]
        assert answer.solved == ("weight_decay" if "lr" in known else "lr")
        assert loop(answer.lr * answer.weight_decay, kind, values, steps)[0] == pytest.approx(shrink, rel=1e-10)


@settings(max_examples=50, deadline=None)
@given(target=st.integers(2, 3000), lr=st.floats(1e-6, 1.0))
def test_solving_for_a_half_life(target: int, lr: float) -> None:
    answer = half_life(lr=lr, target_steps=target)
    w = 1.0
    for _ in range(target):
        w -= answer.lr * answer.weight_decay * w
    assert w == pytest.approx(0.5, rel=1e-10)
    assert answer.half_life_steps == pytest.approx(target, rel=1e-10)
    assert answer.crossing_step == target
    again = half_life(weight_decay=answer.weight_decay, target_steps=target)
    assert again.lr == pytest.approx(lr, rel=1e-10)


@pytest.mark.parametrize(("kind", "values"), SCHEDULES)
def test_solving_for_the_step_under_a_schedule(kind: str, values: dict[str, Any]) -> None:
    answer = half_life(lr=0.1, steps=500, schedule=kind, **values, target_steps=321)
    assert answer.run is not None
    assert answer.run.half_life_step == 321
    w = 1.0
    for t in range(1, 322):
        w -= answer.lr * answer.weight_decay * factor(kind, values, t, 500) * w
    assert w == pytest.approx(0.5, rel=1e-10)


@pytest.mark.parametrize(
    ("weight_decay", "regime", "half", "crossing", "doubling"),
    [
        (-1.0, "growing", math.inf, None, 1.0),
        (0.0, "none", math.inf, None, math.inf),
        (0.5, "monotone", 1.0, 1, math.inf),
        (1.0, "one-step", 0.0, 1, math.inf),
        (1.5, "alternating", 1.0, 1, math.inf),
        (2.0, "marginal", math.inf, None, math.inf),
        (3.0, "divergent", math.inf, None, 1.0),
    ],
)
def test_regimes(weight_decay: float, regime: str, half: float, crossing: int | None, doubling: float) -> None:
    answer = half_life(lr=1.0, weight_decay=weight_decay, steps=10)
    assert (answer.regime, answer.half_life_steps, answer.crossing_step, answer.doubling_steps) == (
        regime,
        half,
        crossing,
        doubling,
    )
    assert answer.shrink_per_step == 1.0 - weight_decay
    assert answer.run is not None
    assert answer.run.total_shrink == pytest.approx((1.0 - weight_decay) ** 10, rel=1e-12)


def test_a_weight_that_never_halves_under_its_schedule_is_told_what_is_left() -> None:
    answer = half_life(lr=1e-3, weight_decay=0.5, steps=100_000, schedule="exponential", rate=0.999)
    assert answer.run is not None
    assert answer.run.half_life_step is None
    assert answer.run.residual_fraction == pytest.approx(0.60649273, rel=1e-8)  # the catalogue's number
    assert "0.606493 of it is left" in answer.notes[-1]


def test_epochs_and_tokens_do_not_change_steps() -> None:
    plain, other = (
        half_life(lr=0.1, weight_decay=0.1),
        half_life(lr=0.1, weight_decay=0.1, steps_per_epoch=10, tokens_per_step=5),
    )
    assert isinstance(plain, HalfLife)
    assert plain.half_life_steps == other.half_life_steps


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lr": math.nan}, "`lr` must be a finite number"),
        ({"weight_decay": math.inf}, "`weight_decay` must be a finite number"),
        ({"lr": "0.1"}, "`lr` must be a finite number"),
        ({"lr": True}, "`lr` must be a finite number"),
        ({"lr": 1e300, "weight_decay": 1e300}, "overflows"),
        ({"steps": 1e9}, "`steps` must be a whole number"),
        ({"steps": 10, "warmup": 1}, "no parameter 'warmup'"),
        ({"steps": 10, "warmup_steps": 1.5}, "must be a whole number"),
        ({"steps": 10, "schedule": "cosine", "final_fraction": 2}, "must be >= 0 and <= 1"),
        ({"steps": 10, "schedule": "wsd"}, "needs 'decay_steps'"),
        ({"lr": 0.1, "target_steps": 5, "target_shrink": 0.5, "steps": 10}, "one target"),
        ({"weight_decay": -0.1, "target_steps": 5}, "above 0"),
        ({"lr": 5e-324, "target_steps": 1}, "outside the range"),
    ],
)
def test_what_has_no_answer(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        half_life(**arguments)
