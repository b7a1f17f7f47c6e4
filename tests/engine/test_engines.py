"""Both engines give the same bits: over every rule, landscape, schedule, noise, format, limit and shipped scenario."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine import choice
from adamw_cli.engine.assemble import batches
from adamw_cli.engine.lower import Batch, GradientLimit, Storage, lower
from adamw_cli.engine.run import gradient_at, lane_factors, run
from adamw_cli.errors import PluginError, UsageError
from adamw_cli.formats import FORMATS
from adamw_cli.scenario.find import load_scenario
from adamw_cli.scenario.shipped import shipped
from adamw_cli.vocabulary import LR, NoDecay, Rule
from tests.batches import LANDSCAPES, batch, complete, every_combination
from tests.cli.terminal import run as command
from tests.cli.terminal import run_process
from tests.engine.test_noise import noisy

BOWL = {"curvature": (0.5, 20.0), "matrix": None, "center": 1.0, "rotation": None}


@pytest.fixture(autouse=True)
def either() -> Iterator[None]:
    """Whatever engine a test asks for, the next one does not."""
    yield
    choice.use(None)


def by_both(found: Callable[[], Any]) -> list[Any]:
    """What each of the engines makes of something."""
    results = []
    for name in choice.NAMES:
        choice.use(name)
        results.append(found())
    return results


def assert_same(b: Batch, steps: int) -> None:
    """Every weight, state and status; nan is nan, whatever its sign, and -0 is not 0."""
    llvm, plain = by_both(lambda: run(b, steps, every=1, states=True, chunk=7))
    for one, other in (
        (llvm.w, plain.w),
        (llvm.final_w, plain.final_w),
        *((llvm.states[n], plain.states[n]) for n in llvm.states),
    ):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(np.signbit(one[~np.isnan(one)]), np.signbit(other[~np.isnan(other)]))
    assert llvm.status == plain.status
    np.testing.assert_array_equal(llvm.steps_run, plain.steps_run)


@pytest.mark.parametrize(("kind", "landscape", "index"), every_combination())
def test_every_rule_and_landscape(kind: str, landscape: str, index: int) -> None:
    d, values = LANDSCAPES[landscape][index]
    start = np.random.default_rng(2).normal(size=(d, 3))
    assert_same(batch(kind, landscape, values, start, lr=np.array([0.01, 0.1, 1e3])), 20)


@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_every_gradient_at_weights_of_any_size(landscape: str) -> None:
    for d, values in LANDSCAPES[landscape]:
        row = [
            0.0,
            -0.0,
            1.0,
            -3.7,
            1e3,
            1e10,
            -1e200,
            1e308,
            np.inf,
            -np.inf,
            np.nan,
            5e-324,
            *np.linspace(-2.0, 2.0, 40),
        ]
        w = np.array([np.roll(row, i) for i in range(d)])
        b = batch("sgd", landscape, values, np.zeros((d, 1)))
        llvm, plain = by_both(lambda b=b, w=w: gradient_at(b, w, 3))
        np.testing.assert_array_equal(llvm, plain)


@pytest.mark.parametrize("name", registry.names("schedules"))
def test_every_schedule(name: str) -> None:
    given = {p.name: 3.0 for p in registry.load("schedules", name).SPEC.parameters if p.required}
    b = batch("sgd", "plateau", {}, np.ones((1, 1)), (name, given))
    llvm, plain = by_both(lambda: lane_factors(b, 0, 200, 200))
    np.testing.assert_array_equal(llvm, plain)


@pytest.mark.parametrize("name", registry.names("noises"))
def test_every_noise(name: str) -> None:
    spec = registry.load("noises", name).SPEC
    examples = spec.examples or ({p.name: 0.5 for p in spec.parameters if p.required},)
    for values in examples:
        b = noisy(batch("adamw", "quadratic", BOWL, np.ones((2, 4))), name, **complete(spec, values))
        assert_same(b, 15)


@pytest.mark.slow
@pytest.mark.parametrize("random", [False, True])
@pytest.mark.parametrize("kahan", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format(name: str, random: bool, kahan: bool) -> None:
    b = batch("adamw", "quadratic", BOWL, np.ones((2, 4)))
    assert_same(replace(b, storage=Storage(name, name, random, kahan, 3, np.arange(4))), 15)


@pytest.mark.parametrize("clipped", ["norm", "value"])
def test_every_limit(clipped: Any) -> None:
    b = batch("sgd", "quadratic", BOWL, np.array([[1.0, 1e3, np.inf], [2.0, 0.0, 1.0]]))
    assert_same(replace(b, clip=GradientLimit(clipped, np.array([0.1, 1.0, 2.0]))), 15)


@pytest.mark.parametrize("kind", ["uniform", "even", "mixed"])
def test_every_kind_of_block(kind: str) -> None:
    lr = np.array([0.01] * 3 if kind == "uniform" else [0.01, 0.02, 0.03])
    betas = (np.array([0.9, 0.8, 0.7]) if kind == "mixed" else 0.9, 0.999)
    b = batch("adamw", "quadratic", BOWL, np.ones((2, 3)), lr=lr, betas=betas)
    assert {block.kind for block in lower(b).blocks} == {kind}
    assert_same(b, 140)  # the 128th step flushes


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario(name: str) -> None:
    """As many steps as there is time for."""
    scenario = load_scenario(name)
    for _, b in batches(scenario):
        steps = max(1, min(scenario.steps, 600 // b.start.size))
        assert_same(replace(b, length=scenario.steps), steps)


@pytest.mark.parametrize("name", ["first_step", "weight_sizes", "layer_norms", "regimes"])
def test_commands_print_the_same(capsys: pytest.CaptureFixture[str], name: str) -> None:
    llvm, plain = (command(capsys, "simulate", name, "-f", "json", "--engine", engine) for engine in choice.NAMES)
    assert llvm == plain
    assert llvm.code == 0


def own(update: Any) -> Batch:
    """A rule of one's own, as a stranger writes it."""
    rule = Rule(parameters=(LR,), state=(), decay=NoDecay())
    values = np.concatenate([np.random.default_rng(0).normal(size=30), [0.0, -0.0, 1e200, -1e-200, -np.inf]])[None, :]
    b = batch("sgd", "quadratic", {**BOWL, "curvature": (1.0,)}, values, lr=0.1)
    return replace(b, optimizer=SimpleNamespace(SPEC=rule, update=update), scalars={"lr": b.scalars["lr"]}, switches={})


def test_powers_roots_and_divisions_by_zero_in_a_rule_of_ones_own() -> None:
    from math import exp, log, sqrt

    half = 0.5

    def scale(x, by=2.0):  # type: ignore[no-untyped-def]
        return by * x**3 + half

    rules = [
        lambda w, g, lr: (w - lr * g**2,),
        lambda w, g, lr: (w - lr * g**7,),
        lambda w, g, lr: (w - lr * abs(g) ** (w - 1.0),),
        lambda w, g, lr: (g**0.5,),
        lambda w, g, lr: (w - lr * abs(g) ** 2.0 - abs(g) ** 1.7,),
        lambda w, g, lr: (w - lr * scale(g),),
        lambda w, g, lr: (w - lr * scale(g, by=1.0 / g),),
        lambda w, g, lr: (w - lr * sqrt(g) / float(g),),
        lambda w, g, lr: (w - lr * exp(g) + log(g),),
        lambda w, g, lr: (w - lr * np.exp(1e3 * g) + np.log1p(g) + np.power(g, w),),
    ]
    for update in rules:
        assert_same(own(update), 3)


TABLE = {"a": 1.0}


def test_a_rule_that_reads_what_cannot_be_compiled_runs_in_plain_python() -> None:
    b = own(lambda w, g, lr: (w - lr * g * TABLE["a"],))
    choice.use("llvm")
    with pytest.raises(PluginError, match=r"TABLE.*cannot be compiled: it is of type dict"):
        run(b, 1)
    choice.use("python")
    assert run(b, 1).status[0] == "finished"


def test_a_rule_that_numba_does_not_understand_is_an_error() -> None:
    choice.use("llvm")
    with pytest.raises(PluginError, match=r"<lambda> cannot be compiled: .*Unknown attribute 'hex'"):
        run(own(lambda w, g, lr: (w - lr * g.hex(),)), 1)


def test_a_rule_that_makes_objects_is_an_error() -> None:
    choice.use("llvm")
    with pytest.raises(PluginError, match="it is more than arithmetic"):
        run(own(lambda w, g, lr: (w - lr * np.ones(3).sum() * g,)), 1)


def test_a_rule_that_calls_itself_is_an_error() -> None:
    def again(x):  # type: ignore[no-untyped-def]
        return again(x - 1.0) if x > 0.0 else x

    with pytest.raises(PluginError, match="'again' calls itself"):
        run(own(lambda w, g, lr: (w - lr * again(g),)), 1)


def test_plain_python_imports_neither_numba_nor_llvmlite() -> None:
    script = """
import sys
from adamw_cli.cli.main import main
code = main(["check", "first_step", "--engine", "python"])
sys.exit(code or int(bool({"numba", "llvmlite"} & set(sys.modules))))
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["raise OSError('no libLLVM')", "raise ImportError('no such module')", ""])
def test_where_llvm_cannot_be_used_there_is_one_warning(tmp_path: Path, broken: str) -> None:
    """Without a module to import, with one that raises, and with one that has nothing in it."""
    (tmp_path / "llvmlite").mkdir()
    (tmp_path / "llvmlite" / "__init__.py").write_text("")
    (tmp_path / "llvmlite" / "binding.py").write_text(broken)
    path = f"{tmp_path}:{Path(choice.__file__).parents[2]}"
    expected = run_process("simulate", "first_step", "weight_sizes", "-f", "json")
    found = run_process("simulate", "first_step", "weight_sizes", "-f", "json", env={"PYTHONPATH": path})
    assert (found.code, found.out) == (0, expected.out)
    assert found.err.count("LLVM cannot be used here") == 1
    assert len(found.err.splitlines()) == 1
    refused = run_process("simulate", "first_step", "--engine", "llvm", env={"PYTHONPATH": path})
    assert refused.code == 2
    assert "LLVM cannot be used here" in refused.err
    report = run_process("doctor", "-f", "json", env={"PYTHONPATH": path})
    assert {f["name"]: f["ok"] for f in json.loads(report.out)["findings"]}["engine"] is False
    assert run_process("cache", env={"PYTHONPATH": path}).code == 0


def test_where_numba_cannot_be_imported_what_is_cached_runs_and_the_rest_is_plain(tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text("raise ImportError('Numba needs NumPy 1.0 or less')")
    run_process("simulate", "first_step")
    given = {"PYTHONPATH": f"{tmp_path}:{Path(choice.__file__).parents[2]}"}
    assert run_process("simulate", "first_step", env=given).err == ""
    found = run_process("simulate", "first_step", env={**given, "ADAMW_CACHE_DIR": str(tmp_path / "cache")})
    assert found.code == 0
    assert "Numba needs NumPy" in found.err


def test_the_environment_asks_for_an_engine_and_a_flag_beats_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(choice.ENVIRONMENT_VARIABLE, "python")
    assert choice.wanted() == "python"
    assert "doctor --engine python ADAMW_ENGINE" in " ".join(command(capsys, "config", "show", "doctor").out.split())
    assert command(capsys, "simulate", "first_step", "--engine", "llvm").code == 0
    assert choice.wanted() == "llvm"
    monkeypatch.setenv("ADAMW_SIMULATE_ENGINE", "llvm")
    assert command(capsys, "simulate", "first_step").code == 0
    assert choice.wanted() == "llvm"
    monkeypatch.setenv(choice.ENVIRONMENT_VARIABLE, "pyton")
    refused = command(capsys, "check", "first_step")
    assert (refused.code, "ADAMW_ENGINE in the environment" in refused.err) == (2, True)
    with pytest.raises(UsageError, match="unknown engine 'pyton'"):
        choice.use(None)
    monkeypatch.delenv(choice.ENVIRONMENT_VARIABLE)


RUNNING = ["simulate", "decay", "overshoot", "critical-lambda", "claims", "reproduce", "check", "conform", "doctor"]


@pytest.mark.parametrize("name", RUNNING)
def test_every_command_that_runs_something_takes_it(capsys: pytest.CaptureFixture[str], name: str) -> None:
    refused = command(capsys, name, "--engine", "fortran")
    assert refused.code == 2
    assert "'llvm'" in refused.err


def test_a_run_in_plain_python_can_be_interrupted() -> None:
    choice.use("python")
    b, seen = batch("adamw", "quadratic", BOWL, np.ones((2, 1))), []

    def progress(done: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(b, 10**6, progress=progress)
    assert seen[-1] < 10**5


def test_every_thread_has_the_same_engine() -> None:
    """With a second one the first would go, and the machine code in it."""
    script = (
        "import threading\n"
        "from adamw_cli.engine import native\n"
        "made, gate, found = native.binding.create_mcjit_compiler, threading.Barrier(8), []\n"
        "def slowly(*given):\n"
        "    threading.Event().wait(0.05)\n"
        "    return made(*given)\n"
        "native.binding.create_mcjit_compiler = slowly\n"
        "def ask():\n"
        "    gate.wait()\n"
        "    found.append(native.engine())\n"
        "threads = [threading.Thread(target=ask) for _ in range(8)]\n"
        "[thread.start() for thread in threads], [thread.join() for thread in threads]\n"
        "print(len({id(each) for each in found}), len(found))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "1 8\n"
