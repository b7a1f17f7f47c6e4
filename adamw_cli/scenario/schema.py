"""The JSON Schema of the scenario format, draft-07, which is what editors read.

It says what a schema can say: keys, types, ranges, kinds. What concerns several keys at once, such as lengths of lists
and names of runs, only loading a scenario checks.
"""

from __future__ import annotations

from typing import Any, get_args

from adamw_cli import registry
from adamw_cli.formats import FORMATS
from adamw_cli.scenario.model import COMPARISONS, DEFAULT_NOISE, MAX_NOISES, ROUNDINGS, TOLERANT, Over
from adamw_cli.scenario.values import MAX_STEPS
from adamw_cli.vocabulary import Metric, Parameter

_NUMBER: dict[str, Any] = {"type": "number"}
_TEXT: dict[str, Any] = {"type": "string"}
_TOLERANCE: dict[str, Any] = {"type": "number", "minimum": 0}
_AT = {"type": "integer", "minimum": 0, "description": "coordinate, counted from 0"}
_OVER = {"enum": list(get_args(Over)), "description": "what of the trials is compared; the mean if unset"}
_AT_STEP = {
    "type": "integer",
    "minimum": 1,
    "maximum": MAX_STEPS,
    "description": "measure as if the run ended after it",
}
_NUMBERS: dict[str, Any] = {"type": "array", "items": _NUMBER, "minItems": 1}


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """JSON Schema of a parameter."""
    bounds = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
    limits = {bounds[name]: bound for name, bound in parameter.bounds.items()}
    if parameter.kind == "parts":
        kinds: dict[str, Any] = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/part"}}
        given = kinds if parameter.required else {"default": None, "anyOf": [kinds, {"type": "null"}]}
        return {"description": parameter.doc, **given}
    names = {"int": "integer", "bool": "boolean", "run": "string"}
    one = {"type": names.get(parameter.kind, "number"), **limits}
    pair = {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
    forms = {
        "pair": [pair, {"type": "array", "items": pair, "minItems": 1}],
        "matrix": [{"type": "array", "minItems": 1, "items": {"type": "array", "items": one, "minItems": 1}}],
    }.get(parameter.kind, [one, {"type": "array", "items": one, "minItems": 1}])
    if not parameter.per_coordinate:
        forms = forms[:1]
    forms += [{"type": "null"}] if parameter.default is None else []
    default = {} if parameter.required else {"default": parameter.default}
    return {"description": parameter.doc, **default, **(forms[0] if len(forms) == 1 else {"anyOf": forms})}


def _summary(package: str, name: str) -> str:
    return (registry.load(package, name).__doc__ or "").partition("\n")[0]


def _object(properties: dict[str, Any], required: list[str], description: str = "") -> dict[str, Any]:
    about = {"description": description} if description else {}
    return {**about, "type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _parameters(parameters: tuple[Parameter, ...]) -> tuple[dict[str, Any], list[str]]:
    return {p.name: parameter_schema(p) for p in parameters}, [p.name for p in parameters if p.required]


def _kind(package: str, name: str, extra: dict[str, Any] | None = None, implied: bool = False) -> dict[str, Any]:
    """Schema of a section with a `kind`; `implied` if it may be left out."""
    properties, required = _parameters(registry.load(package, name).SPEC.parameters)
    properties = {"kind": {"const": name}, **properties, **(extra or {})}
    return _object(properties, required if implied else ["kind", *required], _summary(package, name))


def _any_of(package: str, names: list[str] | None = None) -> dict[str, Any]:
    return {"anyOf": [_kind(package, name) for name in names or registry.usable(package)]}


def _expectations() -> list[dict[str, Any]]:
    reference = _object({"of": _TEXT, "times": _NUMBER}, ["of"], "the same metric of another run, times a factor")
    bound = {"anyOf": [_NUMBER, reference]}
    several = [_NUMBERS, {"const": "theory"}, _NUMBER, reference]
    comparisons: dict[str, dict[str, Any]] = {
        "near": {"anyOf": several, "description": "equal within rtol and atol"},
        "above": {**bound, "description": "greater than"},
        "below": {**bound, "description": "less than"},
        "between": {
            "type": "array",
            "items": _NUMBER,
            "minItems": 2,
            "maxItems": 2,
            "description": "bounds, inclusive",
        },
        "equals": {**_NUMBER, "description": "exactly equal"},
        "finite": {"type": "boolean", "description": "whether it has a value"},
        "snapshot": {"const": True, "description": "equal to the stored value within rtol and atol"},
    }
    tolerances: dict[str, Any] = {
        "rtol": {"type": "number", "minimum": 0, "description": "relative tolerance of near and snapshot"},
        "atol": {"type": "number", "minimum": 0, "description": "absolute tolerance of near and snapshot"},
        "z": {
            "type": "number",
            "minimum": 0,
            "description": "standard errors of the mean over trials that near allows",
        },
    }
    every: dict[str, Any] = {
        "of": {"type": "string", "description": "the run"},
        "at_step": _AT_STEP,
        "over": _OVER,
        "xfail": {"type": "string", "minLength": 1, "description": "why this is known to fail"},
    }
    found = []
    for name in registry.usable("metrics"):
        spec: Metric = registry.load("metrics", name).SPEC
        own, required = _parameters(spec.parameters)
        words = {"equals": _TEXT, "snapshot": comparisons["snapshot"]}
        allowed: dict[str, Any] = words if spec.text else {**comparisons, **tolerances}
        if spec.per_coordinate:
            allowed["at"] = _AT
        elif not spec.text:
            allowed["near"] = {**allowed["near"], "anyOf": several[1:]}
        about = {"const": name, "description": _summary("metrics", name)}
        entry = _object({"metric": about, **every, **allowed, **own}, ["metric", *required])
        made = [{"required": [comparison]} for comparison in COMPARISONS if comparison in allowed]
        tolerant = {"anyOf": [{"required": [comparison]} for comparison in TOLERANT]}
        chance = {"required": ["near"], "properties": {"near": {"not": {"type": "object"}}, "over": {"const": "mean"}}}
        ties = {} if spec.text else {"dependencies": {"rtol": tolerant, "atol": tolerant, "z": chance}}
        found.append({**entry, **ties, "oneOf": made})
    return found


def schema() -> dict[str, Any]:
    """Return the schema as plain data."""
    limit = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}
    options: dict[str, Any] = {
        **{name: {"$ref": f"#/definitions/{name}"} for name in ("schedule", "precision")},
        "clip_norm": {**limit, "description": "largest norm of a gradient over all coordinates"},
        "clip_value": {**limit, "description": "largest size of a gradient's coordinate"},
    }
    rules = registry.usable("optimizers")
    other_run = {"anyOf": [_kind("optimizers", name, options) for name in rules]}
    named_run = {
        name: {"anyOf": [_kind("optimizers", name, options, implied=True), {"$ref": "#/definitions/run"}]}
        for name in rules
    }
    steps = {"type": "integer", "minimum": 1, "maximum": MAX_STEPS}
    properties: dict[str, Any] = {
        "version": {"const": 1, "description": "version of the format"},
        "name": {"type": "string", "minLength": 1, "description": "default: the file's stem"},
        "description": _TEXT,
        "tags": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "landscape": _any_of("landscapes"),
        "start": {**_NUMBERS, "description": "weights at step 0; their number is the dimension"},
        "steps": steps,
        "seed": {
            "type": "integer",
            "minimum": 0,
            "description": "where noise and stochastic rounding start; without them it changes nothing",
        },
        "trials": {
            "type": "integer",
            "minimum": 1,
            "description": "independent draws; more than 1 needs noise or stochastic rounding",
        },
        "schedule": {"$ref": "#/definitions/schedule"},
        "antithetic": {
            "type": "boolean",
            "description": "trials come in pairs, the second with the draws of the first mirrored",
        },
        "noise": {
            "description": "noise on every gradient; kinds in a list act one after another",
            "anyOf": [
                *(_kind("noises", name, implied=name == DEFAULT_NOISE) for name in registry.usable("noises")),
                {
                    "type": "array",
                    "maxItems": MAX_NOISES,
                    "items": {"anyOf": [_kind("noises", name) for name in registry.usable("noises")]},
                },
            ],
        },
        "precision": {"$ref": "#/definitions/precision"},
        "optimizers": {
            "type": "object",
            "description": "run name -> update rule; `kind` defaults to the run name",
            "minProperties": 1,
            "propertyNames": {"minLength": 1},
            "properties": named_run,
            "additionalProperties": {"$ref": "#/definitions/run"},
        },
        "record": _object(
            {
                "every": {"anyOf": [steps, {"type": "null"}], "description": "keep every so many steps in the trace"},
                "states": {"type": "boolean", "description": "keep the rule's states too"},
            },
            [],
            "trace density; metrics always see every step",
        ),
        "expect_all": _object(
            {"of": _TEXT, "rtol": _TOLERANCE, "atol": _TOLERANCE, "at": _AT, "at_step": _AT_STEP, "over": _OVER},
            [],
            "what every expectation has that does not say otherwise",
        ),
        "expect": {"type": "array", "items": {"anyOf": _expectations()}},
    }
    outline = _object(properties, ["version", "landscape", "start", "steps", "optimizers"])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "adamw scenario, version 1",
        **outline,
        "definitions": {
            "schedule": _any_of("schedules"),
            "precision": _object(
                {
                    "weights": {"enum": list(FORMATS), "description": "what weights are stored as"},
                    "state": {"enum": list(FORMATS), "description": "what the rule's averages are stored as"},
                    "rounding": {"enum": list(ROUNDINGS), "description": "of weights; states are rounded to nearest"},
                    "kahan": {
                        "type": "boolean",
                        "description": "keep what rounding takes from a weight, for its next step",
                    },
                },
                [],
                "what numbers are rounded to after each step",
            ),
            "part": _any_of("landscapes", registry.parts()),
            "run": other_run,
        },
    }
