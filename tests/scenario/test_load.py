"""What YAML means here: numbers, texts, and what is not allowed, each with its place."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.scenario.cases import BASE, changed, found, load, message

NUMBERS = [
    ("1e-3", 1e-3),
    ("1e3", 1000.0),
    ("1E8", 1e8),
    ("1.0e3", 1000.0),
    ("1.0E+3", 1000.0),
    ("-.5e-1", -0.05),
    (".5", 0.5),
    ("1.", 1.0),
    ("+3", 3.0),
    ("-0", 0.0),
    ("010", 10.0),
    ("-010", -10.0),
    ("0o17", 15.0),
    ("0x1F", 31.0),
    ("1e-400", 0.0),
    ("0" * 5000 + "7", 7.0),
    ("9007199254740993", 9007199254740992.0),
]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_numbers_are_those_of_yaml_1_2(text: str, value: float) -> None:
    scenario = load(changed("[0.1, 100.0]", f"[{text}, 1]"))
    assert scenario.start == (value, 1.0)
    assert all(type(w) is float for w in scenario.start)


NO_NUMBERS = [
    ("1_000", "write 1000"),
    ("1:30", "a number looks like"),
    ("0b11", "a number looks like"),
    ("0o18", "a number looks like"),
    ("1e", "a number looks like"),
    ("1e1.5", "a number looks like"),
    ("10%", "write 0.1"),
    ("'1e-3'", "write it without quotes"),
    ('"7"', "write it without quotes"),
    ("1e-3x", "a number looks like"),
    ("on", "found the text 'on'"),
    ("yes", "found the text 'yes'"),
    ("2020-01-01", "found the text '2020-01-01'"),
    ("nan", "found the text 'nan'"),
    ("Infinity", "found the text 'Infinity'"),
    ("true", "found the boolean true"),
    ("False", "found the boolean false"),
]


@pytest.mark.parametrize(("text", "words"), NO_NUMBERS)
def test_what_is_no_number_is_marked_as_a_whole(text: str, words: str) -> None:
    broken = changed("[0.1, 100.0]", f"[{text}, 1]")
    assert found(broken) == [f"S104 3:9 {text}"]
    assert words in message(broken)
    assert found(changed("1e-3", text)) == [f"S104 6:15 {text}"]


def test_grouped_digits_and_decimal_commas_have_advice() -> None:
    assert "write 7000" in message(changed("7000", "7,000"))
    assert "write 0.5, with a decimal point" in message(changed("[0.1, 100.0]", "['0,5']"))


@pytest.mark.parametrize(
    "text",
    [
        ".nan",
        ".NaN",
        ".NAN",
        ".inf",
        "-.inf",
        "+.Inf",
        "1e999",
        "-1e999",
        "1" * 5000,
        "-" + "9" * 310,
        "0x" + "f" * 5000,
    ],
)
def test_numbers_must_be_finite(text: str) -> None:
    for place, broken in (
        ("3:9", changed("[0.1, 100.0]", f"[{text}, 1]")),
        ("4:8", changed("7000", text)),
        ("6:15", changed("1e-3", text)),
        ("7:7", changed(more=f"seed: {text}\n")),
        ("7:39", changed(more=f"expect: [{{metric: weight_norm, above: {text}}}]\n")),
    ):
        assert found(broken) == [f"S106 {place} {text}"]


def test_a_number_too_long_to_print_is_described() -> None:
    assert found(changed(more=f"name: {'1' * 5000}\n"))[0].startswith("S104 7:7 111")
    assert found(changed(more=f"name: 0x{'f' * 5000}\n"))[0].startswith("S104 7:7 0xfff")


TEXTS: list[tuple[str, Any]] = [
    ("no", "no"),
    ("on", "on"),
    ("Yes", "Yes"),
    ("y", "y"),
    ("1:30", "1:30"),
    ("1_000", "1_000"),
    ("2020-01-01", "2020-01-01"),
    ("'7'", "7"),
    ('"true"', "true"),
    ("=", "="),
    ("1e-3 x", "1e-3 x"),
    ("größe", "größe"),
    ('"\\ud83d\\ude00"', "\U0001f600"),
]


@pytest.mark.parametrize(("text", "value"), TEXTS)
def test_texts(text: str, value: str) -> None:
    assert load(changed(more=f"name: {text}\n")).name == value


@pytest.mark.parametrize("text", ["7", "1e-3", "true", "[a]", "{a: b}", "0x1F", "010"])
def test_what_is_no_text(text: str) -> None:
    for key in ("name", "description"):
        assert found(changed(more=f"{key}: {text}\n")) == [f"S104 7:{len(key) + 3} {text}"]
    assert found(changed(more=f"tags: [a, {text}]\n")) == [f"S104 7:11 {text}"]
    assert found(changed(more=f"expect: [{{metric: weight_norm, above: 1, xfail: {text}}}]\n")) == [f"S104 7:49 {text}"]


def test_a_number_as_text_wants_quotes() -> None:
    assert message(changed(more="name: 7\n")) == (
        "a.yaml:7:7: error[S104]: 'name' must be text, found 7\n    7 | name: 7\n      |       ^ put it in quotes: \"7\""
    )
    assert 'put it in quotes: "true"' in message(changed(more="tags: [true]\n"))


def test_what_is_absent_has_a_default() -> None:
    scenario = load()
    assert (scenario.name, scenario.description, scenario.tags) == ("scenario", "", ())
    assert (scenario.seed, scenario.trials, scenario.expect) == (0, 1, ())
    assert (scenario.record.every, scenario.record.states) == (None, False)
    assert scenario.schedule.kind == "constant"
    assert scenario.schedule.values == {"warmup_steps": 0}
    run = scenario.optimizers["adamw"]
    assert (run.kind, run.schedule) == ("adamw", None)
    assert run.values == {"lr": 1e-3, "weight_decay": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "amsgrad": False}
    assert scenario.landscape.values == {}


def test_scalars_stay_scalars_and_lists_are_per_coordinate() -> None:
    text = changed("{lr: 1e-3}", "{lr: [1e-3, 2], eps: 0, betas: [[0.9, 0.99], [0, 0.5]], amsgrad: true}")
    values = load(text).optimizers["adamw"].values
    assert values["lr"] == (1e-3, 2.0)
    assert values["betas"] == ((0.9, 0.99), (0.0, 0.5))
    assert (values["eps"], values["weight_decay"], values["amsgrad"]) == (0.0, 1e-2, True)
    quadratic = load(changed("{kind: plateau}", "{kind: quadratic, curvature: 2, center: [1, 2e0]}")).landscape.values
    assert quadratic == {"curvature": 2.0, "matrix": None, "center": (1.0, 2.0), "rotation": None}
    matrix = load(changed("{kind: plateau}", "{kind: quadratic, matrix: [[2, 1], [1, 2]], center: 1, rotation: null}"))
    assert matrix.landscape.values["matrix"] == ((2.0, 1.0), (1.0, 2.0))


@pytest.mark.parametrize("text", ["7e3", "7000", "7000.0", "07000", "0x1b58", "7.0e+3"])
def test_an_integer_may_be_written_with_an_exponent(text: str) -> None:
    steps = load(changed("7000", text)).steps
    assert steps == 7000
    assert type(steps) is int


def test_a_run_has_its_own_schedule_if_it_says_so() -> None:
    more = "  slow: {kind: sgd, lr: 1, schedule: {kind: constant, warmup_steps: 1e1}}\nschedule: {kind: constant, warmup_steps: 5}\n"
    scenario = load(changed(more=more))
    slow = scenario.optimizers["slow"]
    assert (slow.kind, slow.values["momentum"]) == ("sgd", 0.0)
    assert slow.schedule is not None
    assert slow.schedule.values == {"warmup_steps": 10}
    assert type(slow.schedule.values["warmup_steps"]) is int
    assert scenario.optimizers["adamw"].schedule is None
    assert scenario.schedule.values == {"warmup_steps": 5}
    assert list(scenario.optimizers) == ["adamw", "slow"]


def test_expectations_keep_the_parameters_of_their_metric() -> None:
    more = """\
expect:
  - {metric: overshoot, level: [0.5, 1], near: [1, 2], atol: 1e-3}
  - {metric: settling_step, of: adamw, below: 100, at: 1}
  - {metric: weight_norm, above: {of: adamw, times: 0.5}, xfail: known}
  - {metric: half_life, near: theory}
  - {metric: total_shrink, between: [0, 1e0]}
  - {metric: status, equals: finished}
  - {metric: maximum, finite: false}
"""
    first, second, third, fourth, fifth, sixth, seventh = load(changed(more=more)).expect
    assert first.parameters == {"level": (0.5, 1.0)}
    assert (first.near, first.of) == ((1.0, 2.0), None)
    assert second.parameters == {"target": None, "within": 0.05}
    assert (second.below, second.at) == (100.0, 1)
    assert third.above is not None
    assert third.above.of == "adamw"  # type: ignore[union-attr]
    assert third.above.times == 0.5  # type: ignore[union-attr]
    assert third.xfail == "known"
    assert (fourth.near, fourth.comparison) == ("theory", "near")
    assert fifth.between == (0.0, 1.0)
    assert sixth.equals == "finished"
    assert (seventh.finite, seventh.comparison) == (False, "finite")


def test_tolerances() -> None:
    def tolerance(text: str) -> float:
        return load(changed(more=f"expect: [{{metric: weight_norm, near: -10, {text}}}]\n")).expect[0].tolerance(-10.0)

    assert tolerance("rtol: 1e-2") == 0.1
    assert tolerance("atol: 1e-3") == 1e-3
    assert tolerance("atol: 1, rtol: 1") == 11.0
    assert tolerance("") == 1e-9 * 10
    assert tolerance("rtol: 0.0") == 0.0
    assert tolerance("atol: 0") == 0.0
    assert load(changed(more="expect: [{metric: weight_norm, above: 1}]\n")).expect[0].tolerance(5.0) == 0.0


def test_json_is_yaml() -> None:
    text = '{"version": 1, "landscape": {"kind": "plateau"},\n\t"start": [1], "steps": 1,\n"optimizers": {"adamw": {"lr": 1}}}'
    assert load(text.replace("\t", " ")).start == (1.0,)
    assert math.isclose(load(BASE).start[0], 0.1)
