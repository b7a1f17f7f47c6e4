"""Whatever the text, loading it ends in a scenario or in a ScenarioError that can be printed."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from adamw_cli.errors import Problem, ScenarioError
from adamw_cli.scenario.load import decode, load_text
from tests.scenario.documents import ODD, mistaken
from tests.scenario.pieces import FULL, PIECES, mutated


def problems(text: str, overrides: Any) -> list[Problem]:
    try:
        load_text(text, "a.yaml", overrides=overrides)
    except ScenarioError as error:
        return error.problems or [Problem("", "an error without problems", "", "", None)]
    return []


def survives(text: str, overrides: Any = ()) -> None:
    for problem in problems(text, overrides):
        assert problem.code[0] == "S"
        assert problem.message
        rendered = problem.render()
        assert "\x1b" not in rendered
        rendered.encode("utf-8")
        if problem.position is not None:
            assert problem.position.line >= 1
            assert 1 <= problem.position.column <= len(problem.line_text) + 1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
@example('a: "\\UFFFFFFFF"')
@example("%YAML 1." + "9" * 5000 + "\n--- a")
@example("!<%FF> a")
@example("a: " + "9" * 5000)
@example("? " * 40)
@example("- " * 40)
def test_any_text(text: str) -> None:
    survives(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_pieces_of_yaml(text: str) -> None:
    survives(text)


@settings(max_examples=500, deadline=None)
@given(mutated())
def test_scenarios_with_pieces_put_in_or_cut_out(text: str) -> None:
    survives(text)


@settings(max_examples=300, deadline=None)
@given(mistaken())
def test_documents_with_mistakes(data: dict[str, Any]) -> None:
    survives(json.dumps(data))
    survives(json.dumps(data, ensure_ascii=False, indent=2))


_TARGETS = st.lists(st.sampled_from(["optimizers", "adamw", "lr", "expect", "0", "near", "steps", "x", "", "start", "9" * 30, "²", "\x1b"]), min_size=1, max_size=4)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_TARGETS.map(".".join), st.one_of(PIECES, st.text(max_size=10))), min_size=1, max_size=3))
def test_any_override(arguments: list[tuple[str, str]]) -> None:
    survives(FULL, [f"{target}={text}" for target, text in arguments])
    survives(FULL, [text for _, text in arguments])


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(_TARGETS.map(".".join), st.one_of(ODD, st.floats(), st.binary(max_size=2)), max_size=3))
def test_any_override_from_python(overrides: dict[str, Any]) -> None:
    survives(FULL, overrides)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=30).map(lambda t: t.encode("utf-16", "surrogatepass"))))
def test_any_bytes(raw: bytes) -> None:
    try:
        text = decode(raw, "a.yaml")
    except ScenarioError as error:
        text = str(error)
    survives(text)
