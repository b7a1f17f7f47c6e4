"""Scenarios that are YAML and still none: each key, what it may not be, and where that is marked."""

from __future__ import annotations

import pytest

from tests.scenario.cases import changed, found, message, problems

KEYS = [
    (changed(more="stps: 3\n"), "S101 7:1 stps", "did you mean 'steps'?"),
    (changed(more="lr: 3\n"), "S101 7:1 lr", "among them: antithetic, description,"),
    (changed("1e-3}", "1e-3, weightdecay: 0}"), "S101 6:21 weightdecay", "did you mean 'weight_decay'?"),
    (changed("1e-3}", "1e-3, eps:0}"), "S101 6:21 eps:0", "a space is missing after the colon: eps: 0"),
    (changed("plateau", "plateau, slope: 1"), "S101 2:28 slope", "known: kind"),
    (changed(more="schedule: {kind: constant, warmup: 3}\n"), "S101 7:28 warmup", "'warmup_steps'"),
    (changed(more="record: {evry: 3}\n"), "S101 7:10 evry", "did you mean 'every'?"),
    (changed(more="noise: {kind: none, scale: 3}\n"), "S101 7:21 scale", "known: kind"),
    (changed(more="expect: [{metric: overshoot, above: 1, lvl: 1}]\n"), "S101 7:40 lvl", "did you mean 'level'?"),
    (changed(more="expect: [{metric: overshoot, above: 1, parameters: {}}]\n"), "S101 7:40 parameters", "known, among them: at"),
    (changed(more="expect: [{metric: overshoot, above: {of: adamw, x: 1}}]\n"), "S101 7:49 x", "known: of, times"),
    (changed("version: 1\n", ""), "S102 1:1 l", "missing key 'version'"),
    (changed("landscape: {kind: plateau}\n", ""), "S102 1:1 v", "write landscape: {kind: KIND}; known: abs"),
    (changed("start: [0.1, 100.0]\n", ""), "S102 1:1 v", "for example start: [1.0, -2.0]"),
    (changed("steps: 7000\n", ""), "S102 1:1 v", "for example steps: 1000"),
    (changed("optimizers:\n  adamw: {lr: 1e-3}\n", ""), "S102 1:1 v", "missing key 'optimizers'"),
    (changed("lr: 1e-3", ""), "S102 6:3 adamw", "missing key 'lr'"),
    (changed("kind: plateau", ""), "S102 2:1 landscape", "missing key 'kind'"),
    (changed("plateau", "slope"), "S102 2:1 landscape", "missing key 'gradient'"),
    (changed("1e-3}", "1e-3, schedule: {}}"), "S102 6:21 schedule", "missing key 'kind'"),
    (changed(more="expect: [{above: 1}]\n"), "S102 7:10 {above: 1}", "missing key 'metric'"),
    (changed(more="expect: [{metric: overshoot, above: {times: 1}}]\n"), "S102 7:30 above", "missing key 'of'"),
    (changed(more="  sgd: {lr: 1}\nexpect: [{metric: overshoot, above: 1}]\n"), "S102 8:10 {metric: overshoot, above: 1}", "the run; one of: adamw, sgd"),
    (changed("plateau", "platau"), "S103 2:19 platau", "did you mean 'plateau'?"),
    (changed("plateau", "7"), "S103 2:19 7", "unknown landscape: 7"),
    (changed("adamw", "adamw2"), "S103 6:3 adamw2", "add kind: RULE; did you mean 'adamw'?"),
    (changed("{lr", "{kind: Adam, lr"), "S103 6:17 Adam", "did you mean 'adam'?"),
    (changed("1e-3}", "1e-3, schedule: {kind: cosin}}"), "S103 6:38 cosin", "known:"),
    (changed(more="schedule: {kind: [constant]}\n"), "S103 7:18 [constant]", "unknown schedule: a list"),
    (changed(more="noise: {kind: gausian, sigma: 1}\n"), "S103 7:15 gausian", "did you mean 'gaussian'?"),
    (changed(more="noise: {kind: gaussian}\n"), "S102 7:1 noise", "standard deviation"),
    (changed(more="noise: {kind: [none]}\n"), "S103 7:15 [none]", "unknown noise: a list"),
    (changed(more="expect: [{metric: halflife, above: 1}]\n"), "S103 7:19 halflife", "did you mean 'half_life'?"),
    (changed(more="expect: [{metric: {a: 1}, above: 1}]\n"), "S103 7:19 {a: 1}", "unknown metric a mapping"),
]  # fmt: skip

TYPES = [
    (changed("1\n", "2\n"), "S111 1:10 2", "write version: 1"),
    (changed("1\n", '"1"\n'), 'S111 1:10 "1"', "'version' must be 1, found the text '1'"),
    (changed("1\n", "true\n"), "S111 1:10 true", "found the boolean true"),
    (changed("{kind: plateau}", "plateau"), "S104 2:12 plateau", "write landscape: {kind: plateau}"),
    (changed("{kind: plateau}", "[plateau]"), "S104 2:12 [plateau]", "must be a mapping, found a list"),
    (changed("\n  adamw: {lr: 1e-3}", "\n  - {kind: adamw, lr: 1e-3}"), "S104 6:3 - {kind: adamw, lr: 1e-3}", "the name of each run before its rule"),
    (changed("{lr: 1e-3}", "1e-3"), "S104 6:10 1e-3", "must be a mapping of hyperparameters, found 0.001"),
    (changed("{lr: 1e-3}", ""), "S104 6:3 adamw", "found nothing"),
    (changed("adamw", '""'), 'S104 6:3 ""', "the name of a run must not be empty"),
    (changed("adamw", '"a\\tb"'), 'S104 6:3 "a\\tb"', "cannot be printed: 'a\\tb'"),
    (changed("1e-3", ""), "S104 6:11 lr", "'lr' has no value"),
    (changed("1e-3", "null"), "S104 6:11 lr", "'lr' has no value"),
    (changed("1e-3}", "1e-3, betas: 0.9}"), "S104 6:28 0.9", "for example [0.9, 0.999]"),
    (changed("1e-3}", "1e-3, betas: [[0.9, 0.99], 1]}"), "S104 6:42 1", "must be a pair of numbers, found 1"),
    (changed("1e-3}", "1e-3, betas: [0.9, x]}"), "S104 6:34 x", "each value of 'betas' must be a number"),
    (changed("1e-3}", "1e-3, amsgrad: 1}"), "S104 6:30 1", "must be true or false, found 1"),
    (changed("1e-3}", "1e-3, amsgrad: yes}"), "S104 6:30 yes", "must be true or false, found the text 'yes'"),
    (changed("1e-3}", "1e-3, amsgrad: [true, false]}"), "S104 6:30 [true, false]", "found a list"),
    (changed("1e-3}", "1e-3, schedule: constant}"), "S104 6:31 constant", "write schedule: {kind: constant}"),
    (changed("7000", "1.5"), "S104 4:8 1.5", "must be a whole number, found 1.5"),
    (changed("7000", "abc"), "S104 4:8 abc", "must be a whole number, found the text 'abc'"),
    (changed("7000", "[7000]"), "S104 4:8 [7000]", "give one number, not a list"),
    (changed("[0.1, 100.0]", "0.1"), "S104 3:8 0.1", "must be a list, found 0.1"),
    (changed("[0.1, 100.0]", "[0.1, ~]"), "S104 3:14 ~", "each value of 'start' must be a number, found nothing"),
    (changed(more="name:\n"), "S104 7:1 name", "give it one, or remove the key"),
    (changed(more="tags: decay\n"), "S104 7:7 decay", "write tags: [decay]"),
    (changed(more='name: "a\\nb"\n'), 'S104 7:7 "a\\nb"', "cannot be printed"),
    (changed(more="record: 10\n"), "S104 7:9 10", "for example record: {every: 10}"),
    (changed(more="record: {states: 1}\n"), "S104 7:18 1", "must be true or false"),
    (changed(more="expect: {metric: half_life}\n"), "S104 7:9 {metric: half_life}", "each expectation starts with '- '"),
    (changed(more="expect: [half_life]\n"), "S104 7:10 half_life", "an expectation is a mapping"),
    (changed(more="noise: none\n"), "S104 7:8 none", "write noise: {kind: none}"),
    (changed(more="schedule:\n"), "S104 7:1 schedule", "'schedule' has no value"),
]  # fmt: skip

RANGES = [
    (changed("7000", "0"), "S105 4:8 0", "must be at least 1, found 0"),
    (changed("7000", "-3"), "S105 4:8 -3", "must be at least 1, found -3"),
    (changed("7000", "1e16"), "S105 4:8 1e16", "must be at most 1e15, found 1e+16"),
    (changed("1e-3", "0"), "S105 6:15 0", "'lr' must be > 0, found 0"),
    (changed("1e-3", "[1, -1e-3]"), "S105 6:19 -1e-3", "each value of 'lr' must be > 0"),
    (changed("1e-3}", "1e-3, betas: [0.9, 1]}"), "S105 6:34 1", "must be >= 0 and < 1"),
    (changed("1e-3}", "1e-3, betas: [-0.1, 0.9]}"), "S105 6:29 -0.1", "must be >= 0 and < 1"),
    (changed("1e-3}", "1e-3, betas: [[0, 0], [0, 2]]}"), "S105 6:41 2", "must be >= 0 and < 1"),
    (changed("1e-3}", "1e-3, eps: -1e-8}"), "S105 6:26 -1e-8", "must be >= 0"),
    (changed("{kind: plateau}", "{kind: gradient_flip, gradient: 1, flip_at: -1}"), "S105 2:56 -1", "must be >= 0"),
    (changed("{kind: plateau}", "{kind: rosenbrock, b: 0}"), "S105 2:34 0", "must be > 0"),
    (changed(more="schedule: {kind: constant, warmup_steps: -1}\n"), "S105 7:42 -1", "must be >= 0"),
    (changed(more="seed: -1\n"), "S105 7:7 -1", "must be at least 0"),
    (changed(more="noise: {kind: gaussian, sigma: -1}\n"), "S105 7:32 -1", "must be >= 0"),
    (changed(more="noise: {kind: mask, p: 1.5}\n"), "S105 7:24 1.5", "must be >= 0 and <= 1"),
    (changed(more="noise: [{kind: none}, {kind: mask, p: 1.5}]\n"), "S105 7:39 1.5", "must be >= 0 and <= 1"),
    (changed(more="noise: [{sigma: 1}]\n"), "S102 7:9 {sigma: 1}", "missing key 'kind'"),
    (changed(more="noise: [none]\n"), "S104 7:9 none", "a noise is a section, found the text"),
    (changed(more="noise: [" + ", ".join(["{kind: none}"] * 9) + "]\n"), "S107 7:8 [" + ", ".join(["{kind: none}"] * 9) + "]", "at most 8 entries, found 9"),
    (changed(more="noise: [{kind: delay, steps: 2.5}]\n"), "S104 7:30 2.5", "must be a whole number"),
    (changed(more="noise: [{kind: delay, steps: [1, 2, 3]}]\n"), "S107 7:30 [1, 2, 3]", "one value per coordinate"),
    (changed(more="noise: {kind: gaussian, sigma: 1}\ntrials: 1e4\nantithetic: 1\n"), "S104 9:13 1", "true or false"),
    (changed(more="noise: {kind: gaussian, sigma: 1}\ntrials: 3\nantithetic: true\n"), "S108 9:13 true", "write trials: 4"),
    (changed(more="noise: {kind: delay, steps: 1}\nantithetic: true\n"), "S108 8:13 true", "without random noise there is nothing to mirror"),
    (changed(more="noise: {kind: gaussian, sigma: 1}\ntrials: 2\nantithetic: true\nexpect: [{metric: overshoot, near: 1, z: 3}]\n"), "S108 10:42 3", "one pair has none"),
    (changed(more="noise: [{kind: mask, p: 0.5}, {kind: delay, steps: 1e4}]\ntrials: 1e4\n"), "S108 7:52 1e4", "gradients would be kept"),
    (changed(more="noise: [{kind: mask, p: 0.5}, {kind: delay, steps: 3e3}, {kind: delay, steps: 3e3}, {kind: delay, steps: 3e3}]\ntrials: 8e3\n"), "S108 7:79 3e3", "9.6e+07 gradients would be kept"),
    (changed(more="noise: {kind: gaussian, sigma: [1, 2, 3]}\n"), "S107 7:32 [1, 2, 3]", "one value per coordinate"),
    (changed(more="trials: 0\n"), "S105 7:9 0", "must be at least 1"),
    (changed(more="record: {every: 0}\n"), "S105 7:17 0", "must be at least 1"),
    (changed(more="expect: [{metric: weight_norm, near: 1, rtol: -1}]\n"), "S105 7:47 -1", "must be at least 0"),
    (changed(more="expect: [{metric: settling_step, near: 1, within: 0}]\n"), "S105 7:51 0", "must be > 0"),
    (changed("[0.1, 100.0]", "[]"), "S107 3:8 []", "'start' must not be empty"),
    (changed("\n  adamw: {lr: 1e-3}", " {}"), "S107 5:13 {}", "'optimizers' must not be empty"),
    (changed("1e-3", "[]"), "S107 6:15 []", "must not be an empty list"),
    (changed("1e-3", "[1, 2, 3]"), "S107 6:15 [1, 2, 3]", "'lr' has 3 values, but 'start' has 2 coordinates"),
    (changed("1e-3}", "1e-3, betas: [[0.9, 0.99]]}"), "S107 6:28 [[0.9, 0.99]]", "'betas' has 1 value, but"),
    (changed("1e-3}", "1e-3, betas: [0.9]}"), "S107 6:28 [0.9]", "must be a pair of numbers, found a list of 1"),
    (changed("1e-3}", "1e-3, betas: [[0, 0], [0, 0, 0]]}"), "S107 6:37 [0, 0, 0]", "found a list of 3"),
    (changed("{kind: plateau}", "{kind: slope, gradient: [1, 2, 3]}"), "S107 2:36 [1, 2, 3]", "'gradient' has 3 values"),
    (changed("{kind: plateau}", "{kind: quadratic, center: 0, matrix: [[1]]}"), "S107 2:49 [[1]]", "'matrix' has 1 row"),
    (changed(more="name: ''\n"), "S107 7:7 ''", "'name' must not be empty"),
    (changed(more="tags: [a, ' ']\n"), "S107 7:11 ' '", "each value of 'tags' must not be empty"),
    (changed(more="expect: [{metric: overshoot, near: [1]}]\n"), "S107 7:36 [1]", "'near' has 1 value, but 'start' has 2"),
    (changed(more="expect: [{metric: overshoot, above: 1, at: 2}]\n"), "S107 7:44 2", "the last one is 1"),
    (changed(more="expect: [{metric: overshoot, above: 1, level: [1]}]\n"), "S107 7:47 [1]", "'level' has 1 value"),
    (changed(more="expect: [{metric: overshoot, above: 1, xfail: ''}]\n"), "S107 7:47 ''", "must not be empty"),
]  # fmt: skip

TOGETHER = [
    (changed("{kind: plateau}", "{kind: quadratic, center: 0}"), "S108 2:1 landscape", "give either 'curvature' or 'matrix'"),
    (changed("{kind: plateau}", "{kind: quadratic, center: 0, matrix: [[1, 2], [3, 1]]}"), "S108 2:49 [[1, 2], [3, 1]]", "symmetric"),
    (changed("{kind: plateau}", "{kind: quadratic, center: 0, matrix: [[1, 2]]}"), "S108 2:49 [[1, 2]]", "must be square"),
    (changed("adamw: {lr: 1e-3}", "sgd: {lr: 1, nesterov: true}"), "S108 6:26 true", "'nesterov' needs a momentum"),
    (changed(more="noise: {kind: mask, p: 0.5}\ntrials: 1e12\n"), "S108 8:9 1e12", "fewer trials"),
    (changed(more="trials: 3\n"), "S108 7:9 3", "write trials: 1"),
    (changed(more="trials: 1e1\n"), "S108 7:9 1e1", "without noise or stochastic rounding all trials are the same run"),
    (changed("7000", "1e12", "record: {every: 1}\n"), "S108 7:17 1", "record less often"),
    (changed("7000", "1e8", "record: {every: 1, states: true}\n"), "S108 7:17 1", "8e+08 numbers, more than 5e+08"),
    (changed(more="expect: [{metric: overshoot, near: [1, .inf]}]\n"), "S106 7:40 .inf", "each value of 'near' must be finite"),
    (changed(more="expect: [{metric: overshoot, between: [2, 1]}]\n"), "S108 7:39 [2, 1]", "swap them"),
    (changed(more="expect: [{metric: overshoot, of: adam, above: 1}]\n"), "S109 7:34 adam", "did you mean 'adamw'?"),
    (changed(more="expect: [{metric: overshoot, of: adamw, near: {of: x}}]\n"), "S109 7:52 x", "there is no run 'x'"),
    (changed(more="expect: [{metric: overshoot}]\n"), "S110 7:10 {metric: overshoot}", "it has none"),
    (changed(more="expect: [{metric: overshoot, near: 1, above: 2}]\n"), "S110 7:10 {metric: overshoot, near: 1, above: 2}", "it has near and above"),
    (changed(more="expect: [{metric: overshoot, equals: 1, rtol: 1}]\n"), "S110 7:41 rtol", "'rtol' goes with 'near', not with 'equals'"),
    (changed(more="noise: {kind: gaussian, sigma: 1}\ntrials: 4\nexpect: [{metric: overshoot, above: 1, z: 3}]\n"), "S110 9:40 z", "'z' goes with 'near' a number or theory, not with 'above'"),
    (changed(more="noise: {kind: gaussian, sigma: 1}\ntrials: 4\nexpect: [{metric: overshoot, near: {of: adamw}, z: 3}]\n"), "S110 9:49 z", "not with another run"),
    (changed(more="noise: {kind: gaussian, sigma: 1}\ntrials: 4\nexpect: [{metric: overshoot, snapshot: true, z: 3}]\n"), "S110 9:46 z", "use 'rtol' or 'atol'"),
    (changed(more="noise: {kind: gaussian, sigma: 1}\ntrials: 4\nexpect: [{metric: overshoot, near: 1, over: max, z: 3}]\n"), "S110 9:50 z", "which 'max' has not"),
    (changed(more="expect: [{metric: overshoot, near: 1, z: 3}]\n"), "S108 7:42 3", "one trial has none"),
    (changed(more="expect: [{metric: overshoot, near: 1, z: -3}]\n"), "S105 7:42 -3", "must be at least 0"),
    (changed(more="expect: [{metric: weight_norm, above: 1, at: 0}]\n"), "S110 7:42 at", "one value per run"),
    (changed(more="expect: [{metric: weight_norm, near: [1, 2]}]\n"), "S110 7:38 [1, 2]", "give one number"),
    (changed(more="expect: [{metric: status, near: 1}]\n"), "S110 7:27 near", "compare it with 'equals'"),
    (changed(more="expect: [{metric: status, equals: 1}]\n"), "S104 7:35 1", "'status' is a word, found 1"),
    (changed(more="expect: [{metric: overshoot, equals: finished}]\n"), "S104 7:38 finished", "'overshoot' is a number"),
    (changed(more="expect: [{metric: overshoot, near: theorie}]\n"), "S104 7:36 theorie", "did you mean 'theory'?"),
    (changed(more="expect: [{metric: overshoot, near: '1e-3'}]\n"), "S104 7:36 '1e-3'", "write it without quotes"),
    (changed(more="expect: [{metric: overshoot, near: [1, x]}]\n"), "S104 7:40 x", "each value of 'near' must be a number"),
    (changed(more="expect: [{metric: overshoot, near: []}]\n"), "S107 7:36 []", "must not be an empty list"),
    (changed(more="expect: [{metric: overshoot, above: theory}]\n"), "S104 7:37 theory", "must be a number or {of: RUN, times: FACTOR}"),
    (changed(more="expect: [{metric: overshoot, above: [1, 2]}]\n"), "S104 7:37 [1, 2]", "give one number, not a list"),
    (changed(more="expect: [{metric: overshoot, between: [2]}]\n"), "S104 7:39 [2]", "must be a list of two numbers, found a list of 1"),
    (changed(more="expect: [{metric: overshoot, between: 2}]\n"), "S104 7:39 2", "for example [0.0, 1.0]"),
    (changed(more="expect: [{metric: overshoot, equals: true}]\n"), "S104 7:38 true", "found the boolean true"),
    (changed(more="expect: [{metric: overshoot, finite: 1}]\n"), "S104 7:38 1", "must be true or false"),
    (changed(more="expect: [{metric: overshoot, above: {of: adamw, times: x}}]\n"), "S104 7:56 x", "'times' must be a number"),
    (changed(more="expect: [{metric: overshoot, above: 1, at: 1.5}]\n"), "S104 7:44 1.5", "whole number"),
    (changed(more="expect: [{metric: overshoot, above: }]\n"), "S104 7:30 above", "'above' has no value"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "marked", "words"), KEYS + TYPES + RANGES + TOGETHER)
def test_one_mistake_is_one_problem_with_a_place_and_advice(text: str, marked: str, words: str) -> None:
    assert found(text) == [marked]
    assert words in message(text)


def test_landscapes_in_dimensions_that_they_do_not_have() -> None:
    rotated = changed("{kind: plateau}", "{kind: quadratic, curvature: 1, center: 0, rotation: 30}").replace(
        "100.0", "1, 2"
    )
    assert found(rotated) == ["S107 2:65 30"]
    assert "'rotation' is for two coordinates, 'start' has 3" in message(rotated)
    narrow = changed("{kind: plateau}", "{kind: rosenbrock}").replace(", 100.0", "")
    assert found(narrow) == ["S107 3:8 [0.1]"]
    assert "needs at least 2 coordinates, 'start' has 1" in message(narrow)


def test_schedules_longer_than_the_run() -> None:
    own = changed("1e-3}", "1e-3, schedule: {kind: cosine, warmup_steps: 7001}}")
    assert found(own) == ["S108 6:60 7001"]
    shared = changed(more="schedule: {kind: linear, warmup_steps: 1e4}\n")
    assert found(shared) == ["S108 7:40 1e4"]
    assert "is more than the 7000 steps of the run" in message(shared)
    assert found(changed(more="schedule: {kind: wsd, warmup_steps: 0, decay_steps: 7001}\n")) == ["S108 7:37 0"]


def test_all_mistakes_at_once_in_the_order_of_lines() -> None:
    text = """\
version: 2
nmae: x
landscape: {kind: slope, gradient: [1, 2, 3]}
start: [0.1, 100.0]
steps: 10
optimizers:
  adamw: {lr: -1, betas: [0.9, 1.0], eps: x}
  other: {lr: 1}
  fast: {kind: sgd, lr: 1, schedule: {kind: cosine, warmup_steps: 20}}
  none:
expect:
  - {metric: halflife, of: adamw, near: 1}
  - {metric: half_life, of: nobody, near: 1, at: 2}
  - metric: final_loss
    near: 1
    rtol: -1
  - {metric: half_life, of: fast, near: [1], rtol: 1}
trials: 0
"""
    assert found(text) == [
        "S111 1:10 2",
        "S101 2:1 nmae",
        "S107 3:36 [1, 2, 3]",
        "S105 7:15 -1",
        "S105 7:32 1.0",
        "S104 7:43 x",
        "S103 8:3 other",
        "S108 9:67 20",
        "S104 10:3 none",
        "S103 12:14 halflife",
        "S109 13:29 nobody",
        "S107 13:50 2",
        "S102 14:5 metric: final_loss",
        "S105 16:11 -1",
        "S107 17:41 [1]",
        "S105 18:9 0",
    ]


def test_as_printed() -> None:
    assert message(changed("lr: 1e-3", 'lr: "1e-3", lambda: 2')) == (
        "a.yaml:6:15: error[S104]: 'lr' must be a number, found the text '1e-3'\n"
        '    6 |   adamw: {lr: "1e-3", lambda: 2}\n'
        "      |               ^^^^^^ write it without quotes\n"
        "a.yaml:6:23: error[S101]: unknown key 'lambda'\n"
        '    6 |   adamw: {lr: "1e-3", lambda: 2}\n'
        "      |                       ^^^^^^ known: amsgrad, betas, clip_norm, clip_value, eps, kind, lr, precision, schedule, weight_decay"
    )


def test_a_fault_of_a_section_in_lines_is_marked_at_its_name() -> None:
    text = changed("{kind: plateau}", "\n  kind: quadratic\n  center: 0")
    assert found(text) == ["S108 2:1 landscape"]
    assert found(changed("{lr: 1e-3}", "\n    kind: adam")) == ["S102 6:3 adamw"]


def test_long_names_are_cut() -> None:
    assert len(problems(changed(more=f"? {'x' * 5000}\n: 1\n"))[0].message) < 80
    assert len(message(changed("plateau", "x" * 50_000))) < 800
