"""Every command has a function: same name, same parameters, same defaults, same answer."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections import Counter
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import typer

import adamw_cli
from adamw_cli.calculators.clock import schedule_parameters
from adamw_cli.cli.app import build
from tests.cli.terminal import run

PACKAGE = Path(adamw_cli.__file__).parent
GROUP: Any = typer.main.get_command(build(terminal=False))
# Commands whose function has another name, and those without one.
RENAMED = {"list": "listing", "theory": "closed_form"}  # `list` is Python's, `theory` a package
COMMAND_LINE_ONLY = {"config"}  # about the settings of the command line itself
# Options that decide what is loaded before (`load_plugin`) and what runs it (ADAMW_ENGINE), how a result is printed, where it
# goes, and what becomes of its exit code.
OUTPUT = {"plugin", "engine", "format", "json", "plot", "trace", "report", "durations", "exit-zero", "allow-empty"}
# Options that have another name or a function of their own in Python.
ELSEWHERE = {
    ("convert", "from"): "source",  # `from` is a keyword
    ("convert", "to"): "target",
    ("check", "collect-only"): "collect",
    ("conform", "export-probe"): "exported_probes",
    ("conform", "force"): "exported_probes",  # it is about the file of those
    (
        "reproduce",
        "all",
    ): "papers",  # without names `reproduce` runs all; the gallery that the command lists is `papers`
}
DRAWN = {"simulate", "decay", "overshoot", "critical-lambda"}  # `force` is about files that methods of the result write


def function(command: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(adamw_cli, RENAMED.get(command, command.replace("-", "_")))
    return found


def options(command: str) -> dict[str, Any]:
    """Flag without dashes -> the option, of those that say what is asked."""
    found = {
        max(p.opts, key=len).lstrip("-"): p for p in GROUP.commands[command].params if p.param_type_name == "option"
    }
    left = OUTPUT | ({"force"} if command in DRAWN else set())
    return {flag: option for flag, option in found.items() if flag not in left}


def keywords(called: Callable[..., Any]) -> dict[str, Any]:
    """Name -> default of every keyword argument, those of schedules among them."""
    found: dict[str, Any] = {}
    for parameter in inspect.signature(called).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            found |= dict.fromkeys(schedule_parameters() if parameter.name == "schedule_parameters" else ())
        else:
            found[parameter.name] = parameter.default
    return found


def plain(default: Any) -> Any:
    value = default.value if isinstance(default, Enum) else default
    return None if value in ((), []) else value


@pytest.mark.parametrize("command", sorted(GROUP.commands.keys() - COMMAND_LINE_ONLY))
def test_every_option_is_a_keyword_argument_with_the_same_default(command: str) -> None:
    known = keywords(function(command))
    for flag, option in options(command).items():
        name = ELSEWHERE.get((command, flag), flag.replace("-", "_"))
        if name in adamw_cli.__all__:
            continue
        assert name in known, f"{command} --{flag}"
        assert plain(known[name]) == plain(option.default), f"{command} --{flag}"


def test_exceptions_are_needed() -> None:
    assert GROUP.commands.keys() >= RENAMED.keys() | COMMAND_LINE_ONLY | DRAWN
    for command, flag in ELSEWHERE:
        assert flag in options(command)


EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
# A command line, and the call that says the same; what the two answer.
CALLS: dict[str, tuple[list[str], Callable[[], Any]]] = {
    "simulate": (["box", "--steps", "50"], lambda: adamw_cli.simulate("box", steps=50)),
    "half-life": (
        ["--lr", "1e-3", "--steps", "90", "--schedule", "wsd", "--decay-steps", "9"],
        lambda: adamw_cli.half_life(lr=1e-3, steps=90, schedule="wsd", decay_steps=9),
    ),
    "convert": (["--from", "keras", "--weight-decay", "0.1"], lambda: adamw_cli.convert("keras", weight_decay=0.1)),
    "defaults": (["adamw", "--lr", "3e-4"], lambda: adamw_cli.defaults("adamw", lr=3e-4)),
    "decay": (
        ["--start", "0.1", "--steps", "300", "--schedule", "cosine", "--warmup-steps", "9"],
        lambda: adamw_cli.decay(start=[0.1], steps=300, schedule="cosine", warmup_steps=9),
    ),
    "overshoot": (["--flip-at", "90", "--beta1", "0.8"], lambda: adamw_cli.overshoot(flip_at=90, beta1=0.8)),
    "critical-lambda": (["--pulse-steps", "9"], lambda: adamw_cli.critical_lambda(pulse_steps=9)),
    "theory": (
        ["half_life", "--lr", "1e-3", "--weight-decay", "0.1"],
        lambda: adamw_cli.closed_form("half_life", lr=1e-3, weight_decay=0.1),
    ),
    "claims": ([], lambda: adamw_cli.claims()),
    "reproduce": (["cohen-2022"], lambda: adamw_cli.reproduce("cohen-2022")),
    "conform": (
        [str(EXAMPLES / "adamw.py:adamw"), "--reference", "keras"],
        lambda: adamw_cli.conform(str(EXAMPLES / "adamw.py:adamw"), reference="keras"),
    ),
    "check": (["plateau", "-k", "half_life"], lambda: adamw_cli.check("plateau", keyword="half_life")),
    "validate": (["plateau", "nothing"], lambda: adamw_cli.validate(["plateau", "nothing"])),
    "list": (["metrics"], lambda: adamw_cli.listing("metrics")),
    "doctor": ([], lambda: adamw_cli.doctor()),
    "cache": ([], lambda: adamw_cli.cache()),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", CALLS)
def test_the_function_answers_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    if command == "cache":  # others fill the one that they share
        monkeypatch.setattr("adamw_cli.engine.private.kernels", list)
    arguments, call = CALLS[command]
    call()  # compiles, which `doctor` would count
    result = call()
    assert result.to_dict() == json.loads(run(capsys, command, *arguments, "--format", "json").out)
    assert isinstance(result, adamw_cli.Result)
    assert len(repr(result)) < 500
    for form in ("csv", "markdown"):
        if command != "validate":  # which has neither
            assert result.to_text(form) == run(capsys, command, *arguments, "--format", form).out
    shown = result._repr_html_()
    assert shown.count("<table>") == shown.count("</table>") > 0
    with pytest.raises(AttributeError):  # frozen
        result.anything = 1
    with pytest.raises(adamw_cli.UsageError, match="no format 'yaml'"):
        result.to_text("yaml")


def test_functions_without_a_format_answer_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert json.loads(run(capsys, "show", "cosine", "--json").out) == adamw_cli.show("cosine").to_dict()
    assert adamw_cli.show("cosine").to_text("table") == run(capsys, "show", "cosine").out
    assert run(capsys, "schema").out == adamw_cli.schema().to_text("json")
    assert run(capsys, "conform", "--export-probe", str(tmp_path / "p.json")).code == 0
    assert (tmp_path / "p.json").read_text() == adamw_cli.exported_probes().to_text("json")
    assert adamw_cli.init().to_text("table") == str(adamw_cli.init())
    assert adamw_cli.init().to_dict() == {"text": str(adamw_cli.init())}
    for plain_data in (adamw_cli.schema(), adamw_cli.exported_probes()):
        assert json.loads(json.dumps(plain_data)) == plain_data.to_dict()
    for result in (adamw_cli.schema(), adamw_cli.exported_probes(), adamw_cli.init(), adamw_cli.closed_forms()):
        assert isinstance(result, adamw_cli.Result)
        assert len(repr(result)) < 500
        assert "<table>" in result._repr_html_()
        with pytest.raises(AttributeError):  # frozen
            result.anything = 1
    assert adamw_cli.init() == run(capsys, "init", "-").out
    assert run(capsys, "init", str(tmp_path / "a.yaml")).code == 0
    assert adamw_cli.init(tmp_path / "a.yaml", force=True) == (tmp_path / "a.yaml").read_text()
    assert run(capsys, "check", "plateau", "--collect-only", "-f", "json").out == adamw_cli.collect("plateau").to_text(
        "json"
    )
    assert run(capsys, "reproduce", "-f", "json").out == adamw_cli.papers().to_text("json")
    forms = adamw_cli.closed_forms()
    assert forms.to_dict() == json.loads(run(capsys, "theory", "-f", "json").out)
    assert forms.to_text("csv") == run(capsys, "theory", "-f", "csv").out
    assert "<testsuites" in adamw_cli.check("plateau").to_text("junit")


def files() -> list[tuple[str, ast.Module]]:
    found = [path for path in PACKAGE.rglob("*.py") if "_scenarios" not in path.parts]
    return [(path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in found]


def test_no_layer_below_the_command_line_speaks_of_flags() -> None:
    for path, tree in files():
        if path.startswith("cli/"):
            continue
        texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
        for text in texts:
            assert text.value in docstrings or not re.search(r"(?<![\w-])--[a-z]|^-[a-z]\b", text.value), (
                f"{path}:{text.lineno}"
            )


def test_no_two_public_classes_have_one_name() -> None:
    names = Counter(
        node.name
        for path, tree in files()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not path.startswith("metrics/")
    )
    assert [name for name, number in names.items() if number > 1] == []
