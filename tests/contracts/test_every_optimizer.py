"""What holds for every update rule; a new file in optimizers/ is covered by being there."""

from __future__ import annotations

import inspect
import itertools
from dataclasses import replace

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine.kernel import FLUSH_BELOW, FLUSH_EVERY
from adamw_cli.engine.lower import lower
from adamw_cli.engine.run import lane_factors, run
from adamw_cli.vocabulary import AdamStep, Coupled, Decoupled, MomentumStep, NoDecay, OwnStep, SignStep
from tests.batches import LANDSCAPES, batch, every_combination, plain_run

KINDS = registry.names("optimizers")


def switch_settings(kind: str) -> list[dict[str, bool]]:
    """All settings of a rule's switches that its constraint allows."""
    spec = registry.load("optimizers", kind).SPEC
    found = []
    for values in itertools.product((False, True), repeat=len(spec.switches)):
        setting = dict(zip(spec.switches, values, strict=True))
        if spec.constraint({p.name: p.default for p in spec.parameters} | momentum(kind) | setting) is None:
            found.append(setting)
    return found


def momentum(kind: str) -> dict[str, float]:
    """A momentum above 0 for the rules that have one."""
    names = [p.name for p in registry.load("optimizers", kind).SPEC.parameters]
    return {"momentum": 0.9} if "momentum" in names else {}


def decay(kind: str, value: float) -> dict[str, float]:
    names = [p.name for p in registry.load("optimizers", kind).SPEC.parameters]
    return {"weight_decay": value} if "weight_decay" in names else {}


@pytest.mark.parametrize("kind", KINDS)
def test_the_signature_is_what_the_spec_says(kind: str) -> None:
    module = registry.load("optimizers", kind)
    spec = module.SPEC
    expected = ["w", "g", *spec.state, *spec.scalars, *spec.coefficients, *spec.norms, *spec.switches]
    assert list(inspect.signature(module.update).parameters) == expected
    assert spec.parameters[0].name == "lr"
    assert (spec.normed is None) == (not spec.norms)


@pytest.mark.parametrize("kind", KINDS)
def test_the_docstring_has_formula_source_and_a_first_step(kind: str) -> None:
    text = registry.load("optimizers", kind).__doc__ or ""
    assert "w_t =" in text
    assert "Source:" in text
    assert ">>>" in text
    reference = registry.load("optimizers", kind).SPEC.reference
    assert reference is None or reference in text


@pytest.mark.parametrize(("kind", "landscape", "index"), every_combination())
def test_compiled_and_plain_trajectories_agree(kind: str, landscape: str, index: int) -> None:
    d, values = LANDSCAPES[landscape][index]
    start = np.linspace(-0.7, 1.3, 3 * d).reshape(d, 3)
    lr = np.array([1e-4, 2e-4, 3e-4])  # small enough for sgd in the valley
    for switches in switch_settings(kind):
        b = batch(kind, landscape, values, start, lr=lr, **momentum(kind), **decay(kind, 0.3), **switches)
        trace = run(b, 40, every=1)
        np.testing.assert_allclose(trace.w[1:], plain_run(b, 40), rtol=1e-13, atol=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_lanes_with_schedules_and_coefficients_of_their_own_agree_with_plain_python(kind: str) -> None:
    spec = registry.load("optimizers", kind).SPEC
    place = {"curvature": (0.5, 3.0), "matrix": None, "center": 1.0, "rotation": None}
    lanes = np.array([1.0, 0.9, 0.8, 0.9])
    varied: dict[str, object] = {}
    for p in spec.parameters:
        if p.components is not None and set(p.components) & set(spec.coefficient_columns):
            varied[p.name] = tuple(part * lanes for part in p.default)
        elif p.name in spec.coefficient_columns:
            varied[p.name] = (p.default or 0.1) * lanes
    alike = batch(kind, "quadratic", place, np.full((2, 4), 2.0), **{"lr": 3e-3, **momentum(kind), **decay(kind, 0.3), **varied})  # fmt: skip
    clocks = [
        (registry.load("schedules", name), values)
        for name, values in (("constant", {"warmup_steps": 0}), ("linear", {"warmup_steps": 9, "final_fraction": 0.1}))
    ]
    mixed = replace(alike, schedules=[clocks[lane % 2] for lane in range(4)])
    assert {block.kind for block in lower(mixed).blocks} == {"mixed"}
    whole = run(mixed, 60, every=1)
    np.testing.assert_allclose(whole.w[1:], plain_run(mixed, 60), rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(run(mixed, 60, every=1, chunk=7).w, whole.w)


@pytest.mark.parametrize("kind", KINDS)
def test_zero_gradient_and_zero_decay_leave_the_weight_alone(kind: str) -> None:
    spec = registry.load("optimizers", kind).SPEC
    start = np.array([[0.1, -3.0, 1e8, 1e-150]])
    for eps in (0.0, 1e-8):
        extra = {"eps": eps} if "eps" in spec.scalars else {}
        trace = run(batch(kind, "plateau", {}, start, **momentum(kind), **decay(kind, 0.0), **extra), 300)
        if spec.step.starts_moving:
            assert np.all(trace.final_w[:, :2] != start[:, :2])
        else:
            np.testing.assert_array_equal(trace.final_w, start)


@pytest.mark.parametrize("kind", KINDS)
def test_no_state_fades_into_numbers_that_slow_the_loop(kind: str) -> None:
    place = {"gradient": np.array([1.0, -1e-140]), "pulse_steps": 1}
    fast = {"betas": (0.5, 0.5)} if "beta1" in registry.load("optimizers", kind).SPEC.scalars else {}
    given = {**momentum(kind), **decay(kind, 0.0), **fast}
    trace = run(batch(kind, "gradient_pulse", place, [[1.0], [1.0]], **given), 10 * FLUSH_EVERY, states=True)
    for name, values in trace.states.items():
        size = np.abs(values[-1])
        assert np.all((size == 0.0) | (size >= FLUSH_BELOW)), name


@pytest.mark.parametrize("schedule", [("constant", {}), ("cosine", {"warmup_steps": 9})], ids=["constant", "cosine"])
@pytest.mark.parametrize("kind", KINDS)
def test_decay_is_what_the_rule_declares(kind: str, schedule: tuple[str, dict[str, int]]) -> None:
    """Two runs with one gradient sequence: decoupled decay contracts their difference by what the rule declares."""
    spec = registry.load("optimizers", kind).SPEC
    lr, lam, steps = 0.01, 0.5, 60
    start = np.array([[3.0, -1.0]])
    flips = {"gradient": 0.7, "flip_at": 11, "period": 5}
    both = batch(kind, "gradient_flip", flips, start, schedule, lr=lr, **momentum(kind), **decay(kind, lam))
    trace = run(both, steps, every=1)
    gap = trace.w[:, 0, 0] - trace.w[:, 0, 1]
    rate = gap[1:] / gap[:-1]
    s = lane_factors(both, 0, steps, steps)[:, 0]
    by_scale = {
        "lr*lambda": lr * s * lam,
        "lambda": lam + 0.0 * s,
        "lr^2*lambda": (lr * s) ** 2 * lam,
        "schedule*lambda": s * lam,
        "lr*schedule*lambda": lr * s * s * lam,
    }
    plain = 1.0 - by_scale["lr*lambda"]
    if isinstance(spec.decay, Decoupled):
        x = by_scale[spec.decay.scale]
        expected = {"1 - x": 1.0 - x, "1/(1 + x)": 1.0 / (1.0 + x)}[spec.decay.shrink]
        seen = np.abs(gap[1:]) > 1e-3  # below, a gap is a difference of rounded weights
        assert seen.sum() >= 5
        np.testing.assert_allclose(rate[seen], expected[seen], rtol=1e-12)
    elif isinstance(spec.decay, NoDecay):
        np.testing.assert_allclose(rate, 1.0, rtol=1e-12)
    elif isinstance(spec.decay, Coupled):
        assert gap[-1] < gap[0]
        assert np.abs(rate - plain).max() > 1e-4
    elif (
        schedule[0] != "constant"
    ):  # OwnDecay is for what is none of these; under a constant factor it may look like one
        assert np.abs(rate - plain).max() > 1e-6
        assert np.abs(rate - 1.0).max() > 1e-6


@pytest.mark.parametrize("kind", [kind for kind in KINDS if isinstance(registry.load("optimizers", kind).SPEC.decay, Decoupled)])  # fmt: skip
def test_decay_acts_on_the_weight_that_the_rule_declares(kind: str) -> None:
    """From 0 the first decay is seen only if it comes after the gradient step."""
    spec = registry.load("optimizers", kind).SPEC
    lr, lam, count = 0.1, 0.5, 12
    steps = [
        run(batch(kind, "slope", {"gradient": -1.0}, [[0.0]], lr=lr, **decay(kind, value)), count, every=1).w[:, 0, 0]
        for value in (0.0, lam)
    ]
    # Up to the first step that moves a weight, which is not the very first for every rule.
    first = int(np.flatnonzero(steps[0])[0])
    steps = [float(path[first]) for path in steps]
    x = lam if spec.decay.scale in ("lambda", "schedule*lambda") else lr * lam
    shrunk = {"1 - x": 1.0 - x, "1/(1 + x)": 1.0 / (1.0 + x)}[spec.decay.shrink] if spec.decay.order == "new" else 1.0
    assert steps[1] == pytest.approx(shrunk * steps[0], rel=1e-14)
    assert steps[0] > 0.0


def averaged(
    step: AdamStep | MomentumStep | SignStep, h: dict[str, float], on: set[str], g: list[float]
) -> list[float]:
    """The gradient steps over lr that a declared step takes, from its formula: one coordinate, no decay."""
    m = v = largest = 0.0
    moves = []
    for t, now in enumerate(g, start=1):
        if isinstance(step, MomentumStep):
            fresh = 1.0 if t == 1 or step.dampening is None else 1.0 - h[step.dampening]
            m = h[step.momentum] * m + fresh * now
            moves.append(now + h[step.momentum] * m if step.nesterov in on else m if h[step.momentum] else now)
        elif isinstance(step, SignStep):
            moves.append(float(np.sign(h[step.mixture] * m + (1.0 - h[step.mixture]) * now)))
            m = h[step.average] * m + (1.0 - h[step.average]) * now
        else:
            b1, b2, eps = h[step.beta1], h[step.beta2], h[step.eps.name] if step.eps else 0.0
            m, v = b1 * m + (1.0 - b1) * now, b2 * v + (1.0 - b2) * now * now
            c1 = 1.0 - b1**t if step.bias_correction in ("both", "first") else 1.0
            c2 = 1.0 - b2**t if step.bias_correction in ("both", "second") else 1.0
            used = v
            if step.maximum is not None and step.maximum.switch in (None, *on):
                late = step.maximum.place == "after"
                largest = max(largest, v / c2 if late else v)
                used = largest * c2 if late else largest
            place = step.eps.place if step.eps else "outside"
            divisor = {
                "outside": (used / c2) ** 0.5 + eps,
                "eps_hat": (used**0.5 + eps) / c2**0.5,
                "inside": (used / c2 + eps) ** 0.5,
                "inside_hat": ((used + eps) / c2) ** 0.5,
                "floor": max((used / c2) ** 0.5, eps),
            }[place]
            moves.append(m / c1 / divisor)
    return moves


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_step_is_what_the_rule_declares(kind: str) -> None:
    """Fed the same gradients, a rule without decay moves as the formula of its declared step does."""
    module = registry.load("optimizers", kind)
    spec = module.SPEC
    if isinstance(spec.step, OwnStep):
        return
    g = [float(x) for x in np.random.default_rng(11).normal(size=40) * np.geomspace(1.0, 1e-3, 40)]
    h = {name: 0.3 + 0.05 * j for j, name in enumerate(spec.scalars)}
    h |= {name: 0.0 for name in spec.decay.names} | ({spec.step.eps.name: 1e-2} if isinstance(spec.step, AdamStep) and spec.step.eps else {})  # fmt: skip
    for switches in switch_settings(kind):
        on = {name for name, set_ in switches.items() if set_}
        if not on <= set(spec.step.switches):
            continue
        w, state, moved = 0.0, [0.0] * len(spec.state), []
        for t, now in enumerate(g, start=1):
            at = w
            given = [*h.values(), *spec.coefficients_at(t, h, 1.0), *switches.values()]
            w, *state = module.update(w, now, *state, *given)
            moved.append((at - w) / h[spec.lr])
        # Weights are differences here: what is left of a step in them is good to 1e-16 of the sum.
        np.testing.assert_allclose(moved, averaged(spec.step, h, on, g), rtol=1e-12, atol=1e-14)
