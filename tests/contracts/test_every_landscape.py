"""What holds for every landscape; a new file in landscapes/ is covered by being there, on the examples that it declares."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine.run import gradient_at
from adamw_cli.report.catalog import show
from adamw_cli.scenario.load import load_text
from adamw_cli.vocabulary import REQUIRED
from tests.batches import LANDSCAPES, batch, examples, plain_gradient

CASES = [(name, i) for name in registry.names("landscapes") for i in range(len(LANDSCAPES[name]))]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "index"), CASES)
def test_gradient_is_the_derivative_of_value(name: str, index: int) -> None:
    d, values = LANDSCAPES[name][index]
    module = registry.load("landscapes", name)
    w = np.random.default_rng(7).normal(size=(d, 300))  # more points than one block has lanes
    for t in (1, 5, 6, 12, 13, 19, 20, 26):
        compiled = gradient_at(batch("adam", name, values, w), w, t)
        plain = plain_gradient(module.lower(d, values), w[:, :5].copy(), t)
        np.testing.assert_allclose(compiled[:, :5], plain, rtol=1e-14, atol=1e-15)
        if not module.SPEC.conservative(values):
            continue
        here = module.value(w.T, t, values)
        step = 1e-6
        for i in range(d):
            offset = np.zeros((d, 1))
            offset[i] = step
            after, before = module.value((w + offset).T, t, values), module.value((w - offset).T, t, values)
            slope = (after - before) / (2 * step)
            sides = np.sort([(after - here) / step, (here - before) / step], axis=0)
            # Where a kink is within a step the two sides differ, and the gradient is one of those between.
            kink = sides[1] - sides[0] > 0.02 * (1.0 + np.abs(slope))
            assert kink.sum() <= 3
            np.testing.assert_allclose(compiled[i, ~kink], slope[~kink], rtol=1e-5, atol=2e-5)
            assert np.all((compiled[i, kink] >= sides[0, kink] - 1e-3) & (compiled[i, kink] <= sides[1, kink] + 1e-3))


@pytest.mark.parametrize(("name", "index"), CASES)
def test_far_away_compiled_and_plain_gradients_agree_on_overflow(name: str, index: int) -> None:
    d, values = LANDSCAPES[name][index]
    far = np.array([1e3, -1e3, 1e160, -1e160, 0.0])
    w = np.stack([np.roll(far, i) for i in range(d)])
    compiled = gradient_at(batch("adam", name, values, w), w, 1)
    with np.errstate(all="ignore"):
        plain = plain_gradient(registry.load("landscapes", name).lower(d, values), w.copy(), 1)
    np.testing.assert_allclose(compiled, plain, rtol=1e-13)


@pytest.mark.parametrize(("name", "index"), CASES)
def test_gradient_vanishes_at_the_declared_minimiser_and_nothing_is_lower(name: str, index: int) -> None:
    d, values = LANDSCAPES[name][index]
    module = registry.load("landscapes", name)
    best = module.minimizer(d, values)
    if best is None:
        return
    assert not module.SPEC.gradient.external
    assert all(type(c) is float for c in best)
    w = np.array(best)[:, None]
    np.testing.assert_allclose(gradient_at(batch("adam", name, values, w), w, 1), 0.0, atol=1e-12)
    for scale in (0.3, 30.0):
        around = w.T + np.random.default_rng(3).normal(scale=scale, size=(500, d))
        assert np.all(module.value(around, 1, values) > module.value(w.T, 1, values)[0])


@pytest.mark.parametrize(("name", "index"), CASES)
def test_an_example_is_a_scenario(name: str, index: int) -> None:
    d, values = LANDSCAPES[name][index]
    given = examples(name)[index][1]
    document = {"version": 1, "landscape": {"kind": name, **given}, "start": [0.5] * d, "steps": 1, "optimizers": {"adam": {"lr": 1}}}  # fmt: skip
    assert load_text(json.dumps(document)).landscape.values == values


@pytest.mark.parametrize("name", registry.names("landscapes"))
def test_what_show_gives_as_an_example_is_one(name: str) -> None:
    d, values = LANDSCAPES[name][0]
    count, section = re.findall(
        r"^for example, in (\d+) coordinates?:\n  (landscape: .*)$", show(name).text, re.MULTILINE
    )[0]
    assert int(count) == d
    text = f"version: 1\n{section}\nstart: {[0.5] * d}\nsteps: 1\noptimizers: {{adam: {{lr: 1}}}}\n"
    assert load_text(text).landscape.values == values


@pytest.mark.parametrize(("name", "index"), CASES)
def test_turn_step_is_where_a_gradient_that_does_not_depend_on_the_weights_first_changes(name: str, index: int) -> None:
    d, values = LANDSCAPES[name][index]
    module = registry.load("landscapes", name)
    turn = module.SPEC.gradient.turn(values)
    if not module.SPEC.gradient.external:
        assert turn is None
        return
    w = np.full((d, 2), [0.3, -7.0])
    b = batch("adam", name, values, w)
    gradients = [gradient_at(b, w, t) for t in range(1, 30)]
    assert all(np.all(g[:, 0] == g[:, 1]) for g in gradients)
    changes = [t for t in range(1, 29) if np.any(gradients[t] != gradients[t - 1])]
    assert (turn is None and not changes) or changes[0] == turn


@pytest.mark.parametrize(("name", "index"), CASES)
def test_the_gradient_is_what_the_landscape_declares(name: str, index: int) -> None:
    d, values = LANDSCAPES[name][index]
    declared = registry.load("landscapes", name).SPEC.gradient
    w = np.random.default_rng(5).normal(size=(d, 4))
    seen = [gradient_at(batch("adam", name, values, w), w, t) for t in range(1, 60)]
    slopes, bowl, turn = declared.slopes(values, d), declared.diagonal(values, d), declared.turn(values)
    assert (slopes is not None) == declared.external
    if slopes is not None:
        first = np.array(slopes)[:, None]
        after = {None: first, "zero": 0.0 * first, "reversed": -first}
        for t, g in enumerate(seen, start=1):
            if turn is None or t <= turn or declared.then(values) in after:
                expected = first if turn is None or t <= turn else after[declared.then(values)]
                np.testing.assert_array_equal(g, np.broadcast_to(expected, g.shape))
            if declared.then(values) == "periodic":
                assert np.all(np.abs(g) == np.abs(first))
    if bowl is not None:
        curvature, center = (np.array(part)[:, None] for part in bowl)
        for g in seen:
            np.testing.assert_allclose(g, curvature * (w - center), rtol=1e-14)


@pytest.mark.parametrize("name", registry.names("landscapes"))
def test_the_docstring_has_the_formula(name: str) -> None:
    assert "f" in (registry.load("landscapes", name).__doc__ or "")
    assert ">>>" in (registry.load("landscapes", name).__doc__ or "")


@pytest.mark.parametrize("name", registry.names("landscapes"))
def test_nothing_is_at_the_origin_unless_somebody_puts_it_there(name: str) -> None:
    """Decay pulls to the origin: with a minimum there nothing would show."""
    module = registry.load("landscapes", name)
    for d, values in LANDSCAPES[name]:
        goal = module.minimizer(d, values)
        assert goal is None or any(goal)
    for p in module.SPEC.parameters:
        assert p.name != "center" or p.default is REQUIRED or p.default != 0
