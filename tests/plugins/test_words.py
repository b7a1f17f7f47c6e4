"""A fact with a word that is none of its own, or with something else than belongs there, is refused where the file is imported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import adamw_cli
from adamw_cli import registry
from adamw_cli.errors import ExitCode, PluginError
from adamw_cli.scenario.keys import keys
from adamw_cli.scenario.model import RUN_KEYS, Expectation
from adamw_cli.vocabulary.parameters import RESERVED
from tests.cli.terminal import GOOD, run

RULE = """\
from adamw_cli.vocabulary import *

SPEC = Rule(
    parameters=(LR, Parameter("b1", 0.9, "d"), Parameter("b2", 0.99, "d"), Parameter("e", 1e-8, "d"), Parameter("wd", 0.1, "d")),
    state=("m", "v"),
    step=AdamStep("b1", "b2", Eps("e")),
    decay=Decoupled("wd"),
)


def update(w, g, m, v, lr, b1, b2, e, wd):
    return w - lr * wd * w, m, v
"""
LANDSCAPE = """\
from adamw_cli.vocabulary import *

SPEC = Landscape(parameters=(Parameter("k", 1.0, "d"), CENTER), gradient=Linear("k", "center"))


def gradient(w, t, k, center):
    return k * (w - center)


def height(w, t, k, center):
    return 0.5 * k * (w - center) ** 2
"""
STEP, DECAY = 'AdamStep("b1", "b2", Eps("e"))', 'Decoupled("wd")'
# What is written in place of the step, the decay or the gradient, and what the message says of it.
FACTS = {
    'Decoupled("wd", order="after")': "order of Decoupled cannot be 'after'\n  known: new, old",
    'Decoupled("wd", shrink="1-x")': "shrink of Decoupled cannot be '1-x'\n  did you mean '1 - x'? known: 1 - x, 1/(1 + x)",
    'Decoupled("wd", scale="lr")': "scale of Decoupled cannot be 'lr'",
    "Decoupled(0.1)": "coefficient of Decoupled must be the name of a parameter, and is 0.1",
    "Decoupled(None)": "coefficient of Decoupled must be the name of a parameter, and is None",
    'Decoupled("wd", grows=1)': "grows of Decoupled must be True or False, and is 1",
    'Coupled("wd", into="m")': "into of Coupled cannot be 'm'",
    '"decoupled"': "decay of Rule must be Decoupled(...) or Coupled(...) or NoDecay(...) or OwnDecay(...), and is 'decoupled'",
    "NoDecay": "and is the class NoDecay, without parentheses",
    'Eps("e")': "decay of Rule must be Decoupled(...) or",
    'AdamStep("b1", "b2", "e")': "eps of AdamStep must be Eps(...) or None, and is 'e'",
    'AdamStep("b1", "b2", Eps("e", place="inner"))': "place of Eps cannot be 'inner'\n  known: eps_hat, floor, inside",
    'AdamStep("b1", "b2", Eps("e"), bias_correction=True)': "bias_correction of AdamStep must be one of 'both', 'none', ",
    'AdamStep("b1", "b2", Eps("e"), bias_correction="nope")': "bias_correction of AdamStep cannot be 'nope'\n  did you mean 'none'?",
    'AdamStep("b1", "b2", Eps("e"), maximum=True)': "maximum of AdamStep must be Maximum(...) or None, and is True",
    'AdamStep("b1", "b2", Eps("e"), maximum=Maximum(place="x"))': "place of Maximum cannot be 'x'\n  known: after, before",
    'AdamStep(0.9, 0.99, Eps("e"))': "beta1 of AdamStep must be the name of a parameter, and is 0.9",
    'OwnStep(betas=("b1",))': "betas of OwnStep must be (the name of a parameter, the name of a parameter) or None",
    "OwnStep": "and is the class OwnStep, without parentheses",
    'Linear(1.0, "center")': "curvature of Linear must be the name of a parameter or a function, and is 1.0",
    "Constant(3.0)": "slope of Constant must be the name of a parameter or a function, and is 3.0",
    'Switching("k", "k", "back")': "after of Switching cannot be 'back'",
    '"linear"': "gradient of Landscape must be Zero(...) or Constant(...) or",
    "Nonlinear": "and is the class Nonlinear, without parentheses",
}


def text_with(fact: str) -> str:
    if any(word in fact for word in ("inear", "Constant", "Switching")):
        return LANDSCAPE.replace('Linear("k", "center")', fact)
    return RULE.replace(STEP if "Step" in fact else DECAY, fact)


def refusal(path: Path, text: str) -> str:
    """What is said of a file, but for the line that it is said of."""
    path.write_text(text)
    with pytest.raises(PluginError) as caught:
        adamw_cli.load_plugin(path)
    said, places = re.subn(rf" \({re.escape(str(path))}:\d+\)", "", str(caught.value))
    assert places == 1
    return said.removeprefix(f"plug-in {path} cannot be imported: ")


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_that_says_something_else_is_refused(tmp_path: Path, fact: str) -> None:
    assert FACTS[fact] in refusal(tmp_path / "words.py", text_with(fact))


@pytest.mark.parametrize("text", [RULE, LANDSCAPE])
def test_the_files_that_are_changed_above_are_right(tmp_path: Path, text: str) -> None:
    path = tmp_path / "words.py"
    path.write_text(text)
    assert adamw_cli.load_plugin(path) == ("words",)


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ('Metric("1", False, "never", needs=("minimiser",))', "needs of Metric must be a tuple, such as (x,), of one of 'turn', "),
        ('Metric("1", False, "never", pair="twins")', "pair of Metric cannot be 'twins'\n  did you mean 'twin'?"),
        ('Parameter("a", 1.0, "d", kind="number")', "kind of Parameter cannot be 'number'"),
        ('Parameter("a", "x", "d")', "the parameter 'a' is of kind 'float', and its default is 'x'"),
        ('Parameter("a", 1.0, "d", kind="bool")', "the parameter 'a' is of kind 'bool', and its default is 1.0"),
        ('Parameter("a", (1.0, 2.0), "d")', "the parameter 'a' is of kind 'float', and its default is (1.0, 2.0)"),
        ('Parameter("a", 1.0, "d", components=("b", "c"))', "'float', and a pair, and nothing else, has components"),
        ('Parameter("a", (0.1, 0.2), "d", kind="pair")', "'pair', and a pair, and nothing else, has components"),
        ('Schedule((Parameter("a", None, "d"),))', "the parameter 'a' needs a number for a default"),
        ('Noise((Parameter("a", None, "d", kind="matrix"),))', "the parameter 'a' cannot be of kind 'matrix' here"),
        ('Rule((LR, Parameter("a", None, "d")), ())', "the parameter 'a' needs a number for a default"),
        ('Landscape((Parameter("m", None, "d"),), Constant("m"))', "the gradient refers to 'm', which may be left out"),
        ('Landscape((), Nonlinear(), examples=(2,))', "examples of Landscape must be a tuple"),
    ],
)  # fmt: skip
def test_so_are_other_declarations(tmp_path: Path, declared: str, says: str) -> None:
    said = refusal(tmp_path / "words.py", f"from adamw_cli.vocabulary import *\nSPEC = {declared}\n")
    assert says in said


def test_numbers_may_be_those_of_numpy(tmp_path: Path) -> None:
    path = tmp_path / "words.py"
    path.write_text(
        "import numpy as np\nfrom adamw_cli.vocabulary import *\n"
        "SPEC = Schedule((Parameter('a', np.float64(0.5), 'd', ge=np.int64(0)),))\ndef value(t, steps, a): return a\n"
    )
    assert adamw_cli.load_plugin(path) == ("words",)


def test_a_command_ends_with_2_and_the_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path, scenario = tmp_path / "words.py", tmp_path / "s.yaml"
    path.write_text(text_with('AdamStep("b1", "b2", "e")'))
    scenario.write_text(GOOD)
    outcome = run(capsys, "simulate", str(scenario), "--plugin", str(path))
    assert outcome.code == ExitCode.COULD_NOT_RUN
    assert (
        f"error: plug-in {path} cannot be imported: eps of AdamStep must be Eps(...) or None, and is 'e'" in outcome.err
    )


def test_the_names_that_are_taken_are_the_keys_of_yaml() -> None:
    assert RESERVED["optimizers"] == {"kind", *RUN_KEYS}
    assert RESERVED["metrics"] == set(keys(Expectation))
    assert set(RESERVED) == set(registry.PACKAGES)


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        *[("Rule((LR, {}), ())", name) for name in sorted(RESERVED["optimizers"])],
        ("Landscape(({},), Nonlinear())", "kind"),
        ("Schedule(({},))", "kind"),
        ("Noise(({},))", "kind"),
        ('Metric("1", False, "never", ({},))', "near"),
        ('Metric("1", False, "never", ({},))', "at_step"),
    ],
)
def test_a_parameter_that_yaml_could_not_set_is_refused(tmp_path: Path, declared: str, name: str) -> None:
    spec = declared.format(f"Parameter('{name}', 1.0, 'd')")
    said = refusal(tmp_path / "words.py", f"from adamw_cli.vocabulary import *\nSPEC = {spec}\n")
    assert said.startswith(f"a parameter cannot be called '{name}', which is a key of YAML\n  taken: ")
