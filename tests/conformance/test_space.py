"""The space and the probes: every pair is separated, the recurrence is the package's rules, equivalents are equivalent."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.conformance.advice import differing, equivalents
from adamw_cli.conformance.identify import blocks, tolerances
from adamw_cli.conformance.probes import STEPS, probes
from adamw_cli.conformance.references import family, reference
from adamw_cli.conformance.runs import rounded, run
from adamw_cli.conformance.variants import ANY, AXES, Variant, names, space, with_axis
from adamw_cli.errors import UsageError
from adamw_cli.vocabulary.conventions import CONVENTIONS, Convention
from adamw_cli.vocabulary.rules import Correction, Place, Scale

PROBES = probes()


@pytest.mark.slow
def test_every_pair_of_variants_is_separated_by_a_probe_and_by_more_than_float32_can_blur() -> None:
    """Relative to the larger of the two; no pair is left over, so `names` alone lists what no input can tell apart."""
    variants = space()
    w = run(variants, PROBES).w
    assert np.isfinite(w).all()
    path, size = w[1:].transpose(1, 0, 2), np.abs(w).max(axis=0)
    allowed = tolerances(variants, PROBES, "float32")
    places = blocks(PROBES)
    closest = np.inf
    for i in range(len(variants) - 1):
        apart = np.abs(path[i + 1 :] - path[i]).max(axis=1) / np.maximum(size[i + 1 :], size[i])
        by_probe = np.stack([apart[:, block].max(axis=1) for block in places], axis=1)
        closest = min(closest, by_probe.max(axis=1).min())
        # Both cannot be within their float32 tolerance of one path.
        assert (by_probe > allowed[i + 1 :] + allowed[i]).any(axis=1).all(), variants[i]
    assert closest > 5e-3


def test_no_tolerance_is_so_large_that_it_says_nothing() -> None:
    """Rounding to bfloat16, amplified, would otherwise explain a distance of 170 times the weight."""
    assert tolerances(space(), PROBES, "bfloat16-like").max() == 0.125


def test_float32_overflows_nowhere() -> None:
    assert np.isfinite(rounded(space(), PROBES).w).all()


def test_what_no_input_can_separate_has_one_entry_and_all_its_names() -> None:
    variants = space()
    assert len(set(variants)) == len(variants)
    for variant in variants:
        assert variant.canonical() == variant
        for axis, values in names(variant).items():
            assert (values == ()) == (variant.axis(axis) == ANY)
            for value in values:
                assert with_axis(variant, axis, value) == variant
    assert names(Variant(decay="none").canonical())["decay_scale"] == ()
    assert names(Variant(bias_correction="none"))["epsilon"] == ("outside", "eps_hat")
    assert names(Variant(bias_correction="first", amsgrad="before"))["amsgrad"] == ("before", "after")
    assert names(Variant())["epsilon"] == ("outside",)


RULES = {"adamw": "adamw", "adam": "adam", "adam_l2": "adam_l2", "adamw_decay_last": "adamw_decay_last"}


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("rule", RULES)
def test_the_recurrence_is_the_rule_of_the_package(rule: str, amsgrad: bool) -> None:
    module = registry.load("optimizers", rule)
    variant = replace(reference(RULES[rule]).variant, amsgrad="before" if amsgrad else "no")
    w = run([variant], PROBES).w[:, 0, :]
    for probe, block in zip(PROBES, blocks(PROBES), strict=True):
        for i in range(len(probe.start)):
            state, beta1, beta2 = (probe.start[i], 0.0, 0.0, 0.0), *probe.betas
            for t in range(1, STEPS + 1):
                g = probe.curvature[i] * (state[0] - probe.center[i]) + probe.forcing[t - 1, i]
                decay = {"weight_decay": probe.weight_decay, "lam": probe.weight_decay}
                given = {
                    "lr": probe.lr_at(t), "beta1": beta1, "beta2": beta2, "eps": probe.eps, "amsgrad": amsgrad, **decay,
                    **dict(zip(module.SPEC.coefficients, module.SPEC.coefficient_values(t, beta1**t, beta2**t), strict=True)),
                }  # fmt: skip
                wanted = module.update.__code__.co_varnames[
                    2 + len(module.SPEC.state) : module.update.__code__.co_argcount
                ]
                before, *moments = state
                state = module.update(before, g, *moments, *(given[name] for name in wanted))
                size = np.abs(w[:, block.start + i]).max()
                assert state[0] == pytest.approx(w[t, block.start + i], rel=0, abs=1e-13 * size)


def test_equivalents_take_the_same_steps() -> None:
    checked = 0
    steady = [probe for probe in PROBES if not probe.changes_lr]
    for found in space():
        for name in (
            "adamw",
            "adamw_decay_last",
            "paper",
            "independent",
            "adam",
            "adamw,decay_scale=lr^2*lambda",
            "adam_l2",
        ):
            wanted = reference(name).variant
            for way in equivalents(found, wanted):
                chosen = PROBES if way.any_schedule else steady
                # lr*weight_decay < 1: the conversion of the order divides by 1 - lr*weight_decay
                converted = [
                    replace(probe, lr=lr, weight_decay=weight_decay)
                    for probe in chosen
                    for lr, weight_decay in [way.convert(probe.lr, probe.weight_decay)]
                ]
                got, want = run([found], converted).w, run([wanted], chosen).w
                np.testing.assert_allclose(got, want, rtol=0, atol=1e-11 * np.abs(want).max())
                assert (np.abs(got - want).max(axis=0) <= 1e-9 * np.abs(want).max(axis=0)).all()
                checked += 1
    assert checked >= 15


def test_a_reference_can_be_changed_axis_by_axis() -> None:
    assert reference("adamw, epsilon=eps_hat,amsgrad=after").variant == Variant(epsilon="eps_hat", amsgrad="after")
    assert reference("adam,decay=coupled").variant == reference("adam_l2").variant
    for wrong in ("adamv", "adamw,epsilon", "adamw,eps=none", "adamw,epsilon=gone", "paper,decay=coupled"):
        with pytest.raises(UsageError) as caught:
            reference(wrong)
        assert caught.value.hint


def test_every_reference_is_in_the_space_and_has_a_source() -> None:
    for entry in family().values():
        assert entry.variant in space()
        assert entry.source
        assert not differing(entry.variant, reference(entry.name).variant)
    assert all(set(values) for values in AXES.values())


@pytest.mark.parametrize("known", [c for c in CONVENTIONS if c.measure == "rate"], ids=lambda c: c.name)
def test_a_convention_is_a_reference_with_its_own_facts(known: Convention) -> None:
    variant = reference(known.name).variant
    assert variant is not None
    assert variant.decay == ("coupled" if known.coupled else "decoupled")
    assert variant.decay_scale == known.decay.scale
    assert variant.decay_order == (ANY if known.coupled else "new" if known.decay.last else "old")
    assert variant.epsilon == ("eps_hat" if known.eps_hat else "outside")


def test_the_axes_have_the_words_of_the_vocabulary() -> None:
    assert set(AXES["epsilon"]) == {*get_args(Place), "none"}
    assert set(AXES["bias_correction"]) == set(get_args(Correction))
    assert set(AXES["decay_scale"]) < set(get_args(Scale))


def test_probes_are_exact_in_float32_where_they_say_so() -> None:
    for probe in PROBES:
        for row in (probe.start, probe.curvature, probe.center):
            assert row.shape == probe.start.shape
        assert (probe.start.astype(np.float32) == probe.start).all()
        assert probe.forcing.shape == (STEPS, len(probe.start))
        assert probe.schedule.max() == 1.0
    assert sum(probe.changes_lr for probe in PROBES) == 1
    assert min(len(probe.start) for probe in PROBES) >= 4
