"""Run a scenario and measure every metric of every run; theory is put beside it in simulate.py."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from adamw_cli import registry
from adamw_cli.engine.assemble import batches, stored
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import gradient_at, lane_factors, run
from adamw_cli.errors import PluginError
from adamw_cli.judging.requests import Request, end_of, own_parameters, request
from adamw_cli.judging.trials import Value, summary
from adamw_cli.metrics._contract import Chunk, Ending, Facts
from adamw_cli.metrics._watch import Keeper, Until, Watcher, lane_of_ending, lane_of_facts
from adamw_cli.scenario.model import Scenario
from adamw_cli.trace import DIVERGED, FINISHED, Array, Trace
from adamw_cli.vocabulary import Metric, Rule

# Start of the other run of a pair of twins: so far from the run's own, as a part of it, or in all where that is 0.
_APART = 1e-3


@dataclass(frozen=True)
class Measured:
    """One run, measured.

    Attributes
    ----------
    status : `finished`, `diverged`, or `mixed` where trials differ.
    steps_run : the fewest of any trial.
    trace : the first trial alone, one lane.
    final_loss, final_gradient_norm : of the first trial, on the landscape as its last step saw it; None where not finite.
    values : metric and parameters -> a number, a word, one number per coordinate, or None where undefined; the mean
        over trials, as trials.summary defines it.
    trials : how many there are.
    antithetic : whether they come in pairs with mirrored draws.
    samples : the value of each trial; empty if there is one only.
    standard_errors : of the means; None where they have none.

    """

    run: str
    kind: str
    status: str
    steps_run: int
    trace: Trace
    final_loss: float | None
    final_gradient_norm: float | None
    values: Mapping[Request, Value]
    trials: int = 1
    antithetic: bool = False

    @property
    def independent(self) -> int:
        """How many trials, or pairs of them, are independent."""
        return self.trials // 2 if self.antithetic else self.trials

    samples: Mapping[Request, tuple[Value, ...]] = field(default_factory=dict)
    standard_errors: Mapping[Request, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class _Watched:
    """One lane of a batch that has run, for metrics that compare it with another."""

    facts: Facts
    ending: Ending
    path: Array


def measure(
    scenario: Scenario,
    wanted: Sequence[Request],
    *,
    progress: Callable[[int], None] | None = None,
    threads: int | None = None,
) -> list[Measured]:
    """Run every optimizer of a scenario, in the order in which the scenario names them, and all trials of each.

    wanted : the metrics to measure, those of requests.ALWAYS among them.
    progress : called with the number of steps done, of total_steps(scenario).
    """
    between = [key for key in wanted if _pair(key) == "run"]
    found: dict[str, Measured] = {}
    trials = scenario.trials
    watched: dict[str, list[_Watched]] = {}
    for number, (names, batch) in enumerate(batches(scenario)):
        lanes = len(names) * trials
        facts, batch = _paired(_facts(batch, scenario.steps), batch, any(_pair(key) == "twin" for key in wanted))
        parts = _parts([key for key in wanted if key not in between], facts, scenario.steps)
        keeper = Keeper(lanes if between else 0)
        trace = run(
            batch,
            scenario.steps,
            every=scenario.record.every or max(1, scenario.steps // 1000),
            states=scenario.record.states,
            apart=trials,
            observers=[*(part.until for part in parts), keeper],
            threads=threads,
            progress=_shifted(progress, number * scenario.steps),
        ).lanes(slice(0, lanes))
        ending = _ending(batch, trace, scenario.steps, None)
        results = {key: result for part in parts for key, result in part.results(batch, trace)}
        for index, name in enumerate(names):
            own = range(index * trials, (index + 1) * trials)
            found[name] = _measured(
                name,
                scenario.optimizers[name].kind,
                trace.lanes(slice(own.start, own.stop)),
                {key: _values(key, result, own) for key, result in results.items()},
                scenario.antithetic,
            )
            if between:
                watched[name] = [
                    _Watched(lane_of_facts(facts, lane), lane_of_ending(ending, lane), keeper.lane(lane))
                    for lane in own
                ]
    for name, own_lanes in watched.items():
        compared = {
            key: tuple(_compared(key, one, watched, trial) for trial, one in enumerate(own_lanes)) for key in between
        }
        found[name] = _joined(found[name], compared)
    return [found[name] for name in scenario.optimizers]


def _measured(
    name: str, kind: str, trace: Trace, samples: Mapping[Request, tuple[Value, ...]], antithetic: bool
) -> Measured:
    """Gather the trials of one run; trace : their lanes."""
    status, _ = summary(trace.status)
    bare = Measured(
        run=name,
        kind=kind,
        status=str(status),
        steps_run=int(trace.steps_run.min()),
        trace=trace.lanes(slice(0, 1)),
        final_loss=_as_number(samples[request("final_loss")][0]),
        final_gradient_norm=_as_number(samples[request("gradient_norm")][0]),
        values={},
        trials=len(trace.status),
        antithetic=antithetic,
    )
    return _joined(bare, samples)


def _joined(measured: Measured, samples: Mapping[Request, tuple[Value, ...]]) -> Measured:
    """Add metrics to a run, given the value of each trial."""
    pairs = {key: summary(values, measured.antithetic) for key, values in samples.items()}
    return replace(
        measured,
        values={**measured.values, **{key: mean for key, (mean, _) in pairs.items()}},
        standard_errors={**measured.standard_errors, **{key: error for key, (_, error) in pairs.items()}},
        samples={**measured.samples, **samples} if measured.trials > 1 else {},
    )


@dataclass(frozen=True)
class _Part:
    """The metrics that take a run to end after the same step."""

    until: Until
    measures: Mapping[Request, Any]

    def results(self, batch: Batch, trace: Trace) -> list[tuple[Request, Any]]:
        """What they found."""
        ending = _ending(batch, trace, self.until.last, self.until.w)
        return [(key, _result(key, measure, ending)) for key, measure in self.measures.items()]


def _parts(wanted: Sequence[Request], facts: Facts, steps: int) -> list[_Part]:
    ends = dict.fromkeys(end_of(key) or steps for key in wanted)
    parts = []
    for last in ends:
        known = replace(facts, steps=last)
        measures = {key: _measure(key, known) for key in wanted if (end_of(key) or steps) == last}
        parts.append(_Part(Until(last, Watcher(known, list(measures.values()))), measures))
    return parts


def _pair(key: Request) -> str | None:
    spec: Metric = registry.load("metrics", key[0]).SPEC
    return spec.pair


@np.errstate(all="ignore")  # as metrics/_contract.py says
def _measure(key: Request, facts: Facts) -> Any:
    return registry.load("metrics", key[0]).Measure(facts, **own_parameters(key))


def _paired(facts: Facts, batch: Batch, twins: bool) -> tuple[Facts, Batch]:
    """Put a twin beside every lane, if twins are wanted and the gradients that a run sees do not depend on its weights.

    A twin is of the same trial, so that it sees the same noise.
    """
    if not twins or not batch.landscape.SPEC.gradient.external:
        return facts, batch
    w, draws = batch.start, batch.draws
    other = w + _APART * np.where(w == 0.0, 1.0, np.abs(w))
    storage = batch.storage
    if storage is not None:
        other = stored(other, storage.weights)
        storage = replace(storage, trials=np.concatenate([storage.trials, storage.trials]))
    return replace(facts, other_start=other), replace(
        batch,
        start=np.concatenate([w, other], axis=1),
        scalars={name: np.concatenate([values, values], axis=1) for name, values in batch.scalars.items()},
        schedules=[*batch.schedules, *batch.schedules],
        storage=storage,
        clip=None if batch.clip is None else replace(batch.clip, limits=np.tile(batch.clip.limits, 2)),
        draws=None if draws is None else draws.lanes(np.tile(np.arange(w.shape[1]), 2)),
    )


@np.errstate(all="ignore")  # as metrics/_contract.py says
def _compared(key: Request, one: _Watched, watched: Mapping[str, Sequence[_Watched]], trial: int) -> Value:
    """A metric of a run and the same trial of another run of the scenario, over the steps that both have."""
    other = watched[dict(key[1])["to"]][trial]
    facts = replace(one.facts, other_start=other.facts.start)
    measured = _measure(key, facts)
    steps = min(len(one.path), len(other.path), end_of(key) or len(one.path))
    measured.observe(Chunk(facts, 0, one.path[:steps], facts.start, other.path[:steps]))
    return _values(key, _result(key, measured, one.ending), [0])[0]


def total_steps(scenario: Scenario) -> int:
    """Steps of all batches together, for progress."""
    return scenario.steps * len(batches(scenario))


def _shifted(progress: Callable[[int], None] | None, by: int) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(by + done)


def _facts(batch: Batch, steps: int) -> Facts:
    d = batch.start.shape[0]
    best = batch.landscape.minimizer(d, batch.landscape_values)
    turn = batch.landscape.SPEC.gradient.turn(batch.landscape_values)
    # A landscape that switches has a gradient that does not depend on w, so the start serves as well as any point.
    # Step 0 has the gradient from before the change even where the change comes before the first step.
    push = None if turn is None else -np.sign(gradient_at(batch, np.ascontiguousarray(batch.start), turn))
    constant = all(module.SPEC.is_constant(values) for module, values in batch.schedules)
    rule: Rule = batch.optimizer.SPEC
    decay = rule.decay
    return Facts(
        start=batch.start,
        weight_decay=None if decay.coefficient is None else batch.scalars[decay.coefficient],
        minimizer=None if best is None else np.array(best, dtype=np.float64)[:, None],
        turn_step=turn,
        turn_direction=push,
        lr=batch.scalars[rule.lr],
        factors=None if constant else lambda first, count: lane_factors(batch, first, count, steps),
        decoupled=decay.by_lr,
        shrinks="proximal" if decay.proximal else "after" if decay.last else "before",
        steps=steps,
    )


def _ending(batch: Batch, trace: Trace, end: int, there: Array | None) -> Ending:
    """What a run is like when it ends after step `end`.

    there : (d, lanes or more) weights after that step; None if they are the last ones.
    """
    lanes = len(trace.status)
    w = np.ascontiguousarray(trace.final_w if there is None else there[:, :lanes])
    diverged = [status == DIVERGED and step <= end for status, step in zip(trace.status, trace.steps_run, strict=True)]
    last = np.clip(trace.steps_run, 1, end)
    with np.errstate(all="ignore"):  # where a lane diverged, what follows is not finite either
        loss = batch.landscape.value(w.T, last, batch.landscape_values)
    gradient = np.empty_like(w)
    for t in np.unique(last):
        gradient[:, last == t] = gradient_at(batch, np.ascontiguousarray(w[:, last == t]), int(t))
    status = tuple(DIVERGED if gone else FINISHED for gone in diverged)
    return Ending(w=w, status=status, loss=np.asarray(loss, dtype=np.float64), gradient=gradient)


@np.errstate(all="ignore")  # as metrics/_contract.py says
def _result(key: Request, measure: Any, ending: Ending) -> Any:
    """What a metric found; one of somebody else's may have another shape, of which numpy would make other numbers."""
    spec, found = registry.load("metrics", key[0]).SPEC, measure.result(ending)
    wanted = ending.w.shape if spec.per_coordinate else ending.w.shape[1:]
    if np.shape(found) != wanted:
        raise PluginError(f"the metric {key[0]} must return shape {wanted}, and returned {np.shape(found)}")
    return found


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _as_number(value: Value) -> float | None:
    return value if isinstance(value, float) else None


def _values(key: Request, result: Any, lanes: Sequence[int]) -> tuple[Value, ...]:
    """The values of some lanes, one after another."""
    spec = registry.load("metrics", key[0]).SPEC
    if spec.text:
        return tuple(str(result[lane]) for lane in lanes)
    if spec.per_coordinate:
        return tuple(tuple(map(_number, result[:, lane].tolist())) for lane in lanes)
    return tuple(_number(float(result[lane])) for lane in lanes)
