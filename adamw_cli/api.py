"""The public functions that run something or look something up: what the commands of their names do, without a terminal.

Keyword arguments have the names of the flags. What takes long to import is imported where it is used. What is a function of one
room alone is there: adamw_cli lists all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike, environ, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from adamw_cli.errors import AdamwError, Problem, ScenarioError, UsageError
from adamw_cli.report import results
from adamw_cli.result import Result, Text

if TYPE_CHECKING:
    from adamw_cli.gate.collect import Collection
    from adamw_cli.judging.check import CheckResult
    from adamw_cli.judging.claims import Claims
    from adamw_cli.judging.papers import Gallery, Reproduction
    from adamw_cli.judging.simulate import Simulation
    from adamw_cli.report.environment import Diagnosis, KernelCache
    from adamw_cli.report.validation import Validation
    from adamw_cli.scenario.model import Scenario

Name = str | PathLike[str]
Progress = Callable[[int, int], None]

Result.rendering = results


def simulate(
    scenario: Scenario | Name,
    *,
    set: Mapping[str, Any] | Sequence[str] = (),
    steps: float | str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Simulation:
    """Run a scenario and put theory beside every measured number.

    Parameters
    ----------
    scenario : a Scenario, a path, or the name of a shipped scenario.
    set : values in place of the file's, such as `{"optimizers.adamw.lr": 3e-4}` or `["optimizers.adamw.lr=3e-4"]`.
    steps : short for setting `steps`.
    threads : at most this many at once; the number of processors by default.
    progress : called with the number of steps done, and how many there are.

    Raises
    ------
    ScenarioError, UsageError
        If the scenario cannot be loaded. A run that diverges is a result, not an error.

    >>> result = simulate("plateau", steps=7000)
    >>> row = result["adamw"]["half_life"]
    >>> [round(steps, 3) for steps in row.measured], [round(steps, 3) for steps in row.theory]
    ([6931.125, 6931.125], [6931.125, 6931.125])

    """
    from adamw_cli.judging.simulate import simulate as run
    from adamw_cli.scenario.find import load_scenario
    from adamw_cli.scenario.model import Scenario

    if not isinstance(scenario, Scenario):
        changes: Mapping[str, Any] | Sequence[str] = set
        if steps is not None and isinstance(set, Mapping):
            changes = {**set, "steps": steps}
        elif steps is not None:
            changes = [*([set] if isinstance(set, str) else set), f"steps={steps}"]
        scenario = load_scenario(fspath(scenario), overrides=changes)
    elif set or steps is not None:
        raise UsageError("`set` and `steps` change what is read from a file", "give its name, not the scenario")
    return run(scenario, progress=progress, threads=threads)


def check(
    paths: Name | Iterable[Name],
    *,
    keyword: str = "",
    tag: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    last_failed: bool = False,
    failed_first: bool = False,
    shard: str = "",
    exitfirst: bool = False,
    max_failures: int = 0,
    jobs: int = 1,
    timeout: float = 300.0,
    update_snapshots: bool = False,
    strict: bool = False,
    progress: Progress | None = None,
) -> CheckResult:
    """Run every scenario that the paths, folders and names mean, and judge their expectations.

    Parameters
    ----------
    paths : files, folders (searched for .yaml and .yml), names of shipped scenarios, expectations as PATH:LINE.
    keyword : only expectations whose path, scenario, run or metric has these words: and, or, not, parentheses.
    tag : only scenarios with this tag, or one of these.
    exclude : patterns of files and folders to leave out.
    last_failed, failed_first : only, or first, what failed the last time that anything was checked.
    shard : `"1/3"`, the first of three parts of all that.
    exitfirst, max_failures : stop after the first failure, or after so many; 0 for never.
    jobs : scenarios at once; 0 for the number of processors.
    timeout : seconds that a scenario may take; 0 for no limit.
    update_snapshots : store the values of all snapshots anew, instead of comparing with what is stored.
    strict : count scenarios that expect nothing, and settings that mislead, as failures.
    progress : called with the number of scenarios done, and how many there are.

    Returns
    -------
    CheckResult
        With a verdict per expectation; what could not be loaded is in it too. `exit_code` sums it up. Ctrl-C ends the
        check, and the result has what was done until then.

    >>> check("plateau").exit_code.name
    'OK'

    """
    from adamw_cli.gate.run import Limits, check_and_remember
    from adamw_cli.gate.select import Filters, selected

    filters = Filters(keyword, _several(tag), _several(exclude), last_failed, failed_first, shard)
    return check_and_remember(
        selected(_several(paths), filters),
        update_snapshots=update_snapshots,
        strict=strict,
        limits=Limits(jobs, timeout, 1 if exitfirst else max_failures),
        progress=progress,
    )


def collect(
    paths: Name | Iterable[Name],
    *,
    keyword: str = "",
    tag: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    last_failed: bool = False,
    failed_first: bool = False,
    shard: str = "",
) -> Collection:
    """Return what `check` would judge, and run nothing; see there for the parameters.

    >>> [(item.run, item.metric) for item in collect("plateau").items][0]
    ('adamw', 'half_life')

    """
    from adamw_cli.gate.collect import collect as read
    from adamw_cli.gate.select import Filters, selected

    filters = Filters(keyword, _several(tag), _several(exclude), last_failed, failed_first, shard)
    return read(selected(_several(paths), filters))


def _several(names: Name | Iterable[Name]) -> list[str]:
    """One name, or several, as texts."""
    return [fspath(names)] if isinstance(names, str | PathLike) else [fspath(name) for name in names]


def validate(paths: Name | Iterable[Name]) -> Validation:
    """Load scenarios without running them; the result has the problems of each file, none if it is right.

    >>> validate("plateau").files
    {'plateau': ()}

    """
    from adamw_cli.report.validation import Validation
    from adamw_cli.scenario.find import discover, load_scenario

    found: dict[str, tuple[Problem, ...]] = {}
    for name in discover(_several(paths)):
        found[name] = ()
        try:
            load_scenario(name)
        except ScenarioError as error:
            found[name] = tuple(error.problems)
        except AdamwError as error:
            found[name] = (Problem("S001", error.message, error.hint or "", name, None),)
    return Validation(found)


def claims(*, progress: Progress | None = None) -> Claims:
    """Run the shipped scenarios that put claims about AdamW to the test; see judging.claims.

    progress : called with the number of claims done, and how many there are.

    >>> result = claims()
    >>> len(result.claims), result.check.exit_code.name
    (32, 'OK')

    """
    from adamw_cli.judging.claims import claims as run
    from adamw_cli.scenario.shipped import claimed

    return run(_loaded(claimed()), progress)


def papers() -> Gallery:
    """Every statement of a paper that `reproduce` can put to the test, by paper; nothing is run.

    >>> sorted({statement.paper for statement in papers().statements})[:3]
    ['bock-weiss-2019', 'chen-2024', 'cohen-2022']

    """
    from adamw_cli.judging.papers import Gallery, stated
    from adamw_cli.scenario.shipped import published

    return Gallery(stated(_loaded(published())))


def reproduce(papers: str | Iterable[str] = (), *, progress: Progress | None = None) -> Reproduction:
    """Run the shipped scenarios that reproduce published results; see judging.papers.

    Parameters
    ----------
    papers : short names of papers; all of them if there are none.
    progress : called with the number of scenarios done, and how many there are.

    Raises
    ------
    UsageError
        If there is no such paper.

    >>> result = reproduce("cohen-2022")
    >>> [(found.statement.paper, found.confirmed) for found in result.results], result.check.exit_code.name
    ([('cohen-2022', True)], 'OK')

    """
    from adamw_cli.judging.papers import reproduce as run
    from adamw_cli.scenario.shipped import published

    return run(_loaded(published()), _several(papers), progress)


def _loaded(scenarios: Mapping[str, Path]) -> dict[str, Scenario]:
    from adamw_cli.scenario.find import load_scenario

    return {name: load_scenario(path) for name, path in scenarios.items()}


def init(path: Name = "-", *, force: bool = False) -> Text:
    """Return the text of a starter scenario; write it to a file, and the JSON Schema beside it, if one is named.

    force : overwrite the file if it exists.

    >>> init().splitlines()[0]
    'version: 1'

    """
    from adamw_cli.report import starter

    place = Path(path)
    if str(place) == "-":
        return Text(starter.text(place.stem, None))
    starter.write(place, force)
    return Text(place.read_text(encoding="utf-8"))


def doctor() -> Diagnosis:
    """Return versions, the kernel cache, the standard streams, and a self-test of the engine, with what to do about each problem.

    >>> doctor().ok
    True

    """
    from adamw_cli.engine.doctor import examine
    from adamw_cli.report.environment import Diagnosis

    return Diagnosis(tuple(examine()))


def cache(action: Literal["info", "clean", "warm"] = "info", *, old: bool = False) -> KernelCache:
    """Return where compiled kernels are; after deleting them, or compiling those of shipped scenarios and of `conform`.

    old : with `clean`, delete kernels of other versions only.

    >>> cache().changed
    0

    """
    from adamw_cli.engine import cache as store
    from adamw_cli.engine import choice, private
    from adamw_cli.report.environment import KernelCache

    if action not in ("info", "clean", "warm"):
        raise UsageError(f"`action` must be info, clean or warm, not {action!r}")
    changed = _warmed() if action == "warm" else 0
    native = choice.native()
    current = None if native is None else native.folder()
    named = environ.get(private.ENVIRONMENT_VARIABLE)
    if action == "clean" and named and private.root() not in (None, Path(named) / "adamw"):
        raise UsageError(f"nothing was deleted: compiled code is not kept in {named}", "name another folder, or none")
    if action == "clean":
        changed = store.clean(keep=current if old else None)
    return KernelCache(private.root(), current, tuple(private.kernels()), changed)


def _warmed() -> int:
    """Compile; return how many kernels there were to compile."""
    from adamw_cli.conformance.probes import probes
    from adamw_cli.conformance.runs import run
    from adamw_cli.conformance.variants import space
    from adamw_cli.engine import choice
    from adamw_cli.engine.native import compiled_here
    from adamw_cli.engine.warm import warm
    from adamw_cli.scenario.shipped import shipped

    choice.use("llvm")
    before = len(compiled_here())
    warm(_loaded(shipped()).values())
    run(space()[:1], probes())
    return len(compiled_here()) - before
