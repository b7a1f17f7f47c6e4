"""The documents of `adamw decay`, `overshoot` and `critical-lambda`: quantities down the rows, theory beside measurement."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from adamw_cli.judging.predict import NO_CLOSED_FORM
from adamw_cli.judging.predict.turn import NOT_PUSHED
from adamw_cli.judging.simulate import Comparison, Simulation
from adamw_cli.report.document import NO_VALUE, Cell, Document, Footnotes, Table, counted, error_text, left, right
from adamw_cli.report.sparkline import sparkline
from adamw_cli.report.table import takes_unicode
from adamw_cli.studies.critical_lambda import CriticalLambda, CurvePoint
from adamw_cli.studies.decay import Decay
from adamw_cli.studies.overshoot import Overshoot
from adamw_cli.studies.study import Hyperparameters, Study

_COLUMNS = (*left("run", "path", "quantity", "unit"), *right("measured", "theory", "error"), *left(""))
_RECORDS = ("run", "start", "quantity", "unit", "measured", "theory", "relative_error", "holds_when", "note")
_WIDTH = 20
_NO_TURN = "the momentum does not turn within the run, or nothing pushed before the flip"

# A quantity of a run: its name, its unit, the numbers, and what it means that it has no measured value.
Quantity = tuple[str, str, Comparison, str]


class _Quantities:
    """Quantities of several runs: rows and their notes for people, records for spreadsheets."""

    def __init__(self) -> None:
        self.notes = Footnotes()
        self.rows: list[list[Cell]] = []
        self.records: list[list[Cell]] = []

    def add(self, run: str, start: float, quantities: Sequence[Quantity], path: str, label: str = "") -> dict[str, Any]:
        """Add those of a run, and return them for JSON; the run and its path stand beside the first."""
        about: list[Cell] = [label or run, path]
        for name, unit, n, missing in quantities:
            error = "" if n.relative_error is None else error_text(n.relative_error)
            theory = NO_CLOSED_FORM if n.theory is None and n.note == NO_CLOSED_FORM else n.theory
            marks = self._marks(n, missing)
            self.rows.append([*about, name, "" if unit == "1" else unit, n.measured, theory, error, marks])
            self.record(run, start, name, unit, n, missing)
            about = ["", ""]
        return {name: _numbers(numbers, missing) for name, _, numbers, missing in quantities}

    def record(self, run: str, start: float, name: str, unit: str, n: Comparison, missing: str) -> None:
        """Add a quantity to the records alone."""
        note = n.note or (missing if n.measured is None else "")
        self.records.append([run, start, name, unit, n.measured, n.theory, n.relative_error, n.holds_when, note])

    def _marks(self, n: Comparison, missing: str) -> str:
        found = [self.notes.mark(missing)] if n.measured is None and missing else []
        if n.theory is not None:
            found.append(self.notes.mark(f"holds when {n.holds_when}"))
        elif n.note and n.note not in (NO_CLOSED_FORM, missing):
            found.append(self.notes.mark(f"no theory: {n.note}"))
        return " ".join(found)


def _numbers(numbers: Comparison, missing: str = "") -> dict[str, Any]:
    """A pair for JSON."""
    found: dict[str, Any] = {"measured": numbers.measured, "theory": numbers.theory}
    found["relative_error"] = numbers.relative_error
    if numbers.theory is not None:
        found["holds_when"] = numbers.holds_when
    reasons = dict.fromkeys(
        [*([missing] if numbers.measured is None and missing else []), *filter(None, [numbers.note])]
    )
    return {**found, "note": "; ".join(reasons)} if reasons else found


def _path(simulation: Simulation, run: str, coordinate: int, first: int = 0, last: float = math.inf) -> str:
    """A run's weight from step `first` to step `last`, in a line of text."""
    trace = simulation.run(run).measured.trace
    shown = trace.w[(trace.steps >= first) & (trace.steps <= last), coordinate, 0]
    return sparkline(shown.tolist(), _WIDTH, takes_unicode())


def _hyperparameters(hyper: Hyperparameters) -> str:
    text = f"lr {hyper.lr:g}, weight_decay {hyper.weight_decay:g}, betas {hyper.beta1:g} {hyper.beta2:g}, eps {hyper.eps:g}"
    plain = hyper.schedule == "constant" and not hyper.schedule_parameters
    return text if plain else f"{text}, {hyper.schedule} schedule"


def _document(
    name: str,
    study: Study,
    found: _Quantities,
    notes: Sequence[str],
    data: Mapping[str, Any],
    *tables: Table,
    title: str = "",
) -> Document:
    """The table of the quantities below those that come before it; what every study has to say, around the data."""
    records = Table("", left(*_RECORDS), found.records)
    about = {"format": f"adamw.{name}/1", "settings": study.hyperparameters.settings, **data}
    table = Table(title, _COLUMNS, found.rows, notes)
    return Document([*tables, table], records, {**about, "warnings": list(study.warnings)})


def decay_document(result: Decay) -> Document:
    """One block of rows per rule and starting weight."""
    found, data = _Quantities(), []
    starts = result.simulation.scenario.start
    for index, run in enumerate(result.runs):
        quantities: list[Quantity] = [
            ("half_life", "steps", run.half_life, "never half within the run"),
            ("tenth_life", "steps", run.tenth_life, "never a tenth within the run"),
            ("first_sign_change", "steps", run.first_sign_change, "the sign never changes within the run"),
            ("first_step", "weight", run.first_step, "the run diverged"),
        ]
        label = f"{run.kind} from {run.start:g}"
        path = _path(result.simulation, run.kind, index % len(starts))
        pairs = found.add(run.kind, run.start, quantities, path, label)
        data.append({"kind": run.kind, "start": run.start, **pairs, "explanation": run.explanation})
    said = list(dict.fromkeys(f"{run.kind} from {run.start:g}: {run.explanation}" for run in result.runs))
    title = f"decay: plateau, {counted(result.simulation.scenario.steps, 'step')}, {_hyperparameters(result.hyperparameters)}"
    notes = [*found.notes.lines, *_once(said), result.explanation]
    about = {"steps": result.simulation.scenario.steps, "runs": data, "explanation": result.explanation}
    return _document("decay", result, found, notes, about, title=title)


def _once(lines: Sequence[str]) -> list[str]:
    """Lines of which several say the same of different weights are put together."""
    by_text: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        about, _, text = line.partition(": ")
        kind, _, start = about.partition(" from ")
        by_text.setdefault((kind, text), []).append(start)
    return [f"{kind} from {', '.join(starts)}: {text}" for (kind, text), starts in by_text.items()]


def overshoot_document(result: Overshoot) -> Document:
    """One block of rows per rule."""
    found, data = _Quantities(), []
    for run in result.runs:
        quantities: list[Quantity] = [
            ("flip_steps", "steps", run.flip_steps, _NO_TURN),
            ("overshoot", "weight", run.overshoot, NOT_PUSHED),
            ("peak_step", "steps", run.peak_step, NOT_PUSHED),
            ("return_step", "steps", run.return_step, "it does not go beyond, or not back within the run"),
        ]
        path = _path(result.simulation, run.kind, 0, *result.window)
        pairs = found.add(run.kind, result.simulation.scenario.start[0], quantities, path)
        about = {"kind": run.kind, "weight_at_flip": run.weight_at_flip}
        data.append({**about, **pairs, "explanation": run.explanation})
    scenario = result.simulation.scenario
    title = f"overshoot: gradient {result.gradient:g} for {counted(result.flip_at, 'step')}, then {-result.gradient:g}, from {scenario.start[0]:g}, {_hyperparameters(result.hyperparameters)}"
    said = [f"{run.kind}: {run.explanation}" for run in result.runs]
    counted_from = "steps are counted from the flip; paths are shown from just before it"
    return _document(
        "overshoot",
        result,
        found,
        [counted_from, *found.notes.lines, *said, *filter(None, [result.explanation])],
        {
            "start": scenario.start[0],
            "gradient": result.gradient,
            "flip_at": result.flip_at,
            "steps": scenario.steps,
            "crossover_gradient": result.crossover_gradient,
            "runs": data,
            "explanation": result.explanation,
        },
        title=title,
    )


_CURVE = right("j", "m_hat", "sqrt(v_hat)", "w", "critical lambda", "theory", "error", "step at it", "next step")
_CURVE += right("from step 1 on", "theory", "error")


def _curve_row(point: CurvePoint) -> list[Cell]:
    here, whole = point.critical_lambda, point.self_consistent
    errors = [NO_VALUE if n.relative_error is None else error_text(n.relative_error) for n in (here, whole)]
    balance: list[Cell] = [here.measured, here.theory, errors[0], point.step_at_critical_lambda, point.next_step]
    return [point.j, point.m_hat, point.v_hat**0.5, point.w, *balance, whole.measured, whole.theory, errors[1]]


def critical_lambda_document(result: CriticalLambda) -> Document:
    """The curve, then what the run with the given weight decay does."""
    found, scenario = _Quantities(), result.simulation.scenario
    with_decay: list[Quantity] = [
        ("peak_step", "steps", result.peak_step, NOT_PUSHED),
        ("peak_excursion", "weight", result.peak_excursion, NOT_PUSHED),
    ]
    without: list[Quantity] = [("residual_drift", "weight", result.residual_drift, NOT_PUSHED)]
    start = result.window[0]
    pairs = found.add("adamw", scenario.start[0], with_decay, _path(result.simulation, "adamw", 0, start))
    pairs |= found.add("adam", scenario.start[0], without, _path(result.simulation, "adam", 0, start))
    title = f"critical lambda: gradient {result.gradient:g} for {counted(result.pulse_steps, 'step')}, then none, from {scenario.start[0]:g}, {_hyperparameters(result.hyperparameters)}"
    reasons = list(dict.fromkeys(point.reason for point in result.curve if point.reason))
    curve_notes = [
        "j steps after the last gradient; the critical lambda is the weight decay for which that one step is 0, found by running it",
        "from step 1 on: the weight decay for which that step is 0 if it acts from the start, so that w depends on it too",
        *(f"no critical lambda: {reason}" for reason in reasons),
    ]
    curve = Table(title, _CURVE, [_curve_row(point) for point in result.curve], curve_notes)
    for point in result.curve:
        name = f"critical_lambda[j={point.j}]"
        found.record("adamw", scenario.start[0], name, "1", point.critical_lambda, point.reason)
    return _document(
        "critical-lambda",
        result,
        found,
        [*found.notes.lines, result.explanation, *result.notes],
        {
            "start": scenario.start[0],
            "gradient": result.gradient,
            "pulse_steps": result.pulse_steps,
            "steps": scenario.steps,
            "curve": [_curve_data(point) for point in result.curve],
            **pairs,
            "self_consistent": [{"j": p.j, **_numbers(p.self_consistent, p.reason)} for p in result.curve],
            "explanation": result.explanation,
            "notes": list(result.notes),
        },
        curve,
    )


def _curve_data(point: CurvePoint) -> dict[str, Any]:
    return {
        **{name: getattr(point, name) for name in ("j", "m_hat", "v_hat", "w")},
        "critical_lambda": _numbers(point.critical_lambda, point.reason),
        "step_at_critical_lambda": point.step_at_critical_lambda,
        "next_step": point.next_step,
    }
