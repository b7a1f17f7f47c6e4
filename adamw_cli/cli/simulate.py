"""`adamw simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adamw_cli.cli.options import EngineOption, ForceOption, FormatOption, PlotOption, PluginsOption, emit, warn

if TYPE_CHECKING:
    from adamw_cli.judging.simulate import Simulation
    from adamw_cli.scenario.model import Scenario


def simulate(
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO", help="Files, names of shipped scenarios, or - for standard input."),
    ],
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Put a value in place of the file's, e.g. optimizers.adamw.lr=3e-4. Repeatable.",
        ),
    ] = None,
    steps: Annotated[str | None, typer.Option(metavar="N", help="Short for --set steps=N.")] = None,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the trajectories: .csv, .jsonl, .npz, or .parquet (extra 'parquet')."),
    ] = None,
    plot: PlotOption = None,
    force: ForceOption = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="At most this many at once; results do not depend on it.")
    ] = None,
    plugins: PluginsOption = None,
    form: FormatOption = "table",
    engine: EngineOption = None,
) -> None:
    """Run scenarios: what was measured beside what theory predicts.

    \b
    Examples:
      adamw simulate plateau
      adamw simulate my.yaml --set optimizers.adamw.lr=3e-4 --steps 1e5
      adamw simulate plateau --format json
      adamw simulate plateau --set record.every=1 --trace plateau.csv
      adamw simulate plateau --plot plateau.svg
    """  # fmt: skip
    from adamw_cli.report import plot as drawing
    from adamw_cli.report import trace_files

    if trace is not None:
        trace_files.check_name(trace)
    if plot is not None:
        drawing.check_name(plot)
    loaded = _load(scenarios, [*(assignments or []), *([f"steps={steps}"] if steps is not None else [])])
    from adamw_cli.judging.simulate import simulate as run
    from adamw_cli.report.progress import Progress

    results: list[Simulation] = []
    try:
        for scenario in loaded:
            with Progress("steps") as progress:
                results.append(run(scenario, progress=progress, threads=threads))
    finally:  # what was done before an interruption is not lost
        if results:
            from adamw_cli.report.simulation import document

            for one in results:
                warn(one.warnings)
            emit(document(*results), form)
    if trace is not None:
        trace_files.write(results, trace, overwrite=force)
    if plot is not None:
        title = ", ".join(simulation.scenario.name for simulation in results)
        drawing.write(plot, title, drawing.simulation_panels(results), overwrite=force)


def _load(names: list[str], overrides: list[str]) -> list[Scenario]:
    """Load all before any is run, so that the mistakes of all are reported at once."""
    from adamw_cli.errors import ScenarioError
    from adamw_cli.scenario.find import load_scenario

    loaded, problems = [], []
    for name in names:
        try:
            loaded.append(load_scenario(name, overrides=overrides))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return loaded
