"""What is wrong with a plug-in is said in its name, with exit code 2, wherever it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

import adamw_cli
from adamw_cli import plugins, registry
from adamw_cli.errors import ExitCode, PluginError
from tests.cli.terminal import GOOD, run
from tests.plugins.pieces import SIGNSGD

RULE = """\
import numpy as np
from adamw_cli.vocabulary import LR, Landscape, Metric, NoDecay, Noise, Nonlinear, Parameter, Rule, Schedule

A = Parameter("a", 1.0, "a number")
SPEC = Rule(parameters=(LR, A), state=("m",), decay=NoDecay())


def update(w, g, m, lr, a):
    return w - lr * g, m
"""
UPDATE = "def update(w, g, m, lr, a):\n    return w - lr * g, m\n"


def rule(update: str = UPDATE, more: str = "") -> str:
    """The file above with another update, or more facts."""
    return RULE.replace(UPDATE, update).replace('state=("m",)', f'state=("m",){more}')


def other(spec: str, functions: str) -> str:
    head = RULE[: RULE.index("SPEC")]
    return f"{head}SPEC = {spec}\n{functions}\n"


WRONG = {
    "no text": ("\0", "cannot be imported"),
    "syntax": ("x = 1\ndef f(:\n", "wrong.py cannot be imported: SyntaxError: invalid syntax (", "wrong.py:2)"),
    "import": ("x = 1\nimport nowhere_at_all\n", "ModuleNotFoundError: No module named 'nowhere_at_all' (", "wrong.py:2)"),
    "exception": ("def f():\n    return 1 / 0\n\nf()\n", "ZeroDivisionError: division by zero (", "wrong.py:2)"),
    "exit": ("raise SystemExit(0)\n", "cannot be imported: SystemExit: 0"),
    "facts": ("from adamw_cli.vocabulary import Rule\nSPEC = Rule(nothing=1)\n", "TypeError", "wrong.py:2)"),
    "nothing": ("x = 1\n", "it declares nothing"),
    "another type": ("SPEC = {'lr': 1}\n", "SPEC is of type dict", "Rule, Landscape, Schedule, Noise, Metric"),
    "no tuple": (other("Schedule(parameters=(A))", ""), "parameters of Schedule must be a tuple"),
    "no parameter": (other("Schedule(parameters=('a',))", ""), "parameters of Schedule must be a tuple, such as (x,), of Parameter(...), and is ('a',)"),
    "no lr": (RULE.replace("(LR, A)", "(A,)").replace("lr, ", "").replace("lr *", "a *"), "the first of the parameters must be the learning rate"),
    "no update": (rule("x = 1\n"), "there is no update(w, g, m, lr, a)"),
    "no function": (rule("update = 1\n"), "there is no update(w, g, m, lr, a)"),
    "too few arguments": (rule(UPDATE.replace(", a)", ")")), "update takes (w, g, m, lr), and SPEC asks for (w, g, m, lr, a)"),
    "another order": (rule(UPDATE.replace("m, lr", "lr, m")), "update takes (w, g, lr, m, a), and SPEC asks for (w, g, m, lr, a)"),
    "norms without normed": (rule(UPDATE.replace("a)", "a, n)"), ", norms=('n',)"), "there is no SPEC.normed(w, g, m, lr, a)"),
    "normed of another shape": (rule(UPDATE.replace("a)", "a, n)"), ", norms=('n',), normed=lambda w, g: (g,)"), "SPEC.normed takes (w, g), and SPEC asks"),
    "coefficients without values": (rule(UPDATE.replace("a)", "a, c)"), ", coefficients=('c',)"), "there is no SPEC.coefficient_values(t)"),
    "landscape": (other('Landscape(parameters=(A,), gradient=Nonlinear())', "def value(w, t, values): ..."), "there is no lower(dimension, values)"),
    "landscape without height": (other('Landscape(parameters=(A,), gradient=Nonlinear())', "def gradient(w, t, a): ..."), "there is no lower(dimension, values), and no height(w, t, a) to go with the gradient"),
    "landscape with a parameter that may be None": (
        other("Landscape(parameters=(Parameter('b', None, 'may be left out'),), gradient=Nonlinear())", "def gradient(w, t, b): ...\ndef height(w, t, b): ..."),
        "there is no lower(dimension, values), and it does not follow from the gradient, as b is not always a number",
    ),
    "landscape with another order": (
        other("Landscape(parameters=(A, Parameter('b', 1.0, '')), gradient=Nonlinear())", "def gradient(w, t, b, a): ...\ndef height(w, t, a, b): ..."),
        "gradient takes (w, t, b, a), and SPEC asks for (w, t, a, b)",
    ),
    "landscape of blocks": (other('Landscape(parameters=(A,), gradient=Nonlinear())', "def gradient(w, g, d, t, p): ...\ndef value(w, t, values): ..."), "gradient takes (w, g, d, t, p), and SPEC asks for (w, g, d, lanes, t, p)"),
    "landscape without value": (other('Landscape(parameters=(A,), gradient=Nonlinear())', "def lower(dimension, values): ..."), "there is no value(w, t, values)"),
    "landscape with an unknown minimizer": (other("Landscape(parameters=(A,), gradient=Nonlinear(), minimizer='b')", ""), "the minimizer refers to 'b', which it does not declare"),
    "landscape of another shape": (
        other('Landscape(parameters=(A,), gradient=Nonlinear())', "def lower(values): ...\ndef value(w, t, values): ...\ndef minimizer(d, values): ..."),
        "lower takes (values), and SPEC asks for (dimension, values)",
    ),
    "schedule": (other("Schedule(parameters=(A,))", "def value(t, a): ..."), "value takes (t, a), and SPEC asks for (t, steps, a)"),
    "noise": (other("Noise(parameters=(A,), state=('b',))", "def noisy(g, u, a): ..."), "noisy takes (g, u, a), and SPEC asks for (g, u, a, b)"),
    "metric without Measure": (other('Metric("1", False, "never")', ""), "there is no Measure(facts)"),
    "metric with another Measure": (other('Metric("1", False, "never")', "class Measure:\n    def __init__(self, facts, a): ..."), "Measure takes (facts, a), and SPEC asks for (facts)"),
    "metric without result": (other('Metric("1", False, "never")', "class Measure:\n    def __init__(self, facts): ...\n    def observe(self, chunk): ..."), "Measure has no result"),
    "one of several": (RULE + "\n\nclass second:\n    SPEC = Schedule(parameters=())\n", "second: there is no value(t, steps)"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_file(tmp_path: Path, case: str) -> None:
    text, *says = WRONG[case]
    path = tmp_path / "wrong.py"
    path.write_text(text)
    with pytest.raises(PluginError) as caught:
        adamw_cli.load_plugin(path)
    assert str(caught.value).startswith(f"plug-in {path}")
    for words in says:
        assert words in f"{caught.value} {caught.value.hint}"
    assert not registry._added


def test_the_file_that_is_changed_above_is_right(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(RULE)
    assert adamw_cli.load_plugin(path) == ("wrong",)


@pytest.mark.parametrize(("package", "name"), [(p, name) for p in registry.PACKAGES for name in registry.own(p)])
def test_what_is_asked_of_a_plug_in_holds_for_our_own_files(package: str, name: str) -> None:
    assert plugins.misfit(registry.load(package, name)) == ""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere.py", "there is no such file"),
        (".", "there is no such file"),
        ("two words.py", "'two words' cannot be a name"),
        ("7.py", "'7' cannot be a name"),
    ],
)
def test_names_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str) -> None:
    monkeypatch.chdir(tmp_path)
    if " " in name or "7" in name:
        (tmp_path / name).write_text(RULE)
    with pytest.raises(PluginError) as caught:
        adamw_cli.load_plugin(name)
    assert str(caught.value).startswith(f"plug-in {name}: ")
    assert says in str(caught.value)


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "adamw.py").write_text(RULE)
    with pytest.raises(PluginError, match=r"adamw.py: optimizer 'adamw' exists already, in adamw itself"):
        adamw_cli.load_plugin(tmp_path / "adamw.py")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "signsgd.py").write_text(RULE)
    adamw_cli.load_plugin(SIGNSGD)
    adamw_cli.load_plugin(SIGNSGD)  # the same one again is no other
    with pytest.raises(PluginError, match=r"optimizer 'signsgd' exists already, in .*adamw_example/signsgd.py"):
        adamw_cli.load_plugin(tmp_path / "a" / "signsgd.py")
    assert registry.load("optimizers", "signsgd").__file__ == str(SIGNSGD)
    # one name for things of two kinds is none that is taken
    (tmp_path / "a" / "adamw.py").write_text(other("Schedule(parameters=())", "def value(t, steps): return 1.0"))
    assert adamw_cli.load_plugin(tmp_path / "a" / "adamw.py") == ("adamw",)


def test_a_command_ends_with_2_and_shows_the_way_if_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(WRONG["exception"][0])
    for command in (
        ["simulate", "plateau"],
        ["check", "plateau"],
        ["list", "optimizers"],
        ["show", "adamw"],
        ["schema"],
    ):
        outcome = run(capsys, *command, "--plugin", str(path))
        assert (outcome.code, outcome.out) == (ExitCode.COULD_NOT_RUN, "")
        assert outcome.err.startswith(f"error: plug-in {path} cannot be imported: ZeroDivisionError")
        assert "Traceback" not in outcome.err
    assert "Traceback" in run(capsys, "schema", "--plugin", str(path), "--traceback").err


BROKEN_METRIC = """\
from adamw_cli.metrics import AtTheEnd
from adamw_cli.vocabulary import Metric

SPEC = Metric("1", False, "never")


class Measure(AtTheEnd):
    def result(self, ending):
        return ending.nothing
"""


def test_an_exception_while_it_runs_is_its_own_and_no_bug_of_ours(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plugin, scenario = tmp_path / "broken_metric.py", tmp_path / "s.yaml"
    plugin.write_text(BROKEN_METRIC)
    scenario.write_text(GOOD + "  - {metric: broken_metric, below: 1}\n")
    says = f"plug-in {plugin}:9: AttributeError: 'Ending' object has no attribute 'nothing'"
    simulated = run(capsys, "simulate", str(scenario), "--plugin", str(plugin))
    assert (simulated.code, simulated.out) == (ExitCode.COULD_NOT_RUN, "")
    assert f"error: {says}" in simulated.err
    checked = run(capsys, "check", str(scenario), "plateau", "--plugin", str(plugin), "-f", "concise")
    assert checked.code == ExitCode.COULD_NOT_RUN
    assert f"s.yaml: E206 {says}" in checked.out
    assert "1 error" in checked.out
    assert "bug" not in simulated.err + checked.out + checked.err


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("w - lr * np.no_such_function(g), m", "has no attribute 'no_such_function'"),
        ("w - lr * no_such_name, m", "NameError: name 'no_such_name' is not defined"),
        ("sorted([w])[0], m", "update cannot be compiled: "),
    ],
    ids=["function", "name", "list"],
)
def test_what_cannot_be_compiled_is_its_own_and_no_bug_of_ours(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, returned: str, says: str
) -> None:
    plugin, scenario = tmp_path / "uncompilable.py", tmp_path / "s.yaml"
    plugin.write_text(RULE.replace("w - lr * g, m", returned))
    scenario.write_text(GOOD.replace("adamw: {", "adamw: {kind: uncompilable, ").replace(", weight_decay: 0.1", ""))
    simulated = run(capsys, "simulate", str(scenario), "--plugin", str(plugin))
    assert simulated.code == ExitCode.COULD_NOT_RUN
    assert f"error: plug-in {plugin}:8: update cannot be compiled: " in simulated.err
    assert says in simulated.err
    if "sorted" in returned:
        checked = run(capsys, "check", str(scenario), "--plugin", str(plugin), "-f", "concise")
        assert (checked.code, checked.out.count("E206")) == (ExitCode.COULD_NOT_RUN, 1)


UNCOMPILABLE_PART = """
from adamw_cli.vocabulary import CENTER, Landscape, Nonlinear
SPEC = Landscape(parameters=(CENTER,), gradient=Nonlinear(), part=True, examples=((1, {"center": (1.0,)}),))
def unfit(x):
    return 1.0 * len(x.hex())
def gradient(w, t, center):
    return unfit(w - center)
def height(w, t, center):
    return (w - center) ** 2
"""


@pytest.mark.parametrize(
    "landscape", ["{kind: part, center: 1.0}", "{kind: composite, parts: [{kind: part, center: 1.0}]}"]
)
def test_what_cannot_be_compiled_is_blamed_however_far_down_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, landscape: str
) -> None:
    plugin, scenario = tmp_path / "part.py", tmp_path / "s.yaml"
    plugin.write_text(UNCOMPILABLE_PART)
    scenario.write_text(
        f"version: 1\nlandscape: {landscape}\nstart: [2.0]\nsteps: 3\noptimizers: {{adamw: {{lr: 0.1}}}}\n"
    )
    simulated = run(capsys, "simulate", str(scenario), "--plugin", str(plugin))
    assert simulated.code == ExitCode.COULD_NOT_RUN
    assert f"error: plug-in {plugin}:4: unfit cannot be compiled: Unknown attribute 'hex'" in simulated.err


@pytest.mark.parametrize(
    "written",
    [
        "chunk.w",
        "chunk.before",
        "chunk.previous",
        "chunk.moved",
        "chunk.lr",
        "chunk.gradient_step",
        "chunk.facts.start",
        "chunk.facts.lr",
        "self.facts.weight_decay",
    ],
)
def test_a_metric_cannot_change_what_others_see(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, written: str
) -> None:
    plugin, scenario = tmp_path / "writing.py", tmp_path / "s.yaml"
    text = BROKEN_METRIC.replace(
        "def result", f"def observe(self, chunk):\n        {written}[...] = 0.0\n\n    def result"
    )
    plugin.write_text(text)
    scenario.write_text(GOOD + "  - {metric: writing, below: 1}\n")
    simulated = run(capsys, "simulate", str(scenario), "--plugin", str(plugin))
    assert (simulated.code, simulated.out) == (ExitCode.COULD_NOT_RUN, "")
    assert f"error: plug-in {plugin}:9: ValueError: assignment destination is read-only" in simulated.err
