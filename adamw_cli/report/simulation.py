"""The document of a simulation: measured beside theory, run by run."""

from importlib.metadata import version
from typing import Any

from adamw_cli._version import __version__
from adamw_cli.judging.predict import NO_CLOSED_FORM
from adamw_cli.judging.simulate import Row, RunResult, Simulation
from adamw_cli.report.document import Cell, Document, Footnotes, Table, counted, error_text, left, right
from adamw_cli.scenario.model import Scenario

FORMAT = "adamw.simulate/1"
_RECORDS = (
    "scenario run kind metric coordinate unit measured theory relative_error standard_error holds_when note".split()
)


def document(*simulations: Simulation) -> Document:
    """One table per scenario; the data is one object for one scenario, else an object with a list of them."""
    data = [_data(simulation) for simulation in simulations]
    return Document(
        tables=[_table(simulation) for simulation in simulations],
        records=Table("", left(*_RECORDS), [r for s in simulations for r in _records(s)]),
        data=data[0] if len(data) == 1 else {"format": "adamw.simulate-batch/1", "results": data},
    )


def _has_value(row: Row) -> bool:
    measured = row.measured
    return any(v is not None for v in measured) if isinstance(measured, tuple) else measured is not None


def _table(simulation: Simulation) -> Table:
    scenario = simulation.scenario
    size = f"{counted(scenario.steps, 'step')}, {counted(len(scenario.start), 'coordinate')}"
    conditions = Footnotes()
    rows: list[list[Cell]] = []
    silent: dict[str, list[str]] = {}
    for run in simulation.runs:
        first = True
        for row in sorted(run.rows, key=_importance):
            if not _has_value(row) and row.theory is None:
                silent.setdefault(f"{row.label} ({row.spec.undefined})", []).append(run.measured.run)
                continue
            label, unit, measured, *theory = _cells(row, conditions)
            error = ["" if row.standard_error is None else row.standard_error] if row.trials > 1 else []
            rows.append([run.measured.run if first else "", label, unit, measured, *error, *theory])
            first = False
    several = scenario.trials > 1
    notes = [_means(scenario)] if several else []
    notes += conditions.lines
    for what, runs in silent.items():
        where = "" if len(runs) == len(simulation.runs) else f" in {', '.join(runs)}"
        notes.append(f"no value{where}: {what}")
    notes += [
        f"diverged at step {run.measured.steps_run}: {run.measured.run}"
        for run in simulation.runs
        if run.measured.status == "diverged"
    ]
    if simulation.verdicts:
        good = sum(verdict.ok for verdict in simulation.verdicts)
        notes.append(f"expectations met: {good} of {len(simulation.verdicts)}; `adamw check` judges them")
    errors = right("std. error") if several else []
    columns = [*left("run", "metric", "unit"), *right("measured"), *errors, *right("theory", "error"), *left("")]
    return Table(f"{scenario.name}: {scenario.landscape.kind}, {size}", columns, rows, notes)


def _importance(row: Row) -> int:
    """The status first, then what theory speaks of."""
    return 0 if row.metric == "status" else 1 if row.theory is not None else 2


def _cells(row: Row, conditions: Footnotes) -> list[Cell]:
    if row.spec.text and row.theory is None:
        return [row.label, "", row.measured, "", "", ""]
    if row.theory is None and row.prediction.note == NO_CLOSED_FORM:
        return [row.label, _unit(row), row.measured, NO_CLOSED_FORM, "", ""]
    if row.theory is None:
        mark = conditions.mark(f"no theory: {row.prediction.note}")
        return [row.label, _unit(row), row.measured, None, "", mark]
    mark = conditions.mark(f"holds when {row.prediction.holds_when}")
    error = "" if row.spec.text else error_text(row.relative_error)
    return [row.label, _unit(row), row.measured, row.theory, error, mark]


def _unit(row: Row) -> str:
    return "" if row.spec.text else row.spec.unit


def _records(simulation: Simulation) -> list[list[Cell]]:
    found: list[list[Cell]] = []
    for run in simulation.runs:
        for row in run.rows:
            measured, theory = row.measured, row.theory
            many = len(measured) if isinstance(measured, tuple) else 0
            about = [simulation.scenario.name, run.measured.run, run.measured.kind, row.label]
            unit, error = row.spec.unit, row.relative_error  # that of all coordinates
            ending = [row.prediction.holds_when, row.prediction.note]
            for i in range(max(many, 1)):
                one = measured[i] if isinstance(measured, tuple) else measured
                predicted = theory[i] if isinstance(theory, tuple) else theory
                off = row.standard_error[i] if isinstance(row.standard_error, tuple) else row.standard_error
                about_one = [*about, i if many else None, unit]
                found.append([*about_one, one, predicted, error, off, *ending])
    return found


def versions() -> dict[str, str]:
    """Return what decides the numbers."""
    return {"adamw-cli": __version__, **{name: version(name) for name in ("numba", "llvmlite", "numpy")}}


def _means(scenario: Scenario) -> str:
    """What the numbers of several trials are."""
    if not scenario.antithetic:
        return f"means over {scenario.trials} trials, with their standard errors"
    if scenario.trials == 2:
        return "means over one antithetic pair of trials: their standard errors are not known"
    return f"means over {scenario.trials // 2} antithetic pairs of trials, with standard errors from the pairs' means"


def _data(simulation: Simulation) -> dict[str, Any]:
    scenario = simulation.scenario
    return {
        "format": FORMAT,
        "scenario": scenario.name,
        "path": scenario.origin.name,
        "steps": scenario.steps,
        "versions": versions(),
        **({"trials": scenario.trials} if scenario.trials > 1 else {}),
        **({"antithetic": True} if scenario.antithetic else {}),
        "runs": [_run(run, simulation) for run in simulation.runs],
        "warnings": list(simulation.warnings),
    }


def _run(run: RunResult, simulation: Simulation) -> dict[str, Any]:
    measured = run.measured
    return {
        "run": measured.run,
        "kind": measured.kind,
        "status": measured.status,
        "steps_run": measured.steps_run,
        "hyperparameters": simulation.scenario.optimizers[measured.run].hyperparameters,
        "final": {
            "w": measured.trace.final_w[:, 0].tolist(),
            "loss": measured.final_loss,
            "gradient_norm": measured.final_gradient_norm,
        },
        "metrics": {row.label: _metric(row) for row in run.rows},
    }


def _metric(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"measured": row.measured, "theory": row.theory, "unit": row.spec.unit}
    if row.trials > 1:
        found |= {"standard_error": row.standard_error, "interval95": row.interval95}
    if row.theory is None:
        return {**found, "note": row.prediction.note}
    return {**found, "relative_error": row.relative_error, "holds_when": row.prediction.holds_when}
