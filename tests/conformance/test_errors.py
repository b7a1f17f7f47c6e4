"""Whatever a target does, there is a message that says what and where, and the exit code is 2."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from adamw_cli.conformance.target import parse_options
from adamw_cli.errors import UsageError
from tests.cli.terminal import Outcome, run, run_process

# An AdamW with holes: before everything, in the call, before a step, in place of the result.
TEMPLATE = """\
import sys
import numpy as np
{top}
SHARED = []

def target(w0, lr, weight_decay, betas, eps{more}):
    {call}
    w, m, v, t = w0.copy(), np.zeros_like(w0), np.zeros_like(w0), 0
    b1, b2 = betas

    def step(g{lr}):
        nonlocal w, m, v, t
        t += 1
        {before}
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        w = w - lr * weight_decay * w - lr * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
        return {result}

    return {returned}
"""
HOLES = {"top": "", "more": "", "call": "pass", "lr": ", lr", "before": "pass", "result": "w", "returned": "step"}


def written(folder: Path, **holes: str) -> str:
    path = folder / "mine.py"
    path.write_text(TEMPLATE.format(**{**HOLES, **holes}))
    return f"{path}:target"


def judged(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str, **holes: str) -> Outcome:
    return run(capsys, "conform", written(folder, **holes), "--format", "json", *arguments)


def test_without_holes_it_conforms(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    outcome = judged(capsys, tmp_path)
    assert (outcome.code, outcome.err) == (0, "")


FAULTS = {
    "an exception at import": ({"top": "raise KeyError('gone')"}, ["KeyError: 'gone'", "while", "was imported"]),
    "exit at import": ({"top": "sys.exit(0)"}, ["sys.exit(0)", "was imported"]),
    "a syntax error": ({"top": "def ("}, ["SyntaxError"]),
    "a module that is not there": ({"top": "import no_such_module"}, ["ModuleNotFoundError", "no_such_module"]),
    "an exception in the call": ({"call": "raise ValueError('bad lr')"}, ["ValueError: bad lr", "mine.py:7", "probe 'power'"]),
    "exit in the call": ({"call": "sys.exit(0)"}, ["sys.exit(0)", "probe 'power'"]),
    "an exception in a step": ({"before": "assert t < 7, 'tired'"}, ["AssertionError: tired", "probe 'power', step 7"]),
    "exit in a step": ({"before": "sys.exit()"}, ["sys.exit(None) (probe 'power', step 1)"]),
    "a cancelled task": ({"top": "import asyncio", "before": "raise asyncio.CancelledError('late')"}, ["CancelledError: late", "step 1"]),
    "an exception that is no Exception": ({"top": "class Stop(BaseException): pass", "before": "raise Stop('now')"}, ["Stop: now", "mine.py:"]),
    "a step that is a generator": ({"result": "(x for x in w)"}, ["step returned generator", "step 1"]),
    "a step with two arguments": ({"lr": ", gradient"}, ["cannot be called as step(g)", "missing a required argument: 'gradient'"]),
    "another name for lr": ({"lr": ", *, rate"}, ["cannot be called as step(g)", "by that name"]),
    "float16": ({"call": "w0 = w0.astype(np.float16)", "before": "g = g.astype(np.float16); lr = np.float16(lr)", "result": "w.astype(np.float16)"}, ["the weight is nan", "end at 65,504"]),
    "no step": ({"returned": "w"}, ["returned ndarray instead of a function", "step(g) returns the new weights"]),
    "a step that returns nothing": ({"result": "None"}, ["returned None", "step 1"]),
    "the wrong shape": ({"result": "w[:2]"}, ["shape (2,) instead of (4,)", "step 1"]),
    "one number": ({"result": "w.sum()"}, ["shape () instead of (4,)"]),
    "integers": ({"result": "w.astype(int)"}, ["type int64", "floating point"]),
    "complex numbers": ({"result": "w + 0j"}, ["type complex128"]),
    "text": ({"result": "[str(x) for x in w]"}, ["type <U"]),
    "a ragged list": ({"result": "[1.0, [2.0]]"}, ["ValueError", "its result was read"]),
    "nan": ({"result": "w * (np.nan if t == 3 else 1.0)"}, ["the weight is nan", "step 3, coordinate 0"]),
    "infinity": ({"result": "w + (np.inf if t == 3 else 0.0)"}, ["the weight is inf", "step 3"]),
    "a changed gradient": ({"before": "g += weight_decay * w"}, ["changed the gradient", "step 1", "copy"]),
    "a changed start": ({"call": "w0 *= 0.5"}, ["changed the w0", "w0.copy()"]),
    "state that stays": (
        {"before": "SHARED.append(0); w = w * (1 + 1e-9 * len(SHARED))"},
        ["probe 'power' gave another trajectory", "state"],
    ),
    "randomness": ({"before": "w = w + 1e-9 * np.random.default_rng().normal(size=w.shape)"}, ["randomness"]),
    "more arguments": ({"more": ", nesterov"}, ["cannot be called as", "nesterov"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault(capsys: pytest.CaptureFixture[str], tmp_path: Path, fault: str) -> None:
    holes, said = FAULTS[fault]
    outcome = judged(capsys, tmp_path, **holes)
    assert (outcome.code, outcome.out) == (2, "")
    for words in said:
        assert words in outcome.err, outcome.err
    assert "Traceback" not in outcome.err


def test_other_names_and_other_orders_of_arguments(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    text = Path(written(tmp_path).rpartition(":")[0]).read_text()
    path.write_text(text.replace("(w0, lr, weight_decay, betas, eps)", "(eps, betas, weight_decay, lr, w0)"))
    assert run(capsys, "conform", f"{path}:target").code == 0  # by name, if it has the names
    path.write_text(text.replace("weight_decay", "decay"))
    assert run(capsys, "conform", f"{path}:target").code == 0  # by position otherwise
    path.write_text(text.replace("(w0, lr, weight_decay, betas, eps)", "(w0, lr)"))
    outcome = run(capsys, "conform", f"{path}:target")
    assert outcome.code == 2
    assert "target(w0, lr) cannot be called as target(w0, lr, weight_decay, betas, eps)" in outcome.err


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("adamw", "MODULE:NAME or FILE.py:NAME"),
        (":adamw", "MODULE:NAME"),
        ("mine.py:", "MODULE:NAME"),
        ("no_such_file.py:adamw", "no such file"),
        ("no_such_module_anywhere:adamw", "no module named 'no_such_module_anywhere'"),
        ("json:dump5", "did you mean 'dump'"),
        ("math:pi", "not callable"),
        ("math:pow", "cannot be called as pow(w0, lr, weight_decay, betas, eps)"),
        ("builtins:print", "returned NoneType"),
        ("docs/examples/adamw.py:adamv", "did you mean 'adamw'"),
    ],
)
def test_what_cannot_be_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, target: str, words: str
) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    outcome = run(capsys, "conform", target)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err


@pytest.mark.parametrize(("package", "extra"), [("torch", "torch"), ("optax", "jax"), ("jax", "jax")])
def test_a_missing_extra_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    outcome = run(capsys, "conform", f"{package}:adamw")
    assert outcome.code == 2
    assert f"'{package}', which is not installed" in outcome.err
    assert f"pip install 'adamw-cli[{extra}]'" in outcome.err


def test_a_function_like_those_of_optax_needs_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    (tmp_path / "mine.py").write_text("def make(learning_rate):\n    return None\n")
    outcome = run(capsys, "conform", f"{tmp_path / 'mine.py'}:make")
    assert outcome.code == 2
    assert "pip install 'adamw-cli[jax]'" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--option", "amsgrad=true"], "takes no option 'amsgrad'"),
        (["--option", "amsgrad"], "KEY=VALUE"),
        (["--option", "a=1", "--option", "a=2"], "twice"),
        (["--option", "lr=1"], "the probes set it"),
        (["--reference", "adamww"], "did you mean 'adamw'"),
        (["--reference", "lamb,eps"], "HYPERPARAMETER=VALUE"),
        (["--reference", "lamb,epsilon=1"], "did you mean 'eps'"),
        (["--reference", "lamb,eps=-1"], "eps must be a number >= 0"),
        (["--reference", "sgd,nesterov=1"], "nesterov is true or false"),
        (["--reference", "sgd,nesterov=true"], "sgd: "),
        (["--reference", "adamw,epsilon=gone"], "unknown value 'gone'"),
        (["--dtype", "float16"], "float16"),
        (["--trajectory", "steps.csv"], "either a target or a trajectory"),
        (["--export-probe", "probe.json"], "the same for every target"),
    ],
)
def test_what_cannot_be_asked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], words: str
) -> None:
    outcome = judged(capsys, tmp_path, *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err
    assert run(capsys, "conform").code == 2


def test_options_reach_the_target(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    holes = {"more": ", *, factor=1.0, name='x'", "call": "weight_decay = weight_decay * factor; assert name == 'x y'"}
    assert judged(capsys, tmp_path, "--option", "name=x y", **holes).code == 0
    assert judged(capsys, tmp_path, "--option", "name=x y", "--option", "factor=0", **holes).code == 1
    assert parse_options(["a=none", "b=1", "c=1.5", "d=False", "e=x=y"]) == {
        "a": None, "b": 1, "c": 1.5, "d": False, "e": "x=y",
    }  # fmt: skip
    with pytest.raises(UsageError):
        parse_options(["=1"])


def test_ctrl_c_in_a_target_is_an_interruption(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    outcome = judged(capsys, tmp_path, before="raise KeyboardInterrupt")
    assert (outcome.code, outcome.err) == (130, "interrupted\n")


def test_what_a_target_prints_is_not_in_the_result(tmp_path: Path) -> None:
    """In a process of its own: also what is written past Python's own streams."""
    target = written(
        tmp_path,
        top="import os; print('at import'); os.write(1, b'raw'); os.system('echo shell'); sys.__stdout__.write('kept')",
        before="print('in a step')",
    )
    outcome = run_process("conform", target, "--format", "json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["conforms"] is True
    for words in ("at import", "raw", "shell", "kept", "in a step"):
        assert words in outcome.err


def test_a_target_may_import_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside_it.py").write_text("HALF = 0.5\n")
    target = written(tmp_path, top="from beside_it import HALF\nfrom dataclasses import dataclass")
    assert run_process("conform", target, cwd=Path(os.sep)).code == 0
    assert run_process("conform", "mine:target", cwd=tmp_path).code == 0
    target = written(tmp_path, before="from beside_it import HALF")  # while it runs
    assert run_process("conform", target, cwd=Path(os.sep)).code == 0


# A usual value, the code that builds it in, and the term that is to blame.
BUILT_IN = {
    "lr": (1e-3, "lr = 1e-3", "lr"),
    "weight_decay": (1e-2, "weight_decay = 0.01", "decay"),
    "beta1": (0.95, "b1 = 0.95", "m"),
    "beta2": (0.999, "b2 = 0.999", "v"),
    "eps": (1e-8, "eps = 1e-8", "epsilon"),
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_hyperparameter_is_found_with_its_value(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    value, code, term = BUILT_IN[name]
    outcome = judged(capsys, tmp_path, before=f"nonlocal b1, b2, eps, weight_decay; {code}")
    assert outcome.code == 1
    data = json.loads(outcome.out)
    assert f"changing {name} changes nothing" in data["findings"]
    assert sum("changes nothing" in line for line in data["findings"]) == 1
    assert data["built_in"] == {name: value}
    assert data["exact"] is True
    assert data["identified"]["decay_scale"] == "lr*lambda"
    assert data["first_divergence"]["term"] == term
    assert any(line.startswith(f"{name}: use the value that is passed") for line in data["advice"])


TOGETHER = [
    {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    {"beta1": 0.9, "beta2": 0.999, "eps": 1e-7},
    {"beta1": 0.9, "beta2": 0.95, "eps": 1e-8},
    {"beta1": 0.9, "beta2": 0.98, "eps": 1e-9},
    {"beta1": 0.95, "beta2": 0.999, "eps": 1e-7},  # no library's: found among the combinations
    {"lr": 1e-3, "weight_decay": 1e-2, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
]


@pytest.mark.parametrize("values", TOGETHER)
def test_several_built_in_at_once_are_found(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, values: dict[str, float]
) -> None:
    set_ = {"beta1": "b1", "beta2": "b2"}
    code = "; ".join(f"{set_.get(name, name)} = {value}" for name, value in values.items())
    data = json.loads(judged(capsys, tmp_path, before=f"nonlocal b1, b2, eps, weight_decay; {code}").out)
    assert (data["built_in"], data["exact"], data["conforms"]) == (values, True, False)
    assert data["conventions"] == ["adamw", "pytorch", "optax", "apex"]
    assert all(f"{name}: use the value that is passed" in " ".join(data["advice"]) for name in values)


def test_what_is_not_used_is_not_said_to_be_built_in(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without decay any value of it would do, so that none was found out."""
    code = "nonlocal b1, b2, eps, weight_decay; b1, b2, eps, weight_decay = 0.9, 0.999, 1e-8, 0.0"
    data = json.loads(judged(capsys, tmp_path, before=code).out)
    assert data["built_in"] == {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    assert data["identified"]["decay"] == "none"
    assert not any(line.startswith("weight_decay: use the value") for line in data["advice"])


def test_an_unusual_built_in_value_is_a_finding_and_not_guessed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outcome = judged(capsys, tmp_path, before="nonlocal eps; eps = 3.21e-2")
    assert outcome.code == 1
    data = json.loads(outcome.out)
    assert "changing eps changes nothing" in data["findings"]
    assert (data["built_in"], data["exact"]) == ({}, False)


def test_a_fixed_learning_rate_is_a_finding_and_lambda_and_schedule_stay_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = json.loads(judged(capsys, tmp_path, lr="").out)
    assert data["conforms"] is True
    assert [p["name"] for p in data["probes"]].count("schedule") == 0
    assert any("cannot change lr" in line for line in data["findings"])
    # Without lr on the decay, nothing shows whether a schedule would multiply it.
    path = tmp_path / "mine.py"
    path.write_text(path.read_text().replace("lr * weight_decay * w", "weight_decay * w"))
    for reference, code in (("paper", 0), ("independent", 0), ("adamw", 1)):
        outcome = run(capsys, "conform", f"{path}:target", "--format", "json", "--reference", reference)
        assert outcome.code == code
        data = json.loads(outcome.out)
        assert data["identified"]["decay_scale"] == "lambda or schedule*lambda"
        assert len(data["candidates"]) == 2


def test_changes_of_lr_that_are_ignored_are_a_finding(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    outcome = judged(capsys, tmp_path, lr=", lr=None", call="lr0 = lr", before="lr = lr0")
    assert outcome.code == 1
    data = json.loads(outcome.out)
    assert any("changes of lr are ignored" in line for line in data["findings"])
    assert [p["name"] for p in data["probes"] if not p["passed"]] == ["schedule"]


def test_a_schedule_given_at_the_start_is_used(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    outcome = judged(capsys, tmp_path, lr="", more=", lr_schedule", before="lr = lr_schedule[t - 1]")
    assert outcome.code == 0
    assert len(json.loads(outcome.out)["probes"]) == 7


def test_a_list_and_half_a_precision_are_weights_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert judged(capsys, tmp_path, result="list(w)").code == 0
    data = json.loads(judged(capsys, tmp_path, result="w.astype(np.float32)").out)
    assert data["identified"]["precision"] == "float32"
    assert data["conforms"] is False
    assert np.isfinite(data["distance"])


def test_half_precision_is_a_finding(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = json.loads(judged(capsys, tmp_path, result="np.clip(w, -6e4, 6e4).astype(np.float16)").out)
    assert data["exact"] is False
    assert any("11 significant bits" in line for line in data["findings"])


@pytest.mark.parametrize("result", ["w0", "0.0 * w0"])
def test_weights_that_stay_tell_no_precision(capsys: pytest.CaptureFixture[str], tmp_path: Path, result: str) -> None:
    """The probes start at numbers that float16 has, and 0 is one of every format."""
    data = json.loads(judged(capsys, tmp_path, returned="lambda g: " + result).out)
    assert data["exact"] is False
    assert "changing lr changes nothing" in data["findings"]
    assert not any("significant bits" in line for line in data["findings"])


def test_nan_from_the_first_step_on_is_not_taken_for_float16(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    error = judged(capsys, tmp_path, result="w * np.nan").err
    assert "the weight is nan (probe 'power', step 1, coordinate 0)" in error
    assert "float16" not in error


def test_more_precision_than_was_asked_for_is_no_fault(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    outcome = judged(capsys, tmp_path, "--dtype", "float32", call="w0 = w0.astype(float)")
    assert outcome.code == 0
    assert json.loads(outcome.out)["findings"] == []
    text = run(capsys, "conform", f"{tmp_path / 'mine.py'}:target", "--dtype", "float32").out
    assert "differs" not in text
