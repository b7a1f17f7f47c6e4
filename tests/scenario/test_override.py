"""`--set KEY=VALUE`, and the same from Python: what it reaches, and where its mistakes are marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.scenario.cases import BASE, changed, found, load, message, problems

LIST = "expect:\n  - {metric: overshoot, of: adamw, near: [1, 2]}\n"


def test_values_are_read_as_in_a_file() -> None:
    scenario = load(overrides=["steps=1e3", "start=[1, .5]", "name=no", "optimizers.adamw.lr=3e-4", "tags=[a, b]"])
    assert (scenario.steps, scenario.start, scenario.name, scenario.tags) == (1000, (1.0, 0.5), "no", ("a", "b"))
    assert scenario.optimizers["adamw"].values["lr"] == 3e-4


def test_the_mapping_form_takes_values_of_python_and_numpy() -> None:
    values: dict[str, Any] = {
        "steps": 1000,
        "start": np.array([1.0, 0.5]),
        "name": "1e-3",
        "description": "\U0001f600 \n \t '\"",
        "optimizers.adamw.lr": np.float64(3e-4),
        "optimizers.adamw.betas": (0.5, 0.9),
        "seed": np.int64(3),
        "landscape": {"kind": "slope", "gradient": 1},
        "record.states": True,
    }
    scenario = load(overrides=values)
    assert (scenario.steps, scenario.start, scenario.seed) == (1000, (1.0, 0.5), 3)
    assert (scenario.name, scenario.description) == ("1e-3", "\U0001f600 \n \t '\"")
    assert scenario.optimizers["adamw"].values["betas"] == (0.5, 0.9)
    assert (scenario.landscape.kind, scenario.record.states) == ("slope", True)


def test_lists_and_nested_sections() -> None:
    text = changed(more=LIST)
    assert load(text, ["start.1=7"]).start == (0.1, 7.0)
    assert load(text, ["expect.0.near.0=5", "expect.0.atol=1"]).expect[0].near == (5.0, 2.0)
    assert load(text, ["expect=[]"]).expect == ()


def test_sections_are_created_on_the_way() -> None:
    scenario = load(
        overrides=["schedule.kind=constant", "schedule.warmup_steps=3", "record.every=5", "optimizers.sgd.lr=1"]
    )
    assert scenario.schedule.values == {"warmup_steps": 3}
    assert scenario.record.every == 5
    assert list(scenario.optimizers) == ["adamw", "sgd"]
    assert load(changed(more="record:\n"), ["record.every=5"]).record.every == 5


def test_a_run_may_have_dots_in_its_name() -> None:
    text = changed(more="  adamw.5: {kind: adamw, lr: 1}\n  adamw.5.x: {kind: adamw, lr: 1}\n")
    scenario = load(text, ["optimizers.adamw.5.lr=2", "optimizers.adamw.5.x.lr=3", "optimizers.adamw.lr=4"])
    assert {name: run.values["lr"] for name, run in scenario.optimizers.items()} == {
        "adamw": 4.0,
        "adamw.5": 2.0,
        "adamw.5.x": 3.0,
    }
    assert load(text, {"optimizers.adamw.5": {"kind": "sgd", "lr": 1}}).optimizers["adamw.5"].kind == "sgd"


def test_the_last_of_several_wins_and_the_text_is_not_asked() -> None:
    assert load(overrides=["steps=5", "steps=6"]).steps == 6
    assert load(changed("7000", "abc"), ["steps=6"]).steps == 6
    assert load(changed("steps: 7000\n", ""), ["steps=6"]).steps == 6
    assert load(overrides=[" steps = 6 "]).steps == 6
    assert load(overrides=["name=a=b"]).name == "a=b"
    assert load(overrides="steps=6").steps == 6  # one argument is not a list of letters


def test_null_restores_a_default_that_is_null() -> None:
    flip = changed("{kind: plateau}", "{kind: gradient_flip, gradient: 1, flip_at: 3, period: 5}")
    assert load(flip, {"landscape.period": None}).landscape.values["period"] is None
    assert load(changed(more="record: {every: 5}\n"), ["record.every="]).record.every is None


WRONG_VALUES = [
    ("steps=abc", "S104 1:7 abc", "must be a whole number"),
    ("steps=", "S104 1:1 steps", "'steps' has no value"),
    ("steps= -5", "S105 1:8 -5", "at least 1"),
    ("optimizers.adamw.lr=[1, x]", "S104 1:25 x", "each value of 'lr'"),
    ("optimizers.adamw.wd=1", "S101 1:18 wd", "unknown key 'wd'"),
    ("optimizers.foo.lr=1", "S103 1:12 foo", "add kind: RULE"),
    ("optimizers.foo={kind: adamm, lr: 1}", "S103 1:23 adamm", "did you mean 'adam'?"),
    ("stps=5", "S101 1:1 stps", "did you mean 'steps'?"),
    ("landscape={kind: plateau, x: 1}", "S101 1:27 x", "unknown key 'x'"),
    ("landscape.kind=slope", "S102 2:1 landscape", "missing key 'gradient'"),
    ("start.0=.nan", "S106 1:9 .nan", "must be finite"),
    ("version=2", "S111 1:9 2", "write version: 1"),
    ("steps", "S112 1:1 steps", "expected KEY=VALUE"),
    ("", "S112 1:1", "expected KEY=VALUE"),
    ("=5", "S112 1:1 =5", "expected KEY=VALUE"),
    (" =5", "S112 1:1  =5", "expected KEY=VALUE"),
    ("steps.x=5", "S112 1:7 x", "'steps' is 7000, so there is nothing below it"),
    ("start.2=5", "S112 1:7 2", "it has 2 entries, counted from 0"),
    ("start.-1=5", "S112 1:7 -1", "no entry '-1' in the list 'start'"),
    ("start." + "9" * 5000 + "=5", "S112 1:7 " + "9" * 5000, "no entry '9999"),
    ("start.x.y=5", "S112 1:7 x", "no entry 'x'"),
    ("steps.=5", "S112 1:6 .", "a name is missing"),
    ("optimizers..lr=5", "S112 1:11 .", "a name is missing"),
    ("optimizers.adamw.=5", "S112 1:17 .", "a name is missing"),
    (".steps=5", "S112 1:1 .", "a name is missing"),
    ("start=[1, 2", "S112 1:7 [", "this '[' is not closed"),
    ("start=&a 1", "S112 1:7 &a", "anchors and aliases are not allowed"),
    ("name=!!str 1", "S112 1:6 !!str", "tags are not allowed"),
    ("record={every: 1, every: 2}", "S112 1:19 every", "is there twice"),
    ("name=\x1b[31m", "S112 1:6 \ufffd", "U+001B"),
    ("name=a\ud800", "S112 1:7 \ufffd", "U+D800"),
    ("na\x1bme=a", "S101 1:1 na\ufffdme", "unknown key 'na\\x1bme'"),
    ("a\nb=1", "S101 1:1 a\ufffdb", "unknown key"),
    ("steps=\nx", "S104 1:7 \ufffdx", "must be a whole number"),
    ("x=" + "[" * 100_000, "S112 1:35 [", "nested more than 32 deep"),
]


@pytest.mark.parametrize(("argument", "marked", "words"), WRONG_VALUES, ids=range(len(WRONG_VALUES)))
def test_mistakes_are_marked_within_the_argument(argument: str, marked: str, words: str) -> None:
    assert found(BASE, [argument]) == [marked]
    assert words in message(BASE, [argument])
    assert (problems(BASE, [argument])[0].source == "`set`") == (marked != "S102 2:1 landscape")


def test_as_printed() -> None:
    assert message(BASE, ["optimizers.adamw.lr=-1"]) == (
        "`set`:1:21: error[S105]: 'lr' must be > 0, found -1\n"
        "    1 | optimizers.adamw.lr=-1\n"
        "      |                     ^^"
    )


def test_all_wrong_arguments_at_once_before_those_of_the_file() -> None:
    assert found(changed("1e-3", "-1"), ["steps", "steps=abc", "start.5=1"]) == [
        "S112 1:1 steps",
        "S112 1:7 5",
        "S104 1:7 abc",
        "S105 6:15 -1",
    ]


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), object(), {"a": float("inf")}, b"a", {1, 2}, 1j])
def test_values_that_no_file_can_have(value: Any) -> None:
    (problem,) = problems(BASE, {"start": value})
    assert problem.code == "S112"
    assert "cannot be set to" in problem.message
    assert "0x" not in problem.message  # no addresses


def test_a_value_inside_itself() -> None:
    value: list[Any] = []
    value.append(value)
    assert [p.code for p in problems(BASE, {"start": value})] == ["S112"]


def test_keys_of_the_mapping_form_may_have_an_equals_sign() -> None:
    text = changed(more="  a=b: {kind: adamw, lr: 1}\n")
    assert load(text, {"optimizers.a=b.lr": 2}).optimizers["a=b"].values["lr"] == 2.0


def test_overrides_of_what_is_no_scenario() -> None:
    assert found("- 1\n", ["steps=5"]) == ["S104 1:1 -"]
    assert found("", ["steps=5"]) == ["S010"]
