"""Composites against landscapes of their own, against automatic differentiation, and what is refused, with its place."""

from __future__ import annotations

import json
import math
from typing import Any

import jsonschema
import numpy as np
import pytest

from adamw_cli import registry, simulate_batch
from adamw_cli.engine.run import gradient_at
from adamw_cli.errors import ScenarioError
from adamw_cli.scenario.load import load_text
from adamw_cli.scenario.schema import schema
from tests.batches import LANDSCAPES, batch, complete, examples, plain_gradient
from tests.landscapes.test_references import LOSSES, _each, needs_jax

SPEC = registry.load("landscapes", "composite").SPEC
MODULE = registry.load("landscapes", "composite")
TIMES = (1, 6, 7, 12, 13, 40)


def values(**given: Any) -> dict[str, Any]:
    return complete(SPEC, given)


def gradient(w: np.ndarray, t: int, place: dict[str, Any]) -> np.ndarray:
    return gradient_at(batch("adam", "composite", place, w), w, t)


def one(kind: str) -> dict[str, Any]:
    """The first coordinate of the example that a landscape declares, as a part."""
    given = examples(kind)[0][1]
    return {"kind": kind, **{name: value[0] if isinstance(value, tuple) else value for name, value in given.items()}}


PARTS = tuple(one(kind) for kind in registry.parts())


def test_parts_of_a_sum_are_the_landscapes_that_they_name() -> None:
    start = np.linspace(-0.7, 1.3, 3 * len(PARTS)).reshape(len(PARTS), 3)
    settings = {"hyperparameters": {"lr": 0.05, "weight_decay": 0.1}, "every": 1}
    together = simulate_batch("adamw", {"kind": "composite", "parts": PARTS}, start, 200, **settings).w
    for i, part in enumerate(PARTS):
        alone = simulate_batch("adamw", part, start[i : i + 1], 200, **settings).w
        np.testing.assert_allclose(together[:, i], alone[:, 0], rtol=1e-12, atol=1e-14, err_msg=part["kind"])


@pytest.mark.parametrize("q", [1.0, 2.5])
def test_every_part_has_a_loss_for_norms(q: float) -> None:
    d = len(PARTS)
    place = values(parts=PARTS, norm=q, rotation=15.0)
    w = np.random.default_rng(2).normal(size=(d, 40))
    for t in (1, 30):
        g = gradient(w, t, place)
        plain = plain_gradient(MODULE.lower(d, place), w[:, :3].copy(), t)
        np.testing.assert_allclose(g[:, :3], plain, rtol=1e-12, atol=1e-13)
        for i in range(d):
            shift = np.zeros((d, 1))
            shift[i] = 1e-6
            slope = (MODULE.value((w + shift).T, t, place) - MODULE.value((w - shift).T, t, place)) / 2e-6
            np.testing.assert_allclose(g[i], slope, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", registry.names("landscapes"))
def test_what_is_declared_a_part_can_be_one(kind: str) -> None:
    module = registry.load("landscapes", kind)
    d, given = LANDSCAPES[kind][0]
    if module.SPEC.part:
        form = module.lower(1, complete(module.SPEC, {k: v for k, v in one(kind).items() if k != "kind"}))
        assert module.SPEC.min_dimension == 1
        assert form.separable
        assert form.height is not None
        assert form.box is None
    else:
        form = module.lower(d, given)
        assert not form.separable or form.height is None or form.box is not None or module.SPEC.min_dimension > 1


def _turn(d: int, degrees: float) -> np.ndarray:
    """Turns in neighbouring planes, each by the axis vectors that it moves."""
    a, found = math.radians(degrees), np.eye(d)
    for i in range(d - 1):
        turned = found.copy()
        turned[:, i] = math.cos(a) * found[:, i] + math.sin(a) * found[:, i + 1]
        turned[:, i + 1] = -math.sin(a) * found[:, i] + math.cos(a) * found[:, i + 1]
        found = turned
    return found


MORE = {
    "slope": _each(lambda np_, x, p: p("gradient") * x),
    "quadratic": _each(lambda np_, x, p: p("curvature") * x**2 / 2),
}


@needs_jax
@pytest.mark.parametrize("index", range(len(examples("composite"))))
def test_losses_and_gradients_against_automatic_differentiation(index: int) -> None:
    import jax

    d, place = LANDSCAPES["composite"][index]
    w = np.random.default_rng(8).normal(scale=1.5, size=(d, 100))
    R, v = _turn(d, place["rotation"]), np.broadcast_to(place["drift"], (d,))
    for t in TIMES:
        turn = place["others"] is not None and (t - 1) // place["switch_every"] % 2 == 1
        parts = place["others"] if turn else place["parts"]

        def loss(point: Any, t: int = t, parts: Any = parts) -> Any:
            y = R.T @ (point - (t - 1) * v)
            each = [(LOSSES | MORE)[part["kind"]](jax.numpy, y[i : i + 1], part) for i, part in enumerate(parts)]
            return (
                sum(each)
                if place["norm"] is None
                else sum(abs(f) ** place["norm"] for f in each) ** (1 / place["norm"])
            )

        with jax.enable_x64(True):
            found = jax.vmap(jax.value_and_grad(loss))(jax.numpy.asarray(w.T))
            height, slope = (np.array(part) for part in found)
        for i in range(0, d - 1, 2):
            x, y = slope[:, i].copy(), slope[:, i + 1].copy()
            slope[:, i], slope[:, i + 1] = x - place["curl"] * y, y + place["curl"] * x
        np.testing.assert_allclose(MODULE.value(w.T, np.full(100, t), place), height, rtol=1e-12)
        np.testing.assert_allclose(gradient(w, t, place), slope.T, rtol=1e-10, atol=1e-12)


def test_a_rotated_bowl_is_the_rotated_quadratic() -> None:
    place = values(parts=({"kind": "quadratic", "curvature": 1.0, "center": 0.0}, {"kind": "quadratic", "curvature": 20.0, "center": 0.0}), rotation=30.0)  # fmt: skip
    w = np.random.default_rng(4).normal(size=(2, 30))
    bowl = complete(
        registry.load("landscapes", "quadratic").SPEC, {"curvature": (1.0, 20.0), "center": 0.0, "rotation": 30.0}
    )
    np.testing.assert_allclose(
        gradient(w, 1, place), gradient_at(batch("adam", "quadratic", bowl, w), w, 1), rtol=1e-12
    )


def test_the_curl_of_a_round_bowl_turns_the_weights() -> None:
    bowl = {"kind": "quadratic", "curvature": 1.0, "center": 0.0}
    w = np.random.default_rng(4).normal(size=(3, 30))
    g = gradient(w, 1, values(parts=(bowl, bowl, bowl), curl=0.25))
    np.testing.assert_allclose(g, w + 0.25 * np.stack([-w[1], w[0], np.zeros(30)]), rtol=1e-13)
    assert not SPEC.conservative(values(parts=(bowl, bowl), curl=0.25))


@pytest.mark.parametrize("q", [2.0, 20.0, 400.0])
@pytest.mark.parametrize("scale", [1e-200, 1e-20, 1.0, 1e20, 1e200])
def test_a_norm_scales_with_its_parts_whatever_their_size(q: float, scale: float) -> None:
    """The norm of (3, -4, 4) is 4 (2 + (3/4)^q)^(1/q), and its slopes are (|f_i|/f)^(q-1), at every size at which the parts have one."""
    place = values(parts=({"kind": "abs", "center": 0.0},) * 3, norm=q)
    w = scale * np.array([[3.0], [-4.0], [4.0]])
    whole = (2.0 + 0.75**q) ** (1.0 / q)
    shares = np.array([[0.75], [1.0], [1.0]]) / whole
    np.testing.assert_allclose(MODULE.value(w.T, np.ones(1), place), scale * 4.0 * whole, rtol=1e-13)
    np.testing.assert_allclose(gradient(w, 1, place), np.sign(w) * shares ** (q - 1.0), rtol=1e-12)


def test_a_norm_is_zero_where_every_part_is() -> None:
    place = values(parts=({"kind": "abs", "center": 0.0},) * 2, norm=3.0)
    w = np.array([[0.0, 0.0], [0.0, 2.0]])
    assert MODULE.value(w.T, np.ones(2), place).tolist() == [0.0, 2.0]
    assert gradient(w, 1, place).tolist() == [[0.0, 0.0], [0.0, 1.0]]


def test_a_norm_of_one_is_the_sum_where_nothing_is_negative() -> None:
    parts = ({"kind": "abs", "center": 0.7}, {"kind": "gaussian_well", "center": -1.0})
    w = np.random.default_rng(4).normal(size=(2, 30))
    np.testing.assert_allclose(gradient(w, 1, values(parts=parts, norm=1.0)), gradient(w, 1, values(parts=parts)), rtol=1e-13)  # fmt: skip


def test_parts_take_turns_and_move() -> None:
    up, down = {"kind": "slope", "gradient": 1.0}, {"kind": "slope", "gradient": -2.0}
    w = np.zeros((1, 1))
    switching = values(parts=(up,), others=(down,), switch_every=3)
    assert [gradient(w, t, switching).item() for t in range(1, 11)] == [1.0] * 3 + [-2.0] * 3 + [1.0] * 3 + [-2.0]
    moving = values(parts=({"kind": "quadratic", "curvature": 1.0, "center": 0.5},), drift=0.25)
    assert [gradient(w, t, moving).item() for t in (1, 2, 11)] == [-0.5, -0.75, -3.0]


def test_minimisers() -> None:
    bowl, well = {"kind": "quadratic", "curvature": 2.0, "center": 3.0}, {"kind": "styblinski_tang"}
    lowest = registry.load("landscapes", "styblinski_tang").minimizer(1, {})[0]
    assert MODULE.minimizer(2, values(parts=(bowl, well))) == [3.0, lowest]
    assert MODULE.minimizer(2, values(parts=(bowl, bowl), rotation=90.0)) == pytest.approx([-3.0, 3.0])
    assert MODULE.minimizer(2, values(parts=(bowl, bowl), norm=2.0)) == [3.0, 3.0]
    for given in (
        {
            "parts": (bowl, well),
            "norm": 2.0,
        },  # the loss of a well is negative at its bottom, and the norm is not lowest there
        {"parts": (bowl, bowl), "drift": (0.0, 0.1)},
        {"parts": (bowl, bowl), "others": (bowl, bowl), "switch_every": 5},
        {"parts": (bowl, {"kind": "slope", "gradient": 1.0})},
        {"parts": ({**bowl, "center": 1.7e308},) * 2, "rotation": -45.0},  # beyond the largest float
    ):
        assert MODULE.minimizer(2, values(**given)) is None


TEXT = """version: 1
landscape:
  kind: composite
  parts:
    - {kind: abs, center: 0.5, slope: 2.0}
    - {kind: cliff, center: -1.0}
start: [2.0, 3.0]
steps: 9
optimizers: {adamw: {lr: 1e-2}}
"""
REFUSED = [
    ("slope: 2.0", "slop: 2.0", "S101 5:32", "did you mean 'slope'"),
    ("center: 0.5, ", "", "S102 5:7", "missing key 'center'"),
    ("slope: 2.0", "slope: -2.0", "S105 5:39", "'slope' must be > 0, found -2.0"),
    ("slope: 2.0", "slope: .nan", "S106 5:39", "'slope' must be finite"),
    ("slope: 2.0", "slope: x", "S104 5:39", "'slope' must be a number"),
    ("kind: cliff", "kind: clif", "S103 6:14", "unknown part 'clif'"),
    ("kind: cliff, center: -1.0", "kind: beale", "S103 6:14", "unknown part 'beale'"),
    ("kind: cliff", "kind: composite", "S103 6:14", "unknown part 'composite'"),
    ("kind: cliff, ", "", "S102 6:7", "missing key 'kind'"),
    ("center: -1.0", "center: [1, 2]", "S107 6:29", "'center' has 2 values, but a part has 1 coordinate"),
    ("{kind: cliff, center: -1.0}", "7", "S104 6:7", "must be a mapping with a kind, found 7"),
    ("    - {kind: cliff, center: -1.0}\n", "", "S107 5:5", "'parts' has 1 entries, but 'start' has 2"),
    ("  kind: composite\n", "  kind: composite\n  norm: 0.5\n", "S105 4:9", "'norm' must be >= 1"),
    ("  kind: composite\n", "  kind: composite\n  switch_every: 5\n", "S108 4:17", "'others' and 'switch_every' go together"),
    ("  kind: composite\n", "  kind: composite\n  switch_every: 5\n  others: [{kind: plateau}]\n", "S108 5:11", "'others' has 1"),
    ("  kind: composite\n", "  kind: composite\n  others: [{kind: plateu}]\n", "S103 4:19", "unknown part 'plateu'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "words"), REFUSED, ids=[f"{row[2]} {row[1]}" for row in REFUSED])
def test_a_mistake_in_a_part_is_shown_where_it_is(old: str, new: str, place: str, words: str) -> None:
    assert load_text(TEXT).landscape.values["parts"][1] == {
        "kind": "cliff",
        "center": -1.0,
        "slope": 1.0,
        "steepness": 10.0,
    }
    assert TEXT.count(old) == 1
    with pytest.raises(ScenarioError) as error:
        load_text(TEXT.replace(old, new))
    (problem,) = error.value.problems
    assert problem.position is not None
    assert f"{problem.code} {problem.position.line}:{problem.position.column}" == place
    assert words in f"{problem.message} {problem.hint}"


def test_mistakes_of_several_parts_are_reported_at_once() -> None:
    text = TEXT.replace("slope: 2.0", "slope: -2.0").replace("kind: cliff", "kind: clif")
    with pytest.raises(ScenarioError) as error:
        load_text(text)
    assert [problem.code for problem in error.value.problems] == ["S105", "S103"]


def test_one_coordinate_can_be_neither_turned_nor_curled() -> None:
    for name in ("rotation", "curl"):
        place = {"kind": "composite", "parts": [{"kind": "plateau"}], name: 1.0}
        with pytest.raises(ScenarioError, match=f"'{name}' needs two coordinates or more"):
            load_text(json.dumps({"version": 1, "landscape": place, "start": [1.0], "steps": 1, "optimizers": {"adam": {"lr": 1}}}))  # fmt: skip


def test_the_schema_looks_into_parts() -> None:
    validator = jsonschema.Draft7Validator(schema())
    document = {"version": 1, "start": [2.0, 3.0], "steps": 9, "optimizers": {"adamw": {"lr": 0.01}}}
    right = [{"kind": "abs", "center": 0.5}, {"kind": "plateau"}]
    assert validator.is_valid({**document, "landscape": {"kind": "composite", "parts": right}})
    assert validator.is_valid({**document, "landscape": {"kind": "composite", "parts": right, "others": None}})
    for wrong in (
        [],
        [{"kind": "beale"}],
        [{"kind": "abs"}],
        [{"kind": "abs", "center": 1, "centre": 2}],
        [7],
        7,
        None,
    ):
        assert not validator.is_valid({**document, "landscape": {"kind": "composite", "parts": wrong}})


def test_parts_can_be_set_from_a_command() -> None:
    changed = load_text(TEXT, overrides=["landscape.parts.1.steepness=3", "landscape.norm=2"])
    assert changed.landscape.values["parts"][1]["steepness"] == 3.0
    assert changed.landscape.values["norm"] == 2.0
