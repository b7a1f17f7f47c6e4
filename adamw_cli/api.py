"""The public functions: everything that the command line does, without it.

The engine is imported where something is run, so that validating scenarios does not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adamw_cli.errors import AdamwError, Problem, ScenarioError
from adamw_cli.scenario.find import discover, load_scenario
from adamw_cli.scenario.model import Scenario

if TYPE_CHECKING:
    from adamw_cli.conformance.judge import Judgement
    from adamw_cli.gate.run import Limits
    from adamw_cli.gate.select import Selection
    from adamw_cli.judging.check import CheckResult
    from adamw_cli.judging.claims import Claims
    from adamw_cli.judging.papers import Reproduction, Statement
    from adamw_cli.judging.simulate import Simulation


def simulate(
    scenario: Scenario | str | Path,
    *,
    overrides: Mapping[str, Any] | Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
    threads: int | None = None,
) -> Simulation:
    """Run a scenario and put theory beside every measured number.

    Parameters
    ----------
    scenario : a Scenario, a path, or the name of a shipped scenario.
    overrides : values in place of the file's, such as `{"optimizers.adamw.lr": 3e-4}`; for a path or a name only.
    progress : called with the number of steps done.
    threads : at most this many at once; the number of processors by default.

    Raises
    ------
    ScenarioError, UsageError
        If the scenario cannot be loaded. A run that diverges is a result, not an error.

    >>> result = simulate("plateau", overrides={"steps": 7000})
    >>> row = result.run("adamw").row("half_life")
    >>> [round(steps, 3) for steps in row.measured], [round(steps, 3) for steps in row.prediction.value]
    ([6931.125, 6931.125], [6931.125, 6931.125])

    """
    from adamw_cli.judging.simulate import simulate as run

    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario, overrides=overrides)
    return run(scenario, progress=progress, threads=threads)


def check(
    paths: Iterable[str | Path],
    *,
    selection: Selection | None = None,
    limits: Limits | None = None,
    strict: bool = False,
    update_snapshots: bool = False,
    progress: Callable[[int], None] | None = None,
) -> CheckResult:
    """Run every scenario that the paths, folders and names mean, and judge their expectations.

    Parameters
    ----------
    paths : files, folders (searched for .yaml and .yml), names of shipped scenarios, expectations as PATH:LINE.
    selection : filters of what the paths mean: gate.select.Selection.
    limits : how many at once, how long, and after how many failures to stop: gate.run.Limits.
    strict : count scenarios that expect nothing, and settings that mislead, as failures.
    update_snapshots : store the values of all snapshots anew, instead of comparing with what is stored.
    progress : called with the number of scenarios done.

    Returns
    -------
    CheckResult
        With a verdict per expectation; what could not be loaded is in it too. `exit_code` sums it up. Ctrl-C ends the
        check, and the result has what was done until then.

    >>> check(["plateau"]).exit_code.name
    'OK'

    """
    from adamw_cli.gate.run import check_all
    from adamw_cli.gate.select import selected
    from adamw_cli.gate.snapshots import Snapshots

    chosen, keeper = selected(map(str, paths), selection), Snapshots(update_snapshots)
    return check_all(chosen, keeper=keeper, strict=strict, limits=limits, progress=progress)


def claims(*, progress: Callable[[int], None] | None = None) -> Claims:
    """Run the shipped scenarios that put claims about AdamW to the test; see judging.claims.

    progress : called with the number of claims done.

    >>> result = claims()
    >>> len(result.claims), result.check.exit_code.name
    (32, 'OK')

    """
    from adamw_cli.judging.claims import claims as run
    from adamw_cli.scenario.shipped import claimed

    return run({name: load_scenario(path) for name, path in claimed().items()}, progress)


def papers() -> tuple[Statement, ...]:
    """Every statement of a paper that `reproduce` can put to the test, by paper; nothing is run.

    >>> sorted({statement.paper for statement in papers()})[:3]
    ['bock-weiss-2019', 'chen-2024', 'cohen-2022']

    """
    from adamw_cli.judging.papers import stated

    return stated(_published())


def reproduce(names: Iterable[str] = (), *, progress: Callable[[int], None] | None = None) -> Reproduction:
    """Run the shipped scenarios that reproduce published results; see judging.papers.

    Parameters
    ----------
    names : short names of papers; all of them if there are none.
    progress : called with the number of scenarios done.

    Raises
    ------
    UsageError
        If there is no such paper.

    >>> result = reproduce(["cohen-2022"])
    >>> [(found.statement.paper, found.confirmed) for found in result.results], result.check.exit_code.name
    ([('cohen-2022', True)], 'OK')

    """
    from adamw_cli.judging.papers import reproduce as run

    return run(_published(), tuple(names), progress)


def _published() -> dict[str, Scenario]:
    from adamw_cli.scenario.shipped import published

    return {name: load_scenario(path) for name, path in published().items()}


def conform(
    target: str | Callable[..., Any] | None = None,
    *,
    trajectory: str | Path | None = None,
    reference: str = "adamw",
    dtype: str = "float64",
    options: Mapping[str, Any] | Sequence[str] = (),
) -> Judgement:
    """Find out which optimizer an implementation is, and whether it is the one that it should be.

    The target's code runs in this process, with no sandbox.

    Parameters
    ----------
    target : a plain callable, a subclass of torch.optim.Optimizer or a function like those of optax; or where to find it,
        as `module:name` or `file.py:name`.
    trajectory : in place of a target, a CSV file of what an implementation did on the exported probes.
    reference : the name of a convention, with other axis values after commas: `adamw,amsgrad=before`.
    dtype : `float64` or `float32`: the type of the weights, and the precision to which they must agree.
    options : further arguments for the target, by name, or as the command line has them: `["fused=true"]`.

    Returns
    -------
    Judgement
        `conforms`, the identification axis by axis, the first divergence, advice.

    Raises
    ------
    UsageError, TargetError
        If the target cannot be found or run.

    """
    from adamw_cli.conformance.judge import conform as run
    from adamw_cli.conformance.target import parse_options

    given = options if isinstance(options, Mapping) else parse_options(options)
    return run(target, trajectory=trajectory, reference=reference, dtype=dtype, options=given)


def exported_probes() -> dict[str, Any]:
    """Return the probes of `conform` as data for JSON, for an implementation in another language.

    >>> sorted(exported_probes())
    ['columns', 'format', 'gradient', 'probes', 'steps']
    """
    from adamw_cli.conformance.trajectory import exported

    return exported()


def validate(paths: Iterable[str | Path]) -> dict[str, list[Problem]]:
    """Load scenarios without running them; return the problems of each file, none if it is right.

    >>> validate(["plateau"])
    {'plateau': []}

    """
    found: dict[str, list[Problem]] = {}
    for name in discover(map(str, paths)):
        try:
            load_scenario(name)
            found[name] = []
        except ScenarioError as error:
            found[name] = error.problems
        except AdamwError as error:
            found[name] = [Problem("S001", error.message, error.hint or "", name, None)]
    return found
