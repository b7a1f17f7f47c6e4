"""The whole flow: a target or a recording in, a judgement out."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from adamw_cli import registry
from adamw_cli.conformance.advice import differing, instructions
from adamw_cli.conformance.callables import PlainCallable
from adamw_cli.conformance.divergence import Divergence, first_divergence
from adamw_cli.conformance.fixed import Fixed, built_in
from adamw_cli.conformance.identify import Identification, deviations, fits, identify, per_probe
from adamw_cli.conformance.misread import Misreading, misread
from adamw_cli.conformance.optax_target import OptaxTransformation, is_optax
from adamw_cli.conformance.probes import probes
from adamw_cli.conformance.record import Recording, record
from adamw_cli.conformance.references import ConformanceReference, family
from adamw_cli.conformance.references import reference as named
from adamw_cli.conformance.registered import Match, matching
from adamw_cli.conformance.target import (
    DTYPES,
    Target,
    TargetError,
    find,
    importable,
    output_to_stderr,
    parse_options,
    refuse_hyperparameters,
)
from adamw_cli.conformance.torch_target import TorchOptimizer, is_torch
from adamw_cli.conformance.trajectory import read_trajectory
from adamw_cli.conformance.variants import AXES, PRECISIONS, names
from adamw_cli.errors import ExitCode, UsageError, suggestion
from adamw_cli.result import Result

# Farther off than this the nearest variant says nothing of the target: some variants differ from each other by half of it.
_NEAR = 1e-2


@dataclass(frozen=True)
class ProbeResult:
    """How far the target is from the reference on a probe: the largest relative error, and what rounding explains."""

    name: str
    passed: bool
    max_error: float
    tolerance: float


@dataclass(frozen=True, repr=False)
class Judgement(Result):
    """Whether a target conforms to a reference, what it is, and what tells them apart.

    Attributes
    ----------
    kind : what the target was taken for.
    dtype : the precision that the target was given and is held to.
    identification : the variants that it cannot be told from; the nearest, with precision None, if it is none of them.
    fixed : hyperparameters that it has built in; the identification holds with these values.
    misread : how it misreads a hyperparameter; the identification holds with that reading.
    other : the rules of the registry that it is where it is no variant, and to which precision.
    first_divergence : None if it conforms.
    advice : what to change, and hyperparameters that make up for it.
    findings : what else was noticed, a sentence each.
    seconds : how long the target, and finding out, took.

    """

    target: str
    kind: str
    reference: ConformanceReference
    dtype: str
    identification: Identification
    fixed: Fixed
    first_divergence: Divergence | None
    probes: tuple[ProbeResult, ...]
    advice: tuple[str, ...]
    findings: tuple[str, ...]
    misread: Misreading | None = None
    other: Match | None = None
    seconds: float = 0.0

    @property
    def conforms(self) -> bool:
        """Whether every probe agrees with the reference to within rounding."""
        return all(probe.passed for probe in self.probes)

    @property
    def exit_code(self) -> ExitCode:
        """0 or 1."""
        return ExitCode.OK if self.conforms else ExitCode.EXPECTATION_FAILED

    @property
    def skipped(self) -> tuple[str, ...]:
        """The names of the probes that could not be run."""
        ran = {probe.name for probe in self.probes}
        return tuple(probe.name for probe in probes() if probe.name not in ran)

    @property
    def in_family(self) -> bool:
        """Whether a variant agrees."""
        return self.identification.precision is not None

    @property
    def rule(self) -> str | None:
        """The name of the rule of the registry that the target is, None if it is none; of several that are the same here, the reference or the first."""
        if self.other is not None:
            wanted, rules = self.reference.rule, self.other.rules
            return (wanted if wanted is not None and wanted in rules else rules[0]).name
        if not self.in_family or self.fixed.values or self.misread is not None or len(self.identification.variants) > 1:
            return None
        found = (n for n in self.conventions() if n in registry.names("optimizers"))
        return next(found, None)

    def identified(self) -> dict[str, tuple[str, ...]]:
        """Return what was found; no values at all if the nearest variant is too far off to say anything of the target."""
        known = self.in_family or (self.other is None and self.identification.distance <= _NEAR)
        return self.found() if known else dict.fromkeys(self.found(), ())

    def found(self) -> dict[str, tuple[str, ...]]:
        """Return for each axis every value that is possible, or that the nearest has; none where the axis has no meaning; and the precision."""
        by_axis: dict[str, tuple[str, ...]] = {}
        for axis in AXES:
            values = (value for variant in self.identification.variants for value in names(variant)[axis])
            by_axis[axis] = tuple(dict.fromkeys(values))
        return {**by_axis, "precision": (self.identification.precision,) if self.identification.precision else ()}

    def reference_values(self) -> dict[str, tuple[str, ...]]:
        """Return the same for the reference; its precision is the one that the target is held to."""
        variant = self.reference.variant
        return {**(names(variant) if variant is not None else dict.fromkeys(AXES, ())), "precision": (self.dtype,)}

    def conventions(self) -> tuple[str, ...]:
        """Return the names of the conventions that the target agrees with, those that differ in a name only included."""
        if not self.in_family:
            return ()
        return tuple(name for name, known in family().items() if known.variant in self.identification.variants)


def conform(
    target: str | Callable[..., Any] | None = None,
    *,
    trajectory: str | Path | None = None,
    reference: str = "adamw",
    dtype: str = "float64",
    option: Mapping[str, Any] | Sequence[str] = (),
) -> Judgement:
    """Find out which optimizer an implementation is, and whether it is the one that it should be.

    The target's code runs in this process, with no sandbox.

    Parameters
    ----------
    target : a plain callable, a subclass of torch.optim.Optimizer or a function like those of optax; or where to find it,
        as `module:name` or `file.py:name`.
    trajectory : in place of a target, a CSV file of what an implementation did on the exported probes.
    reference : the name of a rule or a convention, with changes after commas: `adamw,amsgrad=before`, `sgd,momentum=0.9`.
    dtype : `float64` or `float32`: the type of the weights, and the precision to which they must agree.
    option : further arguments for the target, by name, or as the command line has them: `["fused=true"]`.

    Returns
    -------
    Judgement
        `conforms`, the identification axis by axis, the first divergence, advice.

    Raises
    ------
    UsageError, TargetError
        If the target cannot be found or run.

    """
    started = time.monotonic()
    expected = named(reference)
    options = option if isinstance(option, Mapping) else parse_options(option)
    if dtype not in DTYPES:
        raise UsageError(f"unknown dtype {dtype!r}", suggestion(dtype, list(DTYPES)))
    if (target is None) == (trajectory is None):
        raise UsageError("give either a target or a trajectory", "a target is MODULE:NAME or FILE.py:NAME")
    if trajectory is not None:
        if options:
            raise UsageError("a trajectory takes no options")
        recording = read_trajectory(Path(trajectory))
        return _timed(judge(recording, str(trajectory), "recorded trajectory", expected, dtype), started)
    with output_to_stderr(), importable(target):
        name, found = find(target) if isinstance(target, str) else (getattr(target, "__name__", "target"), target)
        adapter = adapt(name, found, options)
        recording = record(adapter, probes(), DTYPES[dtype])
    shown = target if isinstance(target, str) else name
    return _timed(judge(recording, shown, adapter.kind, expected, dtype), started)


def _timed(judgement: Judgement, started: float) -> Judgement:
    return replace(judgement, seconds=time.monotonic() - started)


def adapt(name: str, found: Any, options: Mapping[str, Any]) -> Target:
    """Return the adapter for what was found."""
    refuse_hyperparameters(options)
    if is_torch(found):
        return TorchOptimizer(name, found, options)
    if is_optax(found):
        return OptaxTransformation(name, found, options)
    return PlainCallable(name, found, options)


def judge(recording: Recording, target: str, kind: str, expected: ConformanceReference, dtype: str) -> Judgement:
    """Compare a recording with the whole space and with the reference.

    Raises
    ------
    TargetError
        If there are weights that are not finite, and no variant accounts for them.

    """
    path = np.concatenate(recording.paths, axis=1)
    found = identify(recording)
    fixed, reading = Fixed(), None
    other = None if found.sharp else matching(recording)
    if other is not None:
        found = replace(found, precision=None)
    elif found.precision is None:
        _refuse_nan(recording)
        fixed, found = built_in(recording) or (fixed, found)
    if found.precision is None and other is None:
        reading, found = misread(recording) or (None, found)
    errors = per_probe(deviations(expected.run(recording.probes), path), recording.probes)[0]
    allowed = expected.tolerances(recording.probes, dtype)[0]
    results = tuple(
        ProbeResult(probe.name, bool(error <= limit), float(error), float(limit))
        for probe, error, limit in zip(recording.probes, errors, allowed, strict=True)
    )
    divergence = first_divergence(recording, expected, dtype, found, fixed, reading)
    as_passed = reading is None and not fixed.values
    advice: tuple[str, ...] = ()
    wanted = expected.variant
    if divergence is not None and found.precision is not None and wanted is not None:
        # Of several that cannot be told apart, the one that needs least change.
        closest = min(found.variants, key=lambda variant: len(differing(variant, wanted)))
        advice = instructions(closest, wanted, as_passed=as_passed)
    if divergence is not None and reading is not None:
        advice = (reading.sentence(alone=not advice), *advice)
    advice += tuple(f"{name}: use the value that is passed; it is always {value:g}" for name, value in fixed.values)
    findings = _findings(recording, found, other, dtype)
    return Judgement(target, kind, expected, dtype, found, fixed, divergence, results, advice, findings, reading, other)


def _refuse_nan(recording: Recording) -> None:
    for probe, path in zip(recording.probes, recording.paths, strict=True):
        bad = np.argwhere(~np.isfinite(path))
        if len(bad):
            step, coordinate = bad[0]
            half = fits(np.concatenate(recording.paths, axis=1), 11)
            largest = f"the weights are those of float16, whose numbers end at {np.finfo(np.float16).max:,.0f}; gradients here are larger"
            raise TargetError(
                f"the weight is {path[step, coordinate]} (probe '{probe.name}', step {step}, coordinate {coordinate})",
                largest if half else "no variant of Adam or AdamW becomes that there; judge it once it is finite",
            )


def _findings(recording: Recording, found: Identification, other: Match | None, dtype: str) -> tuple[str, ...]:
    # What a variant or a rule does not use by definition is no news.
    expected_to = set() if other is None else other.rules[0].unused
    if found.precision is not None:
        expected_to |= found.variants[0].unused
    ignored = [name for name in recording.ignored if name not in expected_to]
    lines = [f"changing {name} changes nothing" for name in ignored if name != "changes of lr"]
    if "changes of lr" in ignored and "lr" not in ignored:
        lines.append("the learning rate of the first step is used for ever: changes of lr are ignored")
    if recording.fixed_lr:
        lines.append(
            "the target cannot change lr between steps, so that decay_scale lambda and schedule*lambda look the same: "
            "let step(g, lr=...) take it, or lr_schedule"
        )
    if len(recording.probes) < len(probes()) - 1:
        lines.append(f"judged on {len(recording.probes)} of {len(probes())} probes: fewer variants can be told apart")
    if any(not np.isfinite(path).all() for path in recording.paths):
        lines.append(
            "weights become nan or infinite where there has been no gradient: nothing is added to sqrt(v), so that it divides by 0"
        )
    if found.precision is None and other is None and fits(np.concatenate(recording.paths, axis=1), 11):
        lines.append("weights have 11 significant bits, as in float16: some of the distance is its rounding")
    if found.precision == "float32" and found.distance < PRECISIONS["float32"] / 8:
        lines.append(
            f"off by {found.distance:.1e}: more than the rounding of float64, less than that of float32, so that a small "
            "constant may differ rather than the precision"
        )
    elif found.precision is not None and PRECISIONS[found.precision] > PRECISIONS[dtype]:
        lines.append(f"agrees to the precision of {found.precision} only, and was held to {dtype}")
    return (*lines, *recording.remarks)
