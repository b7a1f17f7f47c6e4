"""A scenario to make mistakes in, and what comes out of loading it, short enough for tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from adamw_cli.errors import Problem, ScenarioError
from adamw_cli.scenario.load import load_text
from adamw_cli.scenario.model import Scenario

BASE = """\
version: 1
landscape: {kind: plateau}
start: [0.1, 100.0]
steps: 7000
optimizers:
  adamw: {lr: 1e-3}
"""
Overrides = Mapping[str, Any] | Sequence[str]


def changed(old: str = "", new: str = "", more: str = "") -> str:
    """BASE with one text replaced and lines added; they start in line 7."""
    assert old in BASE
    return (BASE.replace(old, new, 1) if old else BASE) + more


def load(text: str = BASE, overrides: Overrides = ()) -> Scenario:
    return load_text(text, "a.yaml", overrides=overrides)


def problems(text: str, overrides: Overrides = ()) -> list[Problem]:
    """Every problem, in order; each must be fit to be printed."""
    try:
        load(text, overrides)
    except ScenarioError as error:
        for problem in error.problems:
            rendered = problem.render()
            assert f"error[{problem.code}]: {problem.message}" in rendered
            assert all(c.isprintable() or c in "\n\t" or unicodedata.category(c) == "Zs" for c in rendered), rendered
            assert len(max(rendered.split("\n"), key=len)) < 600
        return error.problems
    raise AssertionError("it was accepted")


def short(problem: Problem) -> str:
    """`S104 4:8 abc`: code, place, and the text above the caret."""
    if problem.position is None:
        return problem.code
    line, column, length = problem.position.line, problem.position.column, problem.position.length
    return f"{problem.code} {line}:{column} {problem.line_text[column - 1 : column - 1 + length]}".rstrip()


def found(text: str, overrides: Overrides = ()) -> list[str]:
    return [short(problem) for problem in problems(text, overrides)]


def message(text: str, overrides: Overrides = ()) -> str:
    """Everything that is printed."""
    return "\n".join(problem.render() for problem in problems(text, overrides))
