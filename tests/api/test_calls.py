"""Whatever a caller can cause is an AdamwError that names the parameter, and a plug-in's error is the plug-in's."""

from __future__ import annotations

import inspect
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import adamw_cli
from adamw_cli import AdamwError, UsageError
from adamw_cli.errors import PluginError
from tests.cli.terminal import GOOD
from tests.plugins.test_errors import BROKEN_METRIC

FUNCTIONS = [name for name in adamw_cli.__all__ if isinstance(getattr(adamw_cli, name), FunctionType)]
NEEDED: dict[str, Any] = {
    "scenario": "plateau", "paths": "plateau", "name": "cosine", "kind": "metrics", "path": "nowhere.py", "text": "",
    "optimizer": "adamw", "landscape": {"kind": "plateau"}, "start": [1.0], "steps": 3, "hyperparameters": {"lr": 0.1},
}  # fmt: skip
ANYTHING = {("closed_form", "parameters"), *(("simulate_batch", name) for name in ("start", "clip_norm", "clip_value"))}
PARAMETERS = [
    (name, parameter)
    for name in FUNCTIONS
    for parameter in inspect.signature(getattr(adamw_cli, name)).parameters.values()
    if (name, parameter.name) not in ANYTHING
]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=lambda value: getattr(value, "name", value))
def test_no_parameter_takes_what_is_of_another_type(name: str, parameter: inspect.Parameter) -> None:
    called = getattr(adamw_cli, name)
    given = [p for p in inspect.signature(called).parameters.values() if p.default is p.empty and p.name in NEEDED]
    values = {p.name: NEEDED[p.name] for p in given}
    word = "warmup_steps" if parameter.kind is parameter.VAR_KEYWORD else parameter.name
    for wrong in (object(), [object()], [[[None]]], {3: 4}):
        first = [wrong] if parameter.kind is parameter.POSITIONAL_ONLY else []
        with pytest.raises(UsageError, match=rf"^`{word}` must be an? "):
            called(*first, **{**values, **({} if first else {word: wrong})})


BATCH: dict[str, Any] = {n: NEEDED[n] for n in ("optimizer", "landscape", "start", "steps", "hyperparameters")}


def batch(**changes: Any) -> Callable[[], object]:
    return lambda: adamw_cli.simulate_batch(**{**BATCH, **changes})


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: adamw_cli.simulate(3), "`scenario` must be a Scenario or a text or a path, not 3\n  give another `scenario`"),
        (lambda: adamw_cli.simulate("plateau", threads="x"), "`threads` must be a whole number of at least 0 or None, not 'x'"),
        (lambda: adamw_cli.simulate("plateau", threads=True), "`threads` must be a whole number of at least 0 or None, not True"),
        (lambda: adamw_cli.check("plateau", jobs=-1), "`jobs` must be a whole number of at least 0, not -1"),
        (lambda: adamw_cli.check("plateau", timeout=math.nan), "`timeout` must be a number of at least 0, not nan"),
        (lambda: adamw_cli.check("plateau", strict="no"), "`strict` must be a bool, not 'no'"),
        (lambda: adamw_cli.check(iter(["plateau", 3])), "`paths` must be a text or a path or a list of texts or paths, not "),
        (lambda: adamw_cli.check({3}), "`paths` must be a text or a path or a list of texts or paths, not {3}"),
        (lambda: adamw_cli.decay(start=3.0), "`start` must be a list of numbers or None, not 3.0"),
        (lambda: adamw_cli.decay(start="1"), "`start` must be a list of numbers or None, not '1'"),
        (lambda: adamw_cli.decay(start=[10**400]), "`start` must be a list of numbers or None, not [1000"),
        (lambda: adamw_cli.decay(warmup_steps="1"), "`warmup_steps` must be a number or None, not '1'"),
        (lambda: adamw_cli.cache(3), "`action` must be a text, not 3"),
        (lambda: adamw_cli.half_life(lr=np.float32), "`lr` must be a number or None, not <class 'numpy.float32'>"),
        (lambda: adamw_cli.simulate(), "simulate: missing a required argument: 'scenario'"),
        (lambda: adamw_cli.simulate("plateau", step=3), "simulate: got an unexpected keyword argument 'step'"),
        (batch(hyperparameters={...}), "`hyperparameters` must be a dict, not {Ellipsis}"),
        (batch(hyperparameters={"lr": 10**400}), "'lr' does not broadcast to (d, lanes) = (1, 1): int too large"),
        (batch(steps=1.5), "`steps` must be a whole number of at least 1, not 1.5"),
        (batch(every=-1), "`every` must be a whole number of at least 0, not -1"),
        (batch(start=["a"]), "`start` must be an array of numbers: could not convert string to float: 'a'"),
        (batch(start=[10**400]), "`start` must be an array of numbers: int too large"),
        (lambda: adamw_cli.init("\0/a.yaml"), "\0/a.yaml cannot be written: "),
        (lambda: adamw_cli.conform(trajectory="\0"), "\0: not a CSV file in UTF-8: "),
        (lambda: adamw_cli.convert().to_text([]), "`format` must be a text, not []"),
        (lambda: adamw_cli.simulate("plateau", steps=3).plot(3), "`path` must be a text or a path, not 3"),
        (lambda: adamw_cli.simulate("plateau", steps=3).write_trace(3), "`path` must be a text or a path, not 3"),
        (lambda: adamw_cli.simulate("plateau", steps=3).write_trace("\0.csv"), "`trace` \0.csv: cannot be written: "),
        (lambda: adamw_cli.simulate("plateau", steps=3).theory_path("adamX", [1]), "there is no run 'adamX'"),
        (lambda: adamw_cli.simulate("plateau", steps=3)["adamw"].row([]), "the run 'adamw' has no row '[]'"),
    ],
)  # fmt: skip
def test_what_a_caller_can_cause_is_an_error_of_ours(call: Callable[[], object], said: str) -> None:
    with pytest.raises(AdamwError) as caught:
        call()
    assert str(caught.value).startswith(said)


def test_numbers_and_lists_of_others_are_taken_for_those_of_python() -> None:
    one = adamw_cli.decay(start=np.array([0.5, 1.0]), lr=np.float32(1e-3), steps=np.int64(5))  # type: ignore[arg-type]
    assert one.to_dict() == adamw_cli.decay(start=[0.5, 1.0], lr=float(np.float32(1e-3)), steps=5).to_dict()
    assert adamw_cli.decay(start=(w for w in (0.5, 1.0)), steps=5).to_dict()["runs"]  # type: ignore[arg-type]
    assert adamw_cli.collect(iter(["plateau"]), last_failed=np.bool_(False)).items  # type: ignore[arg-type]


def test_errors_of_a_function_that_is_given_are_its_own_and_functions_can_be_sent_elsewhere() -> None:
    def progress(done: int, of: int) -> None:
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        adamw_cli.simulate("plateau", steps=3, progress=progress)
    assert pickle.loads(pickle.dumps(adamw_cli.half_life)) is adamw_cli.half_life


def test_an_exception_of_a_plug_in_names_it(tmp_path: Path) -> None:
    plugin, scenario = tmp_path / "broken_metric.py", tmp_path / "s.yaml"
    plugin.write_text(BROKEN_METRIC)
    scenario.write_text(GOOD + "  - {metric: broken_metric, below: 1}\n")
    adamw_cli.load_plugin(plugin)
    with pytest.raises(PluginError) as caught:
        adamw_cli.simulate(scenario)
    assert caught.value.message.startswith(f"plug-in {plugin}:9: AttributeError: ")
    assert isinstance(caught.value.__cause__, AttributeError)
