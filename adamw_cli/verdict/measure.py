"""Run a scenario and measure every metric of every run; theory is put beside it in simulate.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamw_cli import registry
from adamw_cli.engine.assemble import batches
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import gradient_at, run
from adamw_cli.metrics._contract import Ending, Facts
from adamw_cli.scenario.model import Scenario
from adamw_cli.trace import Trace

Value = float | str | tuple[float | None, ...] | None
# A metric together with its parameters; the same metric may be asked for with several.
Request = tuple[str, tuple[tuple[str, Any], ...]]


@dataclass(frozen=True)
class Measured:
    """One run, measured.

    Attributes
    ----------
    trace : the run alone, one lane.
    final_loss, final_gradient_norm : of the landscape as the last step saw it; None where not finite.
    values : metric and parameters -> a number, a word, one number per coordinate, or None where undefined.

    """

    run: str
    kind: str
    status: str
    steps_run: int
    trace: Trace
    final_loss: float | None
    final_gradient_norm: float | None
    values: Mapping[Request, Value]


def request(metric: str, parameters: Mapping[str, Any] | None = None) -> Request:
    """Key of a metric with parameters; those left at their defaults are not in it."""
    defaults = {p.name: p.default for p in registry.load("metrics", metric).SPEC.parameters}
    chosen = {k: v for k, v in (parameters or {}).items() if v != defaults[k]}
    return metric, tuple(sorted(chosen.items()))


def requests(scenario: Scenario) -> list[Request]:
    """Every metric once with its defaults, then what the expectations ask for with parameters."""
    wanted = [request(name) for name in registry.names("metrics")]
    wanted += [request(e.metric, e.parameters) for e in scenario.expect]
    return list(dict.fromkeys(wanted))


def measure(
    scenario: Scenario, *, progress: Callable[[int], None] | None = None, threads: int | None = None
) -> list[Measured]:
    """Run every optimizer of a scenario, in the order in which the scenario names them.

    progress : called with the number of steps done, of total_steps(scenario).
    """
    wanted = requests(scenario)
    found: dict[str, Measured] = {}
    for index, (names, batch) in enumerate(batches(scenario)):
        measures = _measures(batch, wanted)
        shifted = _shifted(progress, index * scenario.steps)
        trace = run(
            batch,
            scenario.steps,
            every=_every(scenario),
            states=scenario.record.states,
            observers=list(measures.values()),
            threads=threads,
            progress=shifted,
        )
        ending = _ending(batch, trace)
        results = {key: measured.result(ending) for key, measured in measures.items()}
        for lane, name in enumerate(names):
            values = {key: _value(key, result, lane) for key, result in results.items()}
            found[name] = Measured(
                run=name,
                kind=scenario.optimizers[name].kind,
                status=trace.status[lane],
                steps_run=int(trace.steps_run[lane]),
                trace=trace.lanes(slice(lane, lane + 1)),
                final_loss=_as_number(values[request("final_loss")]),
                final_gradient_norm=_as_number(values[request("gradient_norm")]),
                values=values,
            )
    return [found[name] for name in scenario.optimizers]


def total_steps(scenario: Scenario) -> int:
    """Steps of all batches together, for progress."""
    return scenario.steps * len(batches(scenario))


def _shifted(progress: Callable[[int], None] | None, by: int) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(by + done)


def _every(scenario: Scenario) -> int:
    return scenario.record.every or max(1, scenario.steps // 1000)


def _measures(batch: Batch, wanted: Sequence[Request]) -> dict[Request, Any]:
    facts = _facts(batch)
    return {key: registry.load("metrics", key[0]).Measure(facts, **dict(key[1])) for key in wanted}


def _facts(batch: Batch) -> Facts:
    d = batch.start.shape[0]
    best = batch.landscape.minimizer(d, batch.landscape_values)
    turn = batch.landscape.SPEC.turn_step(batch.landscape_values)
    # A landscape that switches has a gradient that does not depend on w, so the start serves as well as any point.
    # Step 0 has the gradient from before the change even where the change comes before the first step.
    push = None if turn is None else -np.sign(gradient_at(batch, np.ascontiguousarray(batch.start), turn))
    return Facts(
        start=batch.start,
        weight_decay=batch.scalars.get("weight_decay"),
        minimizer=None if best is None else np.array(best, dtype=np.float64)[:, None],
        turn_step=turn,
        turn_direction=push,
    )


def _ending(batch: Batch, trace: Trace) -> Ending:
    w = trace.final_w
    last = np.maximum(trace.steps_run, 1)
    with np.errstate(all="ignore"):  # where a lane diverged, what follows is not finite either
        loss = batch.landscape.value(w.T, last, batch.landscape_values)
    gradient = np.concatenate(
        [gradient_at(batch, np.ascontiguousarray(w[:, [lane]]), int(t)) for lane, t in enumerate(last)], axis=1
    )
    return Ending(w=w, status=trace.status, loss=np.asarray(loss, dtype=np.float64), gradient=gradient)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _as_number(value: Value) -> float | None:
    return value if isinstance(value, float) else None


def _value(key: Request, result: Any, lane: int) -> Value:
    spec = registry.load("metrics", key[0]).SPEC
    if spec.text:
        return str(result[lane])
    if spec.per_coordinate:
        return tuple(_number(float(v)) for v in result[:, lane])
    return _number(float(result[lane]))
