"""The JSON Schema: what loads also validates, and what a schema can see it refuses."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from adamw_cli import registry
from adamw_cli.errors import ScenarioError
from adamw_cli.scenario import find
from adamw_cli.scenario.load import load_text
from adamw_cli.scenario.schema import schema
from adamw_cli.scenario.shipped import shipped
from tests.scenario.cases import BASE, changed, found
from tests.scenario.documents import mistaken, right

VALIDATOR = jsonschema.Draft7Validator(schema())
KINDS = [(package, name) for package in ("landscapes", "optimizers", "schedules") for name in registry.names(package)]


def plain(text: str) -> Any:
    """YAML as an editor reads it: what the loader hands on, before it is checked."""
    import adamw_cli.scenario.load as module

    return module._Reader("a.yaml", text).read()


def loads(text: str) -> bool:
    try:
        load_text(text)
    except ScenarioError:
        return False
    return True


def test_it_is_a_schema_and_json() -> None:
    jsonschema.Draft7Validator.check_schema(schema())
    json.dumps(schema(), allow_nan=False)
    assert schema()["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("name", list(shipped()))
def test_shipped_scenarios_validate(name: str) -> None:
    VALIDATOR.validate(plain(find.read(shipped()[name])))
    assert find.load_scenario(name).name


def test_every_kind_and_every_parameter_is_in_it_with_a_description() -> None:
    text = json.dumps(schema())
    for package, name in KINDS:
        assert f'"const": "{name}"' in text
        for p in registry.load(package, name).SPEC.parameters:
            assert json.dumps(p.doc) in text
    for name in registry.names("metrics"):
        assert f'"const": "{name}"' in text


@settings(max_examples=300, deadline=None)
@given(right())
def test_what_loads_validates(data: dict[str, Any]) -> None:
    if loads(json.dumps(data)):
        VALIDATOR.validate(data)


@settings(max_examples=400, deadline=None)
@given(mistaken())
def test_what_loads_in_spite_of_a_change_validates(data: dict[str, Any]) -> None:
    text = json.dumps(data)
    if loads(text):
        VALIDATOR.validate(plain(text))


REFUSED = [
    changed("1\n", "2\n"),
    changed("1\n", '"1"\n'),
    changed("version: 1\n", ""),
    changed("steps: 7000\n", ""),
    changed(more="stps: 3\n"),
    changed("plateau", "platau"),
    changed("{kind: plateau}", "{}"),
    changed("{kind: plateau}", "plateau"),
    changed("plateau", "plateau, slope: 1"),
    changed("plateau", "slope"),
    changed("{kind: plateau}", "{kind: rosenbrock, b: 0}"),
    changed("7000", "0"),
    changed("7000", "1.5"),
    changed("7000", "abc"),
    changed("7000", "1e16"),
    changed("[0.1, 100.0]", "0.1"),
    changed("[0.1, 100.0]", "[]"),
    changed("[0.1, 100.0]", "[x]"),
    changed("adamw", "foo"),
    changed("adamw: {lr: 1e-3}", '"": {kind: adamw, lr: 1}'),
    changed("lr: 1e-3", ""),
    changed("1e-3", "0"),
    changed("1e-3", "'1e-3'"),
    changed("1e-3", "[]"),
    changed("1e-3", "[1, -1]"),
    changed("1e-3}", "1e-3, wd: 1}"),
    changed("1e-3}", "1e-3, betas: 0.9}"),
    changed("1e-3}", "1e-3, betas: [0.9, 1]}"),
    changed("1e-3}", "1e-3, betas: [0.9]}"),
    changed("1e-3}", "1e-3, amsgrad: 1}"),
    changed("1e-3}", "1e-3, schedule: constant}"),
    changed("1e-3}", "1e-3, schedule: {kind: constant, warmup_steps: -1}}"),
    changed("\n  adamw: {lr: 1e-3}", " {}"),
    changed("\n  adamw: {lr: 1e-3}", "\n  - {kind: adamw, lr: 1}"),
    changed(more="name: 7\n"),
    changed(more="name: ''\n"),
    changed(more="name:\n"),
    changed(more="tags: a\n"),
    changed(more="seed: -1\n"),
    changed(more="trials: 0\n"),
    changed(more="noise: {kind: gaussian}\n"),
    changed(more="record: {every: 0}\n"),
    changed(more="record: {evry: 1}\n"),
    changed(more="schedule: {kind: cosin}\n"),
    changed(more="expect: {}\n"),
    changed(more="expect: [{metric: halflife, near: 1}]\n"),
    changed(more="expect: [{near: 1}]\n"),
    changed(more="expect: [{metric: half_life}]\n"),
    changed(more="expect: [{metric: half_life, near: 1, above: 1}]\n"),
    changed(more="expect: [{metric: half_life, near: theorie}]\n"),
    changed(more="expect: [{metric: half_life, above: theory}]\n"),
    changed(more="expect: [{metric: half_life, above: {of: adamw, x: 1}}]\n"),
    changed(more="expect: [{metric: half_life, above: {times: 1}}]\n"),
    changed(more="expect: [{metric: half_life, above: 1, rtol: 1}]\n"),
    changed(more="expect: [{metric: half_life, near: 1, rtol: -1}]\n"),
    changed(more="noise: {kind: gaussian, sigma: 1}\ntrials: 4\nexpect: [{metric: half_life, above: 1, z: 1}]\n"),
    changed(
        more="noise: {kind: gaussian, sigma: 1}\ntrials: 4\nexpect: [{metric: half_life, near: {of: adamw}, z: 1}]\n"
    ),
    changed(
        more="noise: {kind: gaussian, sigma: 1}\ntrials: 4\nexpect: [{metric: half_life, near: 1, over: min, z: 1}]\n"
    ),
    changed(more="expect: [{metric: half_life, between: [1]}]\n"),
    changed(more="expect: [{metric: half_life, equals: x}]\n"),
    changed(more="expect: [{metric: half_life, near: 1, level: 1}]\n"),
    changed(more="expect: [{metric: half_life, near: 1, parameters: {}}]\n"),
    changed(more="expect: [{metric: half_life, near: }]\n"),
    changed(more="expect: [{metric: half_life, near: 1, xfail: true}]\n"),
    changed(more="expect: [{metric: half_life, near: 1, at: -1}]\n"),
    changed(more="expect: [{metric: final_loss, near: 1, at: 0}]\n"),
    changed(more="expect: [{metric: final_loss, near: [1]}]\n"),
    changed(more="expect: [{metric: status, near: 1}]\n"),
    changed(more="expect: [{metric: status, equals: 1}]\n"),
    "- 1\n",
]


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_both_refuse(text: str) -> None:
    assert found(text)
    assert not VALIDATOR.is_valid(plain(text))


def test_both_accept_the_scenario_of_which_those_are_variations() -> None:
    assert loads(BASE)
    VALIDATOR.validate(plain(BASE))
