"""`adamw half-life --dtype`: when it warns, and what it says would help, against weights that are really stored so."""

from __future__ import annotations

import json

import numpy as np
import pytest

from adamw_cli.calculators.half_life import half_life
from adamw_cli.errors import ExitCode
from tests.cli.terminal import run

NUMPY = {"float16": np.float16, "float32": np.float32}


@pytest.mark.parametrize(("weight_decay", "moved"), [(0.24, 0), (0.2441, 0), (0.2442, 1), (0.3, 1), (0.489, 2)])
def test_float16_weights_move_as_it_says(weight_decay: float, moved: int) -> None:
    """moved : 0 none, 1 some, 2 all, of all significands."""
    x = 1e-3 * weight_decay
    k = np.arange(1024, 2048).astype(np.float16)
    after = ((1.0 - x) * k.astype(np.float64)).astype(np.float16)
    count = int(np.count_nonzero(after != k))
    assert (count > 0) + (count == k.size) == moved
    stored = half_life(lr=1e-3, weight_decay=weight_decay, dtype="float16").storage
    assert stored is not None
    assert stored.frozen_fraction == 1 - count / k.size
    assert (stored.some_move_above < x) + (stored.all_move_from <= x) == moved
    assert stored.stalls == (moved < 2)
    assert bool(stored.warnings) == (moved < 2)


def test_the_product_that_would_move_a_weight_does() -> None:
    for dtype, kind in NUMPY.items():
        stored = half_life(lr=1e-9, weight_decay=1e-3, dtype=dtype).storage
        assert stored is not None
        assert "no weight ever moves" in stored.warnings[0]
        for x, w in ((stored.some_move_above, 2.0 - 2.0 ** (1 - stored.bits)), (stored.all_move_from, 1.0)):
            assert kind((1.0 - x * 0.999) * w) == w or w == 1.0
            assert kind((1.0 - x * 1.001) * w) != w
            assert f"{x:.4g}" in stored.warnings[0]


def test_the_steps_to_half_are_those_of_a_stored_weight() -> None:
    answer = half_life(lr=1e-2, weight_decay=0.1, dtype="float16")
    w, steps = np.float16(1.0), 0
    while w > np.float16(0.5):
        w = np.float16((1.0 - 1e-3) * float(w))
        steps += 1
    assert answer.storage is not None
    assert answer.storage.half_life_steps == steps
    assert steps != answer.crossing_step


@pytest.mark.parametrize("weight_decay", [0.0, -0.1, 1000.0, 2000.0])
def test_where_weights_do_not_shrink_gradually_nothing_is_said(weight_decay: float) -> None:
    assert half_life(lr=1e-3, weight_decay=weight_decay, dtype="bfloat16").storage is None


@pytest.mark.parametrize("weight_decay", [6.0, 0.5, 0.2, 0.1, 0.03, 0.011, 0.01])
def test_weights_in_float16_end_at_the_floor(weight_decay: float) -> None:
    """numpy's float16 has subnormal numbers, where decay ends though every normal weight moves."""
    x = 0.1 * weight_decay
    stored = half_life(lr=0.1, weight_decay=weight_decay, dtype="float16").storage
    assert stored is not None
    assert stored.smallest_normal == float(np.finfo(np.float16).tiny)
    w = np.array([1.0, 1.9, 3e-4, 1e-4], dtype=np.float16)
    while True:
        after = ((1.0 - x) * w.astype(np.float64)).astype(np.float16)
        if np.array_equal(after, w):
            break
        w = after
    assert set(w.tolist()) == {stored.floor}


def test_every_weight_above_the_smallest_normal_moves_and_that_one_does_not() -> None:
    stored = half_life(lr=1.0, weight_decay=2.0**-11, dtype="float16").storage
    assert stored is not None
    assert stored.all_move_from == 2.0**-11
    w = np.arange(1 << 10, 0x7C00, dtype=np.uint16).view(np.float16)  # every normal number above 0
    still = w[((1.0 - 2.0**-11) * w.astype(np.float64)).astype(np.float16) == w]
    assert still.tolist() == [stored.smallest_normal] == [stored.floor]


def test_there_is_no_floor_where_weights_stall_above_it() -> None:
    stored = half_life(lr=1e-3, weight_decay=0.3, dtype="float16").storage
    assert stored is not None
    assert stored.stalls
    assert stored.floor is None


def test_the_command_warns_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "half-life", "--lr", "1e-4", "--weight-decay", "0.1", "--dtype", "bfloat16", "-f", "json")
    assert found.code == ExitCode.OK
    assert "warning: in bfloat16 decay is lost" in found.err
    data = json.loads(found.out)
    assert data["storage"]["frozen_fraction"] == 1.0
    assert found.err == "".join(f"warning: {text}\n" for text in data["warnings"])
    assert run(capsys, "half-life", "--dtype", "float64").err == ""
    table = run(capsys, "half-life", "--lr", "0.03", "--weight-decay", "0.1", "--dtype", "bfloat16").out
    assert "stall                1.296875" in table
    wrong = run(capsys, "half-life", "--dtype", "bf16")
    assert wrong.code == ExitCode.COULD_NOT_RUN
    assert "did you mean 'bfloat16'?" in wrong.err
