"""Every public function of theory/ has a door: `adamw theory NAME` says what it says and computes what it computes."""

from __future__ import annotations

import ast
import contextlib
import doctest
import inspect
import io
import json
import math
import random
import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import adamw_cli
from adamw_cli import registry
from adamw_cli.calculators import symbols
from adamw_cli.calculators.closed_forms import ClosedForm, FormOption, by_name, closed_form
from adamw_cli.errors import UsageError
from adamw_cli.vocabulary import Parameter, Schedule
from tests.cli.terminal import run

FORMS = by_name()
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))


def test_every_public_function_is_found() -> None:
    found = []
    for path in sorted((Path(adamw_cli.__file__).parent / "theory").glob("[!_]*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                found.append((path.stem, node.name))
    assert sorted((form.topic, form.function.__name__) for form in FORMS.values()) == sorted(found)


def test_only_these_need_their_module_before_them() -> None:
    """A new function needs a name of its own, so that no name that works today becomes ambiguous."""
    dotted = [name for name in FORMS if "." in name]
    assert dotted == ["constant_gradient.weight", "descent.weight", "flip.path", "frozen.path", "residual.path"]


def test_docs_name_forms_that_exist() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "theory.md").read_text(encoding="utf-8")
    topics = {form.topic for form in FORMS.values()}
    named = [pair for pair in re.findall(r"`(\w+)\.(\w+)`", text) if pair[0] in topics and pair[1] != "py"]
    assert len(named) > 5
    assert set(named) <= {(form.topic, form.function.__name__) for form in FORMS.values()}
    assert topics <= set(re.findall(r"`(\w+)\.py`", text))


def test_every_word_is_used_and_explained() -> None:
    options = [option for form in FORMS.values() for option in form.options]
    kinds = [registry.load("schedules", kind).SPEC.parameters for kind in registry.names("schedules")]
    own = {parameter.name for parameters in kinds for parameter in parameters}  # which explain themselves
    assert {option.name for option in options} - own == set(symbols.WORDS) - own
    assert not own & set(symbols.WORDS) - {"every"}
    assert all(option.meaning for option in options)


def test_a_new_schedule_needs_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    names, load = registry.names, registry.load
    power = types.SimpleNamespace(SPEC=Schedule(parameters=(Parameter("power", 1.0, "how steep it is"),)))
    monkeypatch.setattr(registry, "names", lambda kind: [*names(kind), "polynomial"])
    monkeypatch.setattr(registry, "load", lambda kind, name: power if name == "polynomial" else load(kind, name))
    assert symbols.words("half_life", "factors")["power"] == ("how steep it is", False)


SCHEDULE = """\
from adamw_cli.vocabulary import Parameter, Schedule

SPEC = Schedule(parameters=(Parameter("lr", 1.0, "a part"), Parameter("fraction", 1.0, "a part"), Parameter("power", 1.0, "steepness")))


def value(t, steps, lr, fraction, power):
    return lr * fraction * (1.0 - t / steps) ** power
"""


def test_a_schedule_that_comes_late_is_seen_and_takes_no_word_from_the_form(tmp_path: Path) -> None:
    closed_form("total_shrink", lr=1.0, weight_decay=0.1, steps=4)
    path = tmp_path / "steep.py"
    path.write_text(SCHEDULE)
    registry.load_plugin(path)
    given = {"lr": 0.5, "schedule": "steep", "steps": 4, "power": 2.0}
    answer = closed_form("total_shrink", weight_decay=0.1, **given)
    factors = [(1.0 - t / 4) ** 2 for t in range(1, 5)]
    assert answer.value == pytest.approx(math.prod(1.0 - 0.05 * factor for factor in factors))
    options = {option.name: option for option in by_name()["weight_decay_for_half_life_step"].options}
    assert (options["lr"].required, options["fraction"].default, options["power"].required) == (True, 0.5, False)
    found = closed_form("weight_decay_for_half_life_step", target_steps=2, fraction=0.9, **given).value
    assert math.prod(1.0 - 0.5 * found * factor for factor in factors[:2]) == pytest.approx(0.9)


@every_form
def test_it_says_what_it_is(form: ClosedForm) -> None:
    assert form.summary[0].isupper()
    assert form.formula
    assert form.holds_when
    assert form.source
    assert not (form.formula + form.holds_when + form.source).endswith(".")
    needed = [option.required for option in form.options]
    assert len({option.name for option in form.options}) == len(needed)


@every_form
def test_help_has_formula_condition_source_and_options(form: ClosedForm, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "theory", form.name, "--help")
    assert outcome.code == 0
    text = "".join(outcome.out.split())  # help breaks lines also behind hyphens
    for part in (form.summary, form.formula, form.holds_when, form.source):
        assert "".join(part.split()) in text
    for option in form.options:
        assert flag(option.name) in text


def flag(word: str) -> str:
    return f"--{word.replace('_', '-')}"


def example(form: ClosedForm) -> dict[str, Any]:
    """The arguments of a call in the form's doctest, which is run for that."""
    signature, found = inspect.signature(form.function), []

    def recorded(*positional: Any, **named: Any) -> Any:
        found.append(signature.bind(*positional, **named).arguments)
        return form.function(*positional, **named)

    scope = {**vars(sys.modules[form.function.__module__]), form.function.__name__: recorded}
    with contextlib.redirect_stdout(io.StringIO()):
        for case in doctest.DocTestParser().get_examples(inspect.getdoc(form.function) or ""):
            exec(compile(case.source, form.name, "single"), scope)
    return next(dict(call) for call in found if math.inf not in call.values())


def worded(form: ClosedForm, arguments: dict[str, Any]) -> dict[str, Any]:
    """The same arguments in the interface's words; of several that make one, all but one are free."""
    words: dict[str, Any] = {}
    for symbol, value in arguments.items():
        (word, *others) = symbols.words(form.topic, symbol)
        if not others:
            words[word] = value
    if "factors" in arguments:
        words |= {"schedule": "cosine", "steps": 50, "warmup_steps": 5}
    if "x" in arguments or "kappa" in arguments:
        lr = words.setdefault("lr", 1.0)
        words |= {"weight_decay": arguments["x"] / lr} if "x" in arguments else {}
        words |= {"curvature": arguments["kappa"] / lr, "denominator": 1.0} if "kappa" in arguments else {}
    if form.topic == "flip_l2":
        words |= {"weight_decay": arguments["mu"], "weight": 1.0, "gradient": 1.0}
    if "x0" in arguments:
        words |= {"beta2": 0.0, "start": arguments["x0"], "lr": 1.0}
    return words


def written(value: Any) -> str:
    """A value as an option has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return (";" if isinstance(value[0], list | tuple) else ",").join(map(written, value))
    return repr(value)


def as_json(value: Any) -> Any:
    """A value as JSON has it: names for what has names, null for what is not finite."""
    value = value._asdict() if hasattr(value, "_asdict") else value
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def command_line(words: dict[str, Any]) -> list[str]:
    return [
        text
        for word, value in words.items()
        for text in ([flag(word)] if value is True else [flag(word), written(value)])
    ]


@every_form
def test_the_command_computes_what_the_function_does(form: ClosedForm, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = example(form) if form.options else {}
    words = {word: value for word, value in worded(form, arguments).items() if value is not False}
    outcome = run(capsys, "theory", form.name, *command_line(words), "--format", "json")
    assert outcome.code == 0, outcome.err
    data = json.loads(outcome.out)
    for symbol in arguments:  # a product of words is rounded once more
        given = {word: words[word] for word in symbols.words(form.topic, symbol) if word in words}
        arguments[symbol] = symbols.value(form.topic, symbol, given) if given else arguments[symbol]
    value = form.function(**arguments)
    assert data["value"] == as_json(value)
    assert (data["note"] is None) == ("null" not in json.dumps(data["value"]))
    assert (data["format"], data["name"]) == ("adamw.theory/1", form.name)
    assert (data["formula"], data["holds_when"], data["source"]) == (form.formula, form.holds_when, form.source)
    again = closed_form(form.name, **words)
    assert again.value == value or math.isnan(value)
    assert data["parameters"] == as_json(again.parameters)


@every_form
def test_what_is_missing_unknown_or_not_finite_is_named(form: ClosedForm) -> None:
    needed = [option.name for option in form.options if option.required]
    if needed:
        with pytest.raises(UsageError, match=f"{form.name} needs {', '.join(f'`{word}`' for word in needed)}"):
            closed_form(form.name)
    with pytest.raises(UsageError, match="takes no `w_0`"):
        closed_form(form.name, w_0=1.0)
    for option in form.options:
        for value in (math.nan, math.inf, -math.inf):
            if option.kind in ("number", "whole") and option.default != value:
                with pytest.raises(UsageError, match=f"`{option.name}` must be a finite number"):
                    closed_form(form.name, **{option.name: value})
            elif option.kind == "numbers":
                with pytest.raises(UsageError, match=f"`{option.name}` must be a finite number"):
                    closed_form(form.name, **{option.name: [1.0, value]})


def some(option: FormOption, chance: random.Random) -> Any:
    """A value that may make sense or not."""
    number = chance.choice([0.0, 1.0, -1.0, 0.5, 0.9, 2.0, 1e-9, 1e9, 1e-300, 1e300])
    if option.kind == "number":
        return number
    if option.kind == "whole":
        return chance.choice([-1, 0, 1, 2, 60])
    if option.kind == "flag":
        return number > 1.0
    if option.kind == "text":
        return chance.choice(["constant", "cosine", "exponential"])
    return [
        some(FormOption("", "number" if option.kind == "numbers" else "numbers", "", True), chance) for _ in range(2)
    ]


@every_form
def test_no_number_is_a_bug(form: ClosedForm) -> None:
    chance = random.Random(form.name)
    for _ in range(60):
        words = {option.name: some(option, chance) for option in form.options}
        with contextlib.suppress(UsageError):
            closed_form(form.name, **words)
