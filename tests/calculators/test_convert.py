"""Conversions put to the test: a loop of its own for every convention, written as its framework writes it, runs both sides."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.calculators.convert import Converted, convert
from adamw_cli.errors import UsageError
from adamw_cli.vocabulary.conventions import CONVENTIONS, NAMES

Floats = np.ndarray[Any, np.dtype[np.float64]]

START = np.array([2.0, -1.5, 1.0, 0.5])
BETA1, BETA2 = 0.9, 0.99
STEPS = 60
# b, B and T of STEPS steps: two epochs of 30.
LENGTH = {"batch_size": 10.0, "dataset_size": 300.0, "epochs": 2.0}
SCHEDULES: dict[str, list[float]] = {
    "constant": [1.0] * STEPS,
    "cosine": [t / 5 if t <= 5 else (1 + math.cos(math.pi * (t - 5) / (STEPS - 5))) / 2 for t in range(1, STEPS + 1)],
    "linear": [1 - t / STEPS for t in range(1, STEPS + 1)],
}
WARMUP: dict[str, dict[str, Any]] = {"cosine": {"warmup_steps": 5}}


def gradient(w: Floats, t: int) -> Floats:
    """One that pulls, one that is tiny, one that is zero, one that is large."""
    return np.array([0.02 * (w[0] - 3.0), 1e-3 * math.cos(t), 0.0, 5.0 * (w[3] + 1.0)])


def no_gradient(w: Floats, t: int) -> Floats:
    return np.zeros(4)


@dataclass(frozen=True)
class At:
    """A step: the weights, the factor of the schedule, the hyperparameters, and Adam's step for lr 1 in three forms."""

    w: Floats
    s: float
    lr: float
    wd: float
    outside: Floats
    hat: Floats
    root: Floats

    @property
    def rate(self) -> float:
        return self.s * self.lr


def pytorch(a: At) -> Floats:  # p.mul_(1 - lr * weight_decay), then p.addcdiv_
    w = a.w * (1 - a.rate * a.wd)
    return w - a.rate * a.outside


def optax(a: At) -> Floats:  # scale_by_adam, add_decayed_weights, scale_by_learning_rate
    return a.w + -a.rate * (a.root + a.wd * a.w)


def keras(a: At) -> Floats:
    w = a.w - a.w * a.wd * a.rate
    return w - a.rate * a.hat


def apex(a: At) -> Floats:
    return a.w - a.rate * (a.outside + a.wd * a.w)


def paper(a: At) -> Floats:  # the schedule multiplier times (alpha m_hat/(sqrt(v_hat) + eps) + lambda w)
    return a.w - a.s * (a.lr * a.outside + a.wd * a.w)


def independent(a: At) -> Floats:
    return a.w - (a.rate * a.outside + a.wd * a.w)


def tfa(a: At) -> Floats:
    w = a.w - a.wd * a.w
    return w - a.rate * a.hat


def decay_last(a: At) -> Floats:
    w = a.w - a.rate * a.outside
    return w * (1 - a.rate * a.wd)


def transformers_old(a: At) -> Floats:
    w = a.w - a.rate * a.hat
    return w + w * (-a.rate * a.wd)


def normalised(a: At) -> Floats:
    b, points, epochs = LENGTH["batch_size"], LENGTH["dataset_size"], LENGTH["epochs"]
    return a.w - a.s * (a.lr * a.outside + a.wd * math.sqrt(b / (points * epochs)) * a.w)


def timescale(a: At) -> Floats:  # the weight_decay with this timescale, then PyTorch's rule
    return pytorch(replace(a, wd=1 / (a.lr * a.wd * LENGTH["dataset_size"] / LENGTH["batch_size"])))


def l2(a: At) -> Floats:
    return a.w - a.rate * a.outside


RULES: dict[str, Callable[[At], Floats]] = {
    "pytorch": pytorch,
    "optax": optax,
    "keras": keras,
    "apex": apex,
    "paper": paper,
    "independent": independent,
    "tfa": tfa,
    "decay-last": decay_last,
    "transformers-old": transformers_old,
    "normalised": normalised,
    "timescale": timescale,
    "l2": l2,
}


def over(m: Floats, denominator: Floats) -> Floats:
    """The quotient, and 0 for 0/0."""
    return np.divide(m, denominator, out=np.zeros(4), where=denominator > 0)


def walk(
    name: str, lr: float, wd: float, eps: float, eps_root: float, factors: list[float], pull: Any = gradient
) -> Floats:
    """The weights after every step, in the framework's own order of operations."""
    w, m, v = START.copy(), np.zeros(4), np.zeros(4)
    path = []
    for t, s in enumerate(factors, 1):
        g = pull(w, t) + (wd * w if name == "l2" else 0.0)
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g * g
        c1, c2 = 1 - BETA1**t, 1 - BETA2**t
        outside = over(m / c1, np.sqrt(v / c2) + eps)
        hat = over(math.sqrt(c2) / c1 * m, np.sqrt(v) + eps)
        root = over(m / c1, np.sqrt(v / c2 + eps_root) + eps)
        w = RULES[name](At(w, s, lr, wd, outside, hat, root))
        path.append(w)
    return np.array(path)


def row_path(row: Converted, factors: list[float], pull: Any = gradient) -> Floats:
    assert row.lr is not None
    assert row.weight_decay is not None
    assert row.eps is not None
    assert row.eps_root is not None
    return walk(row.convention.name, row.lr, row.weight_decay, row.eps, row.eps_root, factors, pull)


def gap(a: Floats, b: Floats) -> float:
    return float(np.max(np.abs(a - b)) / np.max(np.abs(a)))


def asked(name: str, lr: float, x: float) -> float:
    """A weight_decay that takes x per step as the convention reads it; not through the package."""
    if name == "timescale":
        return 1 / (x * LENGTH["dataset_size"] / LENGTH["batch_size"])
    if name == "normalised":
        return x * math.sqrt(STEPS)
    return x / lr if name not in ("paper", "independent", "tfa") else x


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("source", "target"), list(itertools.product(NAMES, NAMES)))
def test_both_sides_run(source: str, target: str, schedule: str) -> None:
    """What is called exact is the same path to rounding; what is not, is measurably another one."""
    lr, x = 0.05, 0.02
    factors = SCHEDULES[schedule]
    numbers = {"lr": lr, "weight_decay": asked(source, lr, x), "eps": 1e-2, "beta2": BETA2, **LENGTH}
    numbers["eps_root"] = 1e-4 if source == "optax" else 0.0
    run = {"steps": STEPS, "schedule": schedule, **WARMUP.get(schedule, {})}
    if source != target and "l2" in (source, target):
        with pytest.raises(UsageError, match="goes through Adam's averages"):
            convert(source, target, **numbers, **run)
        return
    rows = convert(source, target, **numbers, **run).rows
    before, after = rows[0], rows[-1]
    moved = gap(row_path(before, factors), row_path(after, factors))
    decayed = gap(row_path(before, factors, no_gradient), row_path(after, factors, no_gradient))
    last = gap(row_path(before, factors, no_gradient)[-1:], row_path(after, factors, no_gradient)[-1:])
    assert last < 1e-12 or source == target == "l2"
    if after.fidelity == "exact":
        assert max(moved, decayed) < 1e-12
    elif after.fidelity == "decay exact":
        assert decayed < 1e-12
        assert moved > 1e-6
    else:
        assert after.fidelity == "approximate"
        assert moved > 1e-6
        assert decayed > 1e-6


@settings(max_examples=60, deadline=None)
@given(
    source=st.sampled_from([name for name in NAMES if name != "l2"]),
    lr=st.floats(1e-4, 0.2),
    x=st.floats(1e-6, 0.3),
    eps=st.sampled_from([0.0, 1e-8, 1e-3]),
    schedule=st.sampled_from([None, *SCHEDULES]),
)
def test_exact_is_exact_for_any_numbers(source: str, lr: float, x: float, eps: float, schedule: str | None) -> None:
    known: dict[str, Any] = {} if schedule is None else {"steps": STEPS, "schedule": schedule}
    if schedule in WARMUP:
        known |= WARMUP[schedule]
    factors = SCHEDULES[schedule or "constant"]
    result = convert(source, lr=lr, weight_decay=asked(source, lr, x), eps=eps, beta2=BETA2, **known, **LENGTH)
    first = result.rows[0]
    path, decayed = row_path(first, factors), row_path(first, factors, no_gradient)
    assert [row.convention.name for row in result.rows if row.fidelity == "none"] == ["l2"]
    for row in result.rows:
        if row.fidelity in ("exact", "decay exact"):
            assert gap(decayed, row_path(row, factors, no_gradient)) < 1e-12
            assert row.half_life_steps == pytest.approx(first.half_life_steps, rel=1e-9)
        if row.fidelity == "exact":
            assert gap(path, row_path(row, factors)) < 1e-12
        if row.fidelity != "none" and schedule is not None:
            assert row.total_shrink == pytest.approx(decayed[-1][0] / START[0], rel=1e-9)


def fidelities(source: str, **more: Any) -> dict[str, str]:
    return {row.convention.name: row.fidelity for row in convert(source, lr=0.01, **more).rows}


def test_which_are_exact() -> None:
    plain = fidelities("pytorch", weight_decay=0.1, **LENGTH)
    exact = {"pytorch", "optax", "apex", "paper", "independent", "decay-last", "normalised", "timescale"}
    assert {name for name, fidelity in plain.items() if fidelity == "exact"} == exact
    assert {name for name, f in plain.items() if f == "decay exact"} == {"keras", "tfa", "transformers-old"}
    scheduled = fidelities("pytorch", weight_decay=0.1, steps=60, schedule="cosine", **LENGTH)
    assert {name for name, f in scheduled.items() if f == "exact"} == exact - {"independent", "decay-last"}
    assert {name for name, f in scheduled.items() if f == "approximate"} == {"independent", "tfa"}
    assert fidelities("pytorch", weight_decay=0.1, eps=0.0, **LENGTH)["keras"] == "exact"
    assert fidelities("keras", weight_decay=0.1)["transformers-old"] == "exact"


def test_without_decay_coupled_and_decoupled_are_the_same() -> None:
    assert fidelities("pytorch", weight_decay=0.0)["l2"] == "exact"
    (_, row) = convert("l2", "pytorch", lr=0.05, weight_decay=0.0).rows
    assert gap(walk("l2", 0.05, 0.0, 1e-8, 0.0, [1.0] * STEPS), row_path(row, [1.0] * STEPS)) == 0.0
    assert row.half_life_steps == math.inf
    assert fidelities("pytorch", weight_decay=0.1)["l2"] == "none"


def test_there_and_back() -> None:
    for name in NAMES:
        if name == "l2":
            continue
        there = convert("pytorch", name, lr=0.01, weight_decay=0.3, **LENGTH).rows[-1]
        back = convert(name, "pytorch", lr=there.lr, weight_decay=there.weight_decay, eps=there.eps, **LENGTH).rows[-1]
        assert (back.lr, back.weight_decay, back.eps) == pytest.approx((0.01, 0.3, 1e-8), rel=1e-12)


def test_known_numbers() -> None:
    """Figures that can be checked by hand."""
    assert convert("pytorch", "paper", lr=1e-3, weight_decay=0.1).rows[-1].weight_decay == pytest.approx(
        1e-4, rel=1e-15
    )
    last = convert("pytorch", "decay-last", lr=0.125, weight_decay=4.0).rows[-1]
    assert (last.lr, last.weight_decay) == (0.25, 2.0)
    tau = convert("pytorch", "timescale", lr=1e-3, weight_decay=0.1, batch_size=128, dataset_size=50_000).rows[-1]
    assert tau.weight_decay == pytest.approx(25.6, rel=1e-12)
    run = {"batch_size": 128, "dataset_size": 50_000, "epochs": 100}
    normal = convert("normalised", "pytorch", lr=1e-3, weight_decay=0.05, **run).rows[-1]
    assert normal.weight_decay == pytest.approx(0.25298221, rel=1e-7)
    root = convert("optax", "pytorch", lr=1e-3, weight_decay=0.1, eps=1e-8, eps_root=1e-12).rows[-1]
    assert root.eps == pytest.approx(1.01e-6, rel=1e-12)


def test_a_step_at_full_lr_is_kept_where_decay_is_spread_over_the_run() -> None:
    """The lr makes up for the decay of the new weights as it is where the schedule is 1, not as it is on average."""
    run = {"steps": 50, "schedule": "linear"}
    assert convert("decay-last", "independent", lr=0.125, weight_decay=4.0, **run).rows[-1].lr == 0.0625
    there = convert("independent", "decay-last", lr=0.125, weight_decay=0.1, **run).rows[-1]
    assert there.lr is not None
    assert there.weight_decay is not None
    assert there.lr * (1 - there.lr * there.weight_decay) == pytest.approx(0.125, rel=1e-14)


def test_what_is_said_of_the_size_of_the_difference() -> None:
    """The first step of both sides is as far apart as the condition says."""
    eps, lr = 1e-3, 0.01
    rows = convert("pytorch", "keras", lr=lr, weight_decay=0.0, eps=eps, beta2=BETA2).rows
    assert "eps counts 10 times as much at step 1" in rows[-1].conditions[0]
    w = row_path(rows[-1], [1.0])[0]
    m = gradient(START, 1)
    # With one step m_hat = g and sqrt(v_hat) = |g|.
    assert w == pytest.approx(START - lr * m / (np.abs(m) + 10 * eps), rel=1e-12)
    (late,) = [
        int(word) for word in rows[-1].conditions[0].replace(",", "").split() if word.isdigit() and int(word) > 100
    ]
    assert 1 / math.sqrt(1 - BETA2**late) <= 1.01 < 1 / math.sqrt(1 - BETA2 ** (late - 1))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"source": "torch"}, "no convention 'torch'"),
        ({"target": "kera"}, "no convention 'kera'"),
        ({"source": "keras"}, "`weight_decay` is needed"),
        ({"lr": 0.0}, "`lr` must be"),
        ({"lr": math.nan}, "`lr` must be"),
        ({"lr": 1e300, "weight_decay": 1e300}, "decay per step comes out as inf"),
        ({"lr": 1e-200, "weight_decay": 1e-200}, "decay per step comes out as 0"),
        (
            {"source": "paper", "lr": 1e-300, "weight_decay": 1e100, "target": "pytorch"},
            "weight_decay comes out as inf",
        ),
        ({"source": "timescale", "weight_decay": 1e-200, "steps_per_epoch": 1e-200}, "tau times steps per epoch"),
        ({"weight_decay": -0.1}, "`weight_decay` must be"),
        ({"weight_decay": math.inf}, "`weight_decay` must be"),
        ({"eps": -1e-8}, "`eps` must be"),
        ({"beta2": 1.0}, "`beta2` must be"),
        ({"eps_root": 1e-8}, "no `eps_root`"),
        ({"source": "timescale", "weight_decay": 0.0, "steps_per_epoch": 10}, "`weight_decay` must be"),
        (
            {"source": "timescale", "weight_decay": 1e-3, "steps_per_epoch": 390},
            "more than 1 step, not 0.39",
        ),
        ({"source": "timescale", "weight_decay": 10.0}, "steps in an epoch"),
        ({"source": "normalised", "weight_decay": 10.0}, "run's length"),
        ({"target": "normalised"}, "run's length"),
        ({"target": "timescale", "weight_decay": 0.0, "steps_per_epoch": 10}, "strictly between 0 and 1"),
        ({"target": "decay-last", "lr": 1.0, "weight_decay": 1.5}, "below 1 only"),
        ({"target": "l2"}, "goes through Adam's averages"),
        ({"batch_size": 0.0}, "`batch_size` must be"),
        ({"batch_size": 10, "dataset_size": 100, "steps_per_epoch": 20}, "but dataset_size/batch_size is 10"),
        (
            {"batch_size": 10, "dataset_size": 100, "epochs": 2, "steps": 100},
            "but dataset_size/batch_size*epochs is 20",
        ),
        ({"steps": 1.5}, "whole number"),
        ({"schedule": "cosine"}, "needs the number of steps"),
        ({"schedule": "cosine", "epochs": 3}, "needs the number of steps"),
        ({"schedule": "cosine", "batch_size": 10, "dataset_size": 100}, "needs the number of steps"),
        ({"schedule": "cosine", "steps_per_epoch": 0.1, "epochs": 1}, "`steps` must be a whole number from 1"),
        ({"steps": 0}, "`steps` must be a whole number from 1"),
        ({"target": "independent", "steps": 50, "schedule": "linear", "lr": 1.0, "weight_decay": 2.0}, "leaves 0 of"),
        ({"source": "independent", "steps": 1e5, "schedule": "linear", "weight_decay": 0.5}, "leaves 0 of"),
    ],
)
def test_what_is_refused(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as error:
        convert(**{"lr": 1e-3, "target": "keras", **arguments})
    assert says in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    ("length", "steps"),
    [
        ({"batch_size": 128, "dataset_size": 50000, "epochs": 100}, 39062),  # 39,062.5
        ({"batch_size": 10, "dataset_size": 100, "epochs": 3}, 30),
        ({"steps_per_epoch": 391, "epochs": 100}, 39100),
        ({"batch_size": 128, "dataset_size": 50000, "steps_per_epoch": 390, "epochs": 100}, 39000),
        ({"steps_per_epoch": 10, "epochs": 2.5}, 25),
        ({"batch_size": 128, "dataset_size": 50000, "steps_per_epoch": 391.6, "epochs": 1}, 392),
    ],
)
def test_the_steps_of_a_schedule_follow_from_the_epochs(length: dict[str, float], steps: int) -> None:
    given: dict[str, Any] = {"source": "independent", "target": "pytorch", "lr": 1e-3, "weight_decay": 1e-4}
    result = convert(**given, schedule="cosine", **length)
    assert result.run.clock is not None
    assert result.run.clock.steps == steps
    assert result.rows == convert(**given, schedule="cosine", steps=steps).rows
    assert convert(**given, **length).run.clock is None  # constant: nothing needs them


def test_every_convention_is_told_apart_or_another_name_of_the_same() -> None:
    """Two conventions with the same facts give the same path; with other facts another one."""
    facts = {c.name: (c.step, c.decay, c.measure) for c in CONVENTIONS}
    paths = {name: walk(name, 0.05, 0.4, 1e-2, 0.0, SCHEDULES["cosine"]) for name in NAMES}
    for a, b in itertools.combinations(NAMES, 2):
        assert (gap(paths[a], paths[b]) < 1e-12) == (facts[a] == facts[b]), (a, b)


def test_every_convention_has_a_section() -> None:
    text = (Path(__file__).parents[2] / "docs" / "conventions.md").read_text()
    assert re.findall(r"^## `(.*)`$", text, re.MULTILINE) == list(NAMES)
    for c in CONVENTIONS:
        section = text.split(f"## `{c.name}`\n")[1].split("\n## ")[0]
        assert "Source:" in section
