"""The campaign of faults sees what it should see, and draws the same cases from the same seed."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import numpy as np
import pytest

from adamw_cli.scenario import load
from benchmarks import faults
from benchmarks.campaign import arguments, spoilt
from benchmarks.campaign.case import Case, digests, scenario, torn
from benchmarks.campaign.running import Done


@pytest.mark.parametrize(
    ("code", "seconds", "out", "err", "rule"),
    [
        (3, 0.1, "", "error", "exit code 3"),
        (-11, 0.1, "", "", "exit code -11"),
        (0, 61.0, "", "", "61 s"),
        (2, 0.1, "", "", "no word"),
        (2, 0.1, "", "Traceback (most recent call last):", "Traceback"),
        (0, 0.1, "", "a.py:3: RuntimeWarning: overflow", "RuntimeWarning"),
        (134, 0.1, "", "what():  std::bad_alloc", "std::bad_alloc"),
    ],
)
def test_a_broken_rule_is_seen(code: int, seconds: float, out: str, err: str, rule: str) -> None:
    assert any(rule in found for found in Done(("check", "a"), code, seconds, out, err).broken())
    assert not Done(("check", "a"), 1, 0.1, "failed", "").broken()


def arrays() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, w=np.arange(99.0))
    return stream.getvalue()


WHOLE = {
    "a.json": b'{"a": [1, 2]}',
    "a.jsonl": b'{"a": 1}\n{"b": 2}\n',
    "a.xml": b"<a><b/></a>",
    "a.csv": b"a,b\n1,2\n",
    "a.npz": arrays(),
    "a.tap": b"TAP version 14\nok 1\n1..1\n",
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_torn_file_is_seen(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(WHOLE[name])
    assert torn(path) is None
    path.write_bytes(WHOLE[name][:-2])
    assert torn(path) is not None


def test_what_is_lost_changed_or_left_is_seen(tmp_path: Path) -> None:
    case = Case(Random(0), tmp_path, tmp_path, tmp_path)
    case.write("a.txt", "mine")
    case.write("b.txt", "mine")
    before = digests(tmp_path)
    case.write("a.txt", "yours")
    (tmp_path / "b.txt").unlink()
    case.write(".adamw-0123456789abcdef.tmp", "")
    case.demand_kept(before, digests(tmp_path))
    case.demand_sound()
    assert case.broken == ["a.txt was changed", "b.txt was lost", ".adamw-0123456789abcdef.tmp was left"]


def test_the_same_seed_draws_the_same_cases() -> None:
    for draw in (arguments.line, lambda random: spoilt.spoil(random, b"0123456789" * 9, b"other")):
        assert [draw(Random(n)) for n in range(50)] == [draw(Random(n)) for n in range(50)]
    cases = list(faults.drawn(1000, 50, 7, None, False))
    assert cases == list(faults.drawn(1000, 50, 7, None, False))
    assert len(cases) == 1050
    assert {name for name, _, _ in cases} == set(faults.CLASSES)


def test_shares_are_of_a_hundred() -> None:
    assert sum(share for _, share in faults.CLASSES.values()) == pytest.approx(100)


def test_every_command_is_drawn() -> None:
    assert {word for n in range(3000) for word in arguments.line(Random(n))} >= set(arguments.commands())
    assert set(arguments._SHARES) == set(arguments.commands())


def test_the_scenario_is_one() -> None:
    assert load.load_text(scenario(), "a.yaml").steps == 100
