"""A few hundred files of every class through the command line; `benchmarks/fuzz.py` feeds thousands more."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from tests.robustness import checking, inputs, pathological
from tests.robustness.checking import Call, broken

ROOT = Path(__file__).resolve().parents[2]
COUNTS = {"documents without, run": 40, "pathological YAML": 15}


@pytest.mark.parametrize("name", inputs.CLASSES)
def test_every_file_is_answered(tmp_path: Path, name: str) -> None:
    for index, content in enumerate(inputs.inputs(name, 1, COUNTS.get(name, 50))):
        for done, rules in checking.feed(content, tmp_path, index):
            assert not rules, (done.arguments, rules, content[:2000], done.err)


@pytest.mark.parametrize("shape", sorted(pathological.SHAPES))
def test_every_shape_in_a_moderate_size(tmp_path: Path, shape: str) -> None:
    for _, rules in checking.feed(pathological.build((shape, 5000, "a: ")), tmp_path, 0):
        assert not rules


def test_the_same_seed_draws_the_same_files() -> None:
    """In processes of their own, as the script draws them; whichever class was drawn before."""
    script = (
        "import hashlib, sys; from tests.robustness import inputs\n"
        "for name in sys.argv[1:]: print(name, hashlib.sha256(b''.join(inputs.inputs(name, 7, 20))).hexdigest())"
    )
    drawn = []
    for names in (list(inputs.CLASSES), list(inputs.CLASSES)[::-1]):
        done = subprocess.run(
            [sys.executable, "-c", script, *names], cwd=ROOT, capture_output=True, text=True, check=True
        )
        drawn.append(sorted(done.stdout.splitlines()))
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == len(inputs.CLASSES)


def test_shares_are_of_a_hundred() -> None:
    assert sum(one.share for one in inputs.CLASSES.values()) == 100


@pytest.mark.parametrize(
    ("code", "seconds", "out", "err", "rule"),
    [
        (3, 0.1, "{}", "", "exit code 3"),
        (0, 2.5, "{}", "", "2.5 s"),
        (0, 0.1, '{"a": NaN}', "", "NaN is not JSON"),
        (0, 0.1, "", "", "not strict JSON"),
        (2, 0.1, "", "", "no word"),
        (0, 0.1, "{}", "Traceback (most recent call last):", "Traceback"),
        (0, 0.1, "{}", "a.py:3: RuntimeWarning: overflow", "Warning"),
    ],
)
def test_a_broken_rule_is_seen(code: int, seconds: float, out: str, err: str, rule: str) -> None:
    assert any(rule in found for found in broken(Call(("check", "a", "--format", "json"), code, seconds, out, err)))


def test_strict_json() -> None:
    assert checking.strict_json('{"a": null}') == {"a": None}
    with pytest.raises(ValueError, match="Infinity"):
        checking.strict_json(json.dumps([math.inf]))
