"""What a plug-in's functions return is looked at, so that what cannot be used is an error in its name, with exit code 2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import adamw_cli
from adamw_cli.errors import ExitCode, PluginError
from tests.cli.terminal import run

HEAD = "import numpy as np\nfrom functools import partial\nfrom adamw_cli.vocabulary import *\n"
SGD = "def update(w, g, lr): return (w - lr * g,)\n"
LINE = "def gradient(w, t, k): return k * w\ndef height(w, t, k): return 0.5 * k * w * w\n"


def rule(update: str = SGD, more: str = "") -> str:
    return f"{HEAD}SPEC = Rule(parameters=(LR,), state=(), decay=NoDecay(){more})\n{update}"


def landscape(functions: str = LINE, gradient: str = "Nonlinear()", more: str = "") -> str:
    return f'{HEAD}SPEC = Landscape(parameters=(Parameter("k", 1.0, "d"),), gradient={gradient}{more})\n{functions}'


def metric(result: str, more: str = "") -> str:
    spec = f'SPEC = Metric("weight", {"per" in more}, "never")'.replace(
        '"weight"', '"text"' if "text" in more else '"weight"'
    )
    return f"{HEAD}from adamw_cli.metrics import AtTheEnd\n{spec}\nclass Measure(AtTheEnd):\n    def result(self, ending): return {result}\n"


# What is wrong as soon as the file is loaded: its text, and what is said of it.
LOADING = {
    "update: keyword": (rule("def update(w, g, *, lr): return (w - lr * g,)\n"), "update takes (w, g, *, lr), and SPEC asks for (w, g, lr)"),
    "update: object": (rule("class U:\n    def __call__(self, w, g, lr): return (w,)\nupdate = U()\n"), "update is of type U; it is compiled, so it must be a function"),
    "update: partial": (rule("def f(k, w, g, lr): return (w,)\nupdate = partial(f, 1.0)\n"), "update is of type partial"),
    "constraint: arguments": (rule(more=", constraint=lambda: None"), "SPEC.constraint takes (), and SPEC asks for (values)"),
    "lr: pair": (f"{HEAD}SPEC = Rule((BETAS.but(default=REQUIRED),), ())\ndef update(w, g, beta1, beta2): return (w,)\n", "the first of the parameters must be the learning rate"),
    "fact: arguments": (landscape(gradient="Constant(lambda: 1.0)"), "slope takes (), and SPEC asks for (values)"),
    "fits: arguments": (landscape(more=", fits=lambda values: None"), "SPEC.fits takes (values), and SPEC asks for (dimension, values)"),
    "part: block": (landscape("def gradient(w, g, d, lanes, t, p): pass\ndef value(w, t, values): return 0.0\n", more=", part=True"), "part=True is for a gradient and a height of one coordinate"),
}  # fmt: skip


@pytest.mark.parametrize("case", LOADING)
def test_what_is_wrong_at_once(tmp_path: Path, case: str) -> None:
    text, says = LOADING[case]
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(PluginError) as caught:
        adamw_cli.load_plugin(path)
    assert str(caught.value).startswith(f"plug-in {path}: mine: {says}")


C, OF_STEP = (
    ", coefficients=('c',), coefficient_values=lambda t: ",
    "def update(w, g, lr, c): return (w - lr * g * c,)\n",
)
SCALAR = "def lower(dimension, values): return Form('f', gradient, True, ((1.0,),) * dimension, height)\n"
# What shows where it is used.
RUNNING = {
    "update: nothing": rule("def update(w, g, lr): pass\n"),
    "update: no tuple": rule("def update(w, g, lr): return w - lr * g\n"),
    "update: too many": rule("def update(w, g, lr): return w - lr * g, g\n"),
    "update: complex": rule("def update(w, g, lr): return (w - 1j * g,)\n"),
    "normed: number": rule("def update(w, g, lr, n): return (w,)\n", ", norms=('n',), normed=lambda w, g, lr: 3.0"),
    "normed: too many": rule("def update(w, g, lr, n): return (w,)\n", ", norms=('n',), normed=lambda w, g, lr: (w, g)"),
    "gradient: text": landscape(LINE.replace("k * w\n", "'x'\n")),
    "height: nothing": landscape(LINE.replace("return 0.5", "0.5")),
    "schedule": f"{HEAD}SPEC = Schedule(())\ndef value(t, steps): return 'x'\n",
    "noise: text": f"{HEAD}SPEC = Noise(())\ndef noisy(g, u): return 'x'\n",
    "noise: no state": f"{HEAD}SPEC = Noise((), state=('s',))\ndef noisy(g, u, s): return g\n",
    "coefficients: number": rule(OF_STEP, f"{C}t"),
    "coefficients: too many": rule(OF_STEP, f"{C}(t, t)"),
    "coefficients: text": rule(OF_STEP, f"{C}('x',)"),
    "coefficients: shape": rule(OF_STEP, f"{C}(np.zeros((7, 7, 7)),)"),
    "constraint": rule(more=", constraint=lambda values: values['lr'] < 1"),
    "fits": landscape(more=", fits=lambda dimension, values: True"),
    "curvature: list": landscape(gradient="Linear(lambda values: [1.0], 'k')"),
    "curvature: array": landscape(gradient="Linear(lambda values: np.array([1.0]), 'k')"),
    "center": landscape(gradient="Linear('k', lambda values: None)"),
    "slope: nothing": landscape(gradient="Constant(lambda values: None)"),
    "slope: text": landscape(gradient="Constant(lambda values: 'x')"),
    "slope: complex": landscape(gradient="Constant(lambda values: 1j)"),
    "last: nothing": landscape(gradient="Switching('k', lambda values: None, 'zero')"),
    "last: infinite": landscape(gradient="Switching('k', lambda values: float('inf'), 'zero')"),
    "lower: nothing": landscape(f"{LINE}def lower(dimension, values): return None\n"),
    "lower: rows": landscape(LINE + SCALAR.replace("* dimension", "")[:-1].replace("((1.0,),)", "((1.0, 2.0, 3.0),)") + "\n"),
    "metric: nothing": metric("None"),
    "metric: number": metric("3.0"),
    "metric: shape": metric("np.zeros((7, 7, 7))"),
    "metric: per coordinate": metric("np.zeros(1)", "per"),
    "metric: text": metric("np.array(['x'])"),
}  # fmt: skip
SCENARIO = """\
version: 1
landscape: {landscape}
start: [1.0, -0.5]
steps: 8
optimizers: {{run: {{kind: {rule}, lr: 0.1}}}}
expect: [{{metric: {metric}, {comparison}}}]
{more}
"""


def scenario(text: str) -> str:
    used = {
        "landscape": "{kind: quadratic, curvature: 1.0, center: 2.0}",
        "rule": "sgd",
        "metric": "final_loss",
        "comparison": "finite: true",
        "more": "",
    }
    kind = text.partition("SPEC = ")[2].partition("(")[0]
    used |= {
        "Rule": {"rule": "mine"},
        "Landscape": {"landscape": "{kind: mine}"},
        "Metric": {"metric": "mine"},
        "Schedule": {"more": "schedule: {kind: mine}"},
        "Noise": {"more": "noise: {kind: mine}"},
    }[kind]
    if "text" in text.partition("SPEC = ")[2].splitlines()[0]:
        used["comparison"] = "equals: x"
    return SCENARIO.format(**used)


@pytest.mark.parametrize("case", RUNNING)
def test_what_cannot_be_used_is_no_bug_of_ours(capsys: pytest.CaptureFixture[str], tmp_path: Path, case: str) -> None:
    text = RUNNING[case]
    plugin, place = tmp_path / "mine.py", tmp_path / "s.yaml"
    plugin.write_text(text)
    place.write_text(scenario(text))
    for engine in ("python", "llvm"):
        simulated = run(capsys, "simulate", str(place), "--engine", engine, "--plugin", str(plugin))
        assert (simulated.code, simulated.out) == (ExitCode.COULD_NOT_RUN, "")
        assert re.search(
            rf"plug-in {plugin}|the metric mine must return shape|the first of the parameters", simulated.err
        )
        assert "Traceback" not in simulated.err
        assert "please report it" not in simulated.err
    checked = run(capsys, "check", str(place), "--plugin", str(plugin), "-f", "concise")
    assert (checked.code, "E301" in checked.out) == (ExitCode.COULD_NOT_RUN, False)


def test_what_depends_on_numbers_is_blamed_as_it_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = rule("def update(w, g, lr):\n    if w > 0.5:\n        return (w - lr * g,)\n")
    plugin, place = tmp_path / "mine.py", tmp_path / "s.yaml"
    plugin.write_text(text)
    place.write_text(scenario(text))
    simulated = run(capsys, "simulate", str(place), "--engine", "python", "--plugin", str(plugin))
    assert simulated.code == ExitCode.COULD_NOT_RUN
    assert f"error: plug-in {plugin}: what a function of it returns cannot be used, or this is a bug" in simulated.err


READS_A_LIST = "C = [1.0]\ndef update(w, g, lr): return (w - lr * C[0],)\n"
CALLS_ITSELF = "def f(x): return f(x - 1.0) if x > 0.0 else x\ndef update(w, g, lr): return (w - lr * f(g),)\n"


@pytest.mark.parametrize(
    ("update", "engine", "says"),
    [
        (READS_A_LIST, "llvm", "6: C, which update reads, cannot be compiled: it is of type list"),
        (CALLS_ITSELF, "llvm", "5: the function 'f' calls itself"),
        (CALLS_ITSELF, "python", "5: the function 'f' calls itself"),
    ],
    ids=["list", "loop", "loop in Python"],
)
def test_what_is_read_that_cannot_be_compiled_is_blamed_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, update: str, engine: str, says: str
) -> None:
    plugin, place = tmp_path / "mine.py", tmp_path / "s.yaml"
    plugin.write_text(rule(update))
    place.write_text(scenario(rule(update)))
    simulated = run(capsys, "simulate", str(place), "--engine", engine, "--plugin", str(plugin))
    assert simulated.code == ExitCode.COULD_NOT_RUN
    assert f"error: plug-in {plugin}:{says}" in simulated.err


@pytest.mark.parametrize(
    "text",
    [
        rule("def update(w, g, lr): raise ValueError(w)\n"),
        rule(more=", constraint=lambda values: values['typo']"),
        rule(OF_STEP, f"{C}t"),
    ],
)
def test_a_rule_that_fails_does_not_end_a_search_that_does_not_need_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    plugin, target = tmp_path / "mine.py", tmp_path / "target.py"
    plugin.write_text(text)
    target.write_text(
        "import numpy as np\ndef made(w0, lr, weight_decay, betas, eps):\n    w = w0.copy()\n"
        "    def step(g, lr):\n        w[:] -= lr * np.arctan(g)\n        return w\n    return step\n"
    )
    without = run(capsys, "conform", f"{target}:made")
    assert without.code == ExitCode.EXPECTATION_FAILED
    assert run(capsys, "conform", f"{target}:made", "--plugin", str(plugin)).code == without.code
    named = run(capsys, "conform", f"{target}:made", "--reference", "mine", "--plugin", str(plugin))
    assert named.code == ExitCode.COULD_NOT_RUN
    assert f"error: plug-in {plugin}" in named.err
