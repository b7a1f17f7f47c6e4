"""A few hundred files of every class through the command line; `benchmarks/fuzz.py` feeds thousands more."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from adamw_cli.scenario import load
from tests.robustness import checking, inputs, pathological
from tests.robustness.checking import Call, broken

ROOT = Path(__file__).resolve().parents[2]
COUNTS = {"documents without, run": 40, "pathological YAML": 15}


@pytest.mark.slow
@pytest.mark.parametrize("name", inputs.CLASSES)
def test_every_file_is_answered(tmp_path: Path, name: str) -> None:
    for index, content in enumerate(inputs.inputs(name, 1, COUNTS.get(name, 50))):
        for done, rules in checking.feed(content, tmp_path, index):
            assert not rules, (done.arguments, rules, content[:2000], done.err)


OVERFLOW = """\
version: 1
landscape: {kind: gradient_pulse, gradient: -1, pulse_steps: 1}
start: [0.5, 1.0]
steps: 100
schedule: {kind: exponential, rate: 2}
optimizers:
  adamw_decay_last: {lr: [1e300, 0.001]}
  sgdw: {lr: 1}
"""


def test_a_learning_rate_that_overflows_is_no_warning(tmp_path: Path) -> None:
    """Found by fuzzing: numpy's RuntimeWarning came out, when the schedule took 1e300 beyond the largest float."""
    (tmp_path / "a.yaml").write_text(OVERFLOW)
    assert not broken(checking.call(("simulate", str(tmp_path / "a.yaml"), "--format", "json"), b""))


@pytest.mark.parametrize("a", ["1e300", "-1e200"])
def test_a_minimiser_beyond_the_largest_float_is_no_bug(tmp_path: Path, a: str) -> None:
    """Found by fuzzing: exit code 3 from an OverflowError of a ** 2."""
    text = f"version: 1\nlandscape: {{kind: rosenbrock, a: {a}}}\nstart: [0.5, 1.0]\nsteps: 9\noptimizers: {{adamw: {{lr: 1}}}}\n"
    (tmp_path / "a.yaml").write_text(text)
    for command in ("check", "simulate"):
        assert not broken(checking.call((command, str(tmp_path / "a.yaml"), "--format", "json"), b""))


@pytest.mark.parametrize("landscape", ["kind: plateau", "kind: slope, gradient: 1"])
def test_a_proximal_step_that_divides_by_zero_is_no_bug(tmp_path: Path, landscape: str) -> None:
    """Found by fuzzing: exit code 3 from a ZeroDivisionError in a prediction, where lr*weight_decay is -1."""
    run = "adamw_prox: {lr: [1, 1e-3], weight_decay: [-1, 1e300]}"
    text = f"version: 1\nlandscape: {{{landscape}}}\nstart: [0.5, 1.0]\nsteps: 9\noptimizers: {{{run}}}\n"
    (tmp_path / "a.yaml").write_text(text)
    for command in ("check", "simulate"):
        assert not broken(checking.call((command, str(tmp_path / "a.yaml"), "--format", "json"), b""))


def test_a_file_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by fuzzing: 1 MiB of plain text took 2.2 s, half of it to parse the text again."""
    parsed = []
    parse = load.yaml.parse
    monkeypatch.setattr(load.yaml, "parse", lambda *given, **named: parsed.append(1) or parse(*given, **named))
    monkeypatch.delattr(load.yaml, "compose")
    load.load_text(OVERFLOW)
    assert len(parsed) == 1


@pytest.mark.parametrize("shape", sorted(pathological.SHAPES))
def test_every_shape_in_a_moderate_size(tmp_path: Path, shape: str) -> None:
    for _, rules in checking.feed(pathological.build((shape, 5000, "a: ")), tmp_path, 0):
        assert not rules


@pytest.mark.slow
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
