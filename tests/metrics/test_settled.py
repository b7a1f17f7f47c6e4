"""What a settled run does: the mean of its weights, their length, how far a step turns them, and its updates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamw_cli import load_text, simulate
from adamw_cli.metrics._watch import lane_of_facts
from tests.metrics.paths import chunks, few, measured, told
from tests.metrics.test_updates import clock

NAN = math.nan
PER_RUN = ("equilibrium_norm", "angular_update")


def found(name: str, path: list[Any], chunk: int | None = None, part: float | None = 0.5, **facts: Any) -> Any:
    """A metric of one run; path[0] is the start, each entry a weight or a list of them; `part` None for one without."""
    w = np.array([np.atleast_1d(entry) for entry in path], dtype=float)[:, :, None]
    known = {k: v if k in ("factors", "decoupled") else np.full(w[0].shape, v) for k, v in facts.items()}
    result = measured(
        name,
        told(start=w[0], steps=len(w) - 1, **known),
        w[1:],
        chunk=chunk,
        **({} if part is None else {"part": part}),
    )
    return float(result.ravel()[0]) if result.size == 1 else result.ravel().tolist()


BY_HAND: list[tuple[str, list[Any], dict[str, Any], Any]] = [
    ("late_mean", [9.0, 9.0, 9.0, 3.0, -4.0], {}, -0.5),
    ("late_mean", [9.0, 5.0, 5.0, -1.0, 7.0], {"part": 1.0}, 4.0),  # not the start
    ("late_mean", [9.0, 5.0, 5.0, -1.0, 7.0], {"part": 1e-9}, 7.0),  # one at least
    ("late_mean", [[9.0, 0.0], [1.0, 2.0], [3.0, 6.0]], {"part": 1.0}, [2.0, 4.0]),
    ("late_mean", [9.0, 1.7e308, 1.7e308], {"part": 1.0}, 1.7e308),  # their sum is no double
    ("late_mean", [9.0, 1.0, NAN], {}, NAN),
    ("equilibrium_norm", [[9.0, 9.0], [3.0, 4.0], [0.0, 1.0]], {"part": 1.0}, math.sqrt(13.0)),  # (25 + 1)/2
    ("equilibrium_norm", [[9.0, 9.0], [3.0, 4.0], [0.0, 1.0]], {}, 1.0),
    ("equilibrium_norm", [[9.0, 9.0], [3e200, 4e200]], {}, 5e200),  # the squares overflow
    ("equilibrium_norm", [[9.0, 9.0], [3.0, NAN]], {}, NAN),
    ("angular_update", [[1.0, 0.0], [0.0, 5.0], [7.0, 7.0]], {"part": 1.0}, 3.0 * math.pi / 8.0),  # 90 and 45 degrees
    ("angular_update", [[1.0, 0.0], [0.0, 5.0], [7.0, 7.0]], {}, math.pi / 4.0),  # with the step before the late part
    ("angular_update", [[1.0, 0.0], [2.0, 0.0]], {}, 0.0),
    ("angular_update", [[1.0, 0.0], [-2.0, 0.0]], {}, math.pi),
    ("angular_update", [[1.0, 0.0], [1.0, 1e-12]], {}, 1e-12),  # the cosine is 1 to rounding
    ("angular_update", [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]], {"part": 1.0}, NAN),
    ("angular_update", [1.0, -1.0, -2.0], {"part": 1.0}, math.pi / 2.0),
    ("scale_free_gap", [[2.0, 2.0], [3.0, 4.0], [2.0, 5.0], [2.0, 2.0]], {"part": None}, 1.5),
    ("scale_free_gap", [[2.0, 2.0], [2.0, 2.0]], {"part": None}, 0.0),
    ("scale_free_gap", [2.0, 7.0], {"part": None}, 0.0),  # one coordinate is alone
    ("scale_free_gap", [[2.0, 2.0, 2.0], [1.0, 4.0, -1.0]], {"part": None}, 2.5),
    ("scale_free_gap", [[2.0, 2.1], [3.0, 3.0]], {"part": None}, NAN),
    ("scale_free_gap", [[0.0, 0.0], [3.0, 3.0]], {"part": None}, NAN),
    ("scale_free_gap", [[2.0, 2.0], [3.0, NAN]], {"part": None}, NAN),
    ("scale_free_gap", [[2.0, 2.0], [1e308, -1e308]], {"part": None}, NAN),
    ("mean_update", [9.0, 4.0, 3.0, 5.0], {"lr": 0.5, "part": 1.0}, 8.0 / 3.0),  # 10, 2 and -4
    ("mean_update", [9.0, 4.0, 3.0, 5.0], {"lr": 0.5, "part": 0.3}, -4.0),
    ("mean_update", [8.0, 5.0, 4.0], {"lr": 1.0, "weight_decay": 0.5, "decoupled": True, "part": 1.0}, -1.25),
    ("mean_update", [8.0, 5.0, 4.0], {"lr": 1.0, "weight_decay": 0.5, "part": 1.0}, 2.0),
    ("mean_update", [0.0, 1.0, 3.0], {"lr": 1.0, "factors": clock([0.125, 1.0]), "part": 1.0}, -5.0),
    ("mean_update", [0.0, 1.0, 3.0], {"lr": 1.0, "factors": clock([0.125, 0.0])}, NAN),
    ("rms_update", [9.0, 4.0, 3.0, 5.0], {"lr": 0.5, "part": 1.0}, math.sqrt(40.0)),  # 100, 4 and 16
    ("rms_update", [8.0, 5.0, 4.0], {"lr": 1.0, "weight_decay": 0.5, "decoupled": True, "part": 1.0}, math.sqrt(1.625)),
    ("rms_update", [0.0, 1e200, 2e200], {"lr": 1.0, "part": 1.0}, 1e200),
]  # fmt: skip


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("name", "path", "given_", "expected"), BY_HAND)
def test_by_hand(name: str, path: list[Any], given_: dict[str, Any], expected: Any, chunk: int | None) -> None:
    assert found(name, path, chunk, **given_) == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


def angle(a: list[float], b: list[float]) -> float:
    """By the cosine, good to 1e-8."""
    cosine = math.fsum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))
    return math.acos(max(-1.0, min(1.0, cosine)))


@few
@given(
    path=st.lists(st.lists(st.floats(-4, 4), min_size=3, max_size=3), min_size=2, max_size=40),
    chunk=chunks,
    part=st.sampled_from([0.5, 1.0, 0.1, 0.29]),
)
def test_against_the_definitions(path: list[list[float]], chunk: int | None, part: float) -> None:
    steps = len(path) - 1
    count = max(1, math.floor(part * steps + 0.5))
    late = path[len(path) - count :]
    squares = [x * x for w in late for x in w]
    length = math.sqrt(math.fsum(squares) / count)
    assert found("equilibrium_norm", path, chunk, part) == pytest.approx(length, rel=1e-13, abs=1e-160)
    means = [math.fsum(w[i] for w in late) / count for i in range(3)]
    assert found("late_mean", path, chunk, part) == pytest.approx(means, rel=1e-12, abs=1e-14)
    pairs = list(zip(path[-count - 1 :], late, strict=False))
    if min(math.hypot(*w) for pair in pairs for w in pair) > 1e-6:
        mean = math.fsum(angle(a, b) for a, b in pairs) / count
        assert found("angular_update", path, chunk, part) == pytest.approx(mean, abs=1e-7)
    steps_in_lr = [[(a[i] - b[i]) / 0.25 for a, b in pairs] for i in range(3)]
    mean_u = [math.fsum(u) / count for u in steps_in_lr]
    rms_u = [math.sqrt(math.fsum(v * v for v in u) / count) for u in steps_in_lr]
    assert found("mean_update", path, chunk, part, lr=0.25) == pytest.approx(mean_u, rel=1e-12, abs=1e-13)
    assert found("rms_update", path, chunk, part, lr=0.25) == pytest.approx(rms_u, rel=1e-12, abs=1e-160)


def test_in_a_scenario() -> None:
    text = """
version: 1
landscape: {kind: slope, gradient: [1.0, -1.0]}
start: [3.0, 4.0]
steps: 4
optimizers:
  sgdw: {lr: 0.5, weight_decay: 1.0}
expect:
  - {metric: mean_update, near: [1.0, -1.0]}
  - {metric: rms_update, near: 1.0}
  - {metric: late_mean, part: 0.5, near: [-0.625, 1.28125]}
  - {metric: equilibrium_norm, part: 0.25, near: 1.4045128158902644}
  - {metric: angular_update, part: 0.25, near: 0.2145452579080609}
"""
    # w <- w/2 -+ 1/2: [3, 4] -> [1, 2.5] -> [0, 1.75] -> [-0.5, 1.375] -> [-0.75, 1.1875]
    assert [v.message for v in simulate(load_text(text)).verdicts] == [""] * 5


def test_many_coordinates_have_the_bits_that_each_lane_has_alone() -> None:
    w = np.random.default_rng(5).normal(size=(41, 300, 40))
    facts = told(start=w[0], steps=40)
    for name in PER_RUN:
        together = measured(name, facts, w[1:], chunk=7)
        for lane in (0, 39):
            alone = measured(name, lane_of_facts(facts, lane), w[1:, :, lane : lane + 1])
            assert alone[0] == together[lane]


def test_scale_free_rules_and_others() -> None:
    # 2^13 rounds nowhere; eps does not scale with it, nor does SGD
    text = """
version: 1
landscape: {kind: quadratic, curvature: [1.0, 8192.0, 10000.0], center: 3.0}
start: [1.0, 1.0, 1.0]
steps: 100
optimizers:
  adamw: {lr: 0.01, weight_decay: 0.1, eps: 0.0}
  adam_l2: {lr: 0.01, weight_decay: 0.1, eps: 0.0}
  large-eps: {kind: adamw, lr: 0.01, weight_decay: 0.1, eps: 0.1}
  sgd: {lr: 1e-5}
expect:
  - {metric: scale_free_gap, of: adamw, below: 1e-13}
  - {metric: scale_free_gap, of: adam_l2, above: 1e-2}
  - {metric: scale_free_gap, of: large-eps, above: 1e-3}
  - {metric: scale_free_gap, of: sgd, above: 1.0}
"""
    assert [v.message for v in simulate(load_text(text)).verdicts] == [""] * 4
