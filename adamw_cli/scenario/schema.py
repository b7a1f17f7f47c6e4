"""The JSON Schema of the scenario format, draft-07, which is what editors read.

It says what a schema can say: keys, types, ranges, kinds. What concerns several keys at once, such as lengths of lists
and names of runs, only loading a scenario checks.
"""

from collections.abc import Mapping
from typing import Any

from adamw_cli import registry
from adamw_cli.result import Data
from adamw_cli.scenario.keys import TEXT, Key, ValueForm, keys, section_schema
from adamw_cli.scenario.model import (
    COMPARISONS,
    DEFAULT_NOISE,
    MAX_NOISES,
    OUTLINE,
    TOLERANT,
    Clip,
    Defaults,
    Expectation,
    Precision,
    Record,
    parameter_keys,
)
from adamw_cli.vocabulary import REQUIRED, Metric


def _summary(package: str, name: str) -> str:
    return (registry.load(package, name).__doc__ or "").partition("\n")[0]


def _const(name: str, description: str = "", default: Any = REQUIRED) -> Key:
    return Key(ValueForm(str, {"const": name}), description, default=default)


def _kind(package: str, name: str, extra: Mapping[str, Key] = {}, implied: bool = False) -> dict[str, Any]:
    """Schema of a section with a `kind`; `implied` if it may be left out."""
    kind = _const(name, default=name if implied else REQUIRED)
    return section_schema({"kind": kind, **parameter_keys(package, name), **extra}, _summary(package, name))


def _any_of(package: str, names: list[str] | None = None) -> dict[str, Any]:
    return {"anyOf": [_kind(package, name) for name in names or registry.usable(package)]}


def _expectations() -> list[dict[str, Any]]:
    declared = keys(Expectation)
    tolerant = {"anyOf": [{"required": [comparison]} for comparison in TOLERANT]}
    chance = {"required": ["near"], "properties": {"near": {"not": {"type": "object"}}, "over": {"const": "mean"}}}
    found = []
    for name in registry.usable("metrics"):
        spec: Metric = registry.load("metrics", name).SPEC
        comparisons = ["equals", "snapshot"] if spec.text else list(COMPARISONS)
        shared = ["of", "at_step", "over", "xfail", *comparisons, *([] if spec.text else ["rtol", "atol", "z"])]
        other: dict[str, Any] = {}
        if spec.text:
            other["equals"] = TEXT.schema
        if spec.per_coordinate:
            shared.append("at")
        else:  # the first form is a list
            near = declared["near"].schema
            other["near"] = {**near, "anyOf": near["anyOf"][1:]}
        metric = _const(name, _summary("metrics", name))
        own = parameter_keys("metrics", name)
        entry = section_schema({"metric": metric, **{key: declared[key] for key in shared}, **own}, other=other)
        ties = {} if spec.text else {"dependencies": {"rtol": tolerant, "atol": tolerant, "z": chance}}
        found.append({**entry, **ties, "oneOf": [{"required": [comparison]} for comparison in comparisons]})
    return found


def schema() -> Data:
    """Return the schema, as plain data."""
    doc = {name: key.doc for name, key in OUTLINE.items()}
    shared = {name: {"$ref": f"#/definitions/{name}"} for name in ("schedule", "precision")}
    options = {name: Key(ValueForm(dict, reference), default=None) for name, reference in shared.items()} | keys(Clip)
    rules, noises = registry.usable("optimizers"), registry.usable("noises")
    named_run = {
        name: {"anyOf": [_kind("optimizers", name, options, implied=True), {"$ref": "#/definitions/run"}]}
        for name in rules
    }
    one_noise = [_kind("noises", name, implied=name == DEFAULT_NOISE) for name in noises]
    several = {"type": "array", "maxItems": MAX_NOISES, "items": _any_of("noises")}
    sections: dict[str, Any] = {
        "landscape": _any_of("landscapes"),
        **shared,
        "noise": {"description": doc["noise"], "anyOf": [*one_noise, several]},
        "optimizers": {
            "type": "object",
            "description": doc["optimizers"],
            "minProperties": 1,
            "propertyNames": {"minLength": 1},
            "properties": named_run,
            "additionalProperties": {"$ref": "#/definitions/run"},
        },
        "record": section_schema(keys(Record), doc["record"]),
        "expect_all": section_schema(keys(Defaults), doc["expect_all"]),
        "expect": {"type": "array", "items": {"anyOf": _expectations()}},
    }
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "adamw scenario, version 1",
        **section_schema(OUTLINE, other=sections),
        "definitions": {
            "schedule": _any_of("schedules"),
            "precision": section_schema(keys(Precision), doc["precision"]),
            "part": _any_of("landscapes", registry.parts()),
            "run": {"anyOf": [_kind("optimizers", name, options) for name in rules]},
        },
    }
    return Data(whole)
