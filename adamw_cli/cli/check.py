"""`adamw check`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from adamw_cli.cli.options import EngineOption, Format, PluginsOption, emit
from adamw_cli.cli.reporting import AUTO, CheckFormatOption, CheckReportOption, reporting
from adamw_cli.errors import ExitCode, InterruptionError, UsageError
from adamw_cli.report.output import say, write

if TYPE_CHECKING:
    from adamw_cli.gate.select import Selected

_selection, _run, _outcome = (partial(typer.Option, rich_help_panel=p) for p in ("Selection", "The run", "The outcome"))


def check(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH", help="Files, folders, names of shipped scenarios, PATH:LINE for one expectation."
        ),
    ],
    words: Annotated[
        str,
        _selection(
            "--keyword",
            "-k",
            metavar="EXPR",
            help="Only expectations whose path, scenario, run or metric has these words: and, or, not, parentheses.",
        ),
    ] = "",
    tags: Annotated[
        list[str] | None,
        _selection("--tag", "-t", metavar="TAG", help="Only scenarios with this tag, or one of these."),
    ] = None,
    exclude: Annotated[
        list[str] | None, _selection(metavar="GLOB", help="Leave out files and folders that match.")
    ] = None,
    last_failed: Annotated[
        bool, _selection("--last-failed", "--lf", help="Only what failed last time; all if nothing did.")
    ] = False,
    failed_first: Annotated[
        bool, _selection("--failed-first", "--ff", help="First what failed last time, then the others.")
    ] = False,
    shard: Annotated[str, _selection(metavar="I/N", help="The I-th of N parts of all that.")] = "",
    collect_only: Annotated[bool, _selection("--collect-only", help="List what would be judged; run nothing.")] = False,
    first: Annotated[bool, _run("--exitfirst", "-x", help="Stop after the first failure.")] = False,
    max_failures: Annotated[
        int, _run("--max-failures", min=0, metavar="N", help="Stop after this many; 0: never.")
    ] = 0,
    jobs: Annotated[int, _run("--jobs", "-n", min=0, metavar="N", help="Scenarios at once; 0: as processors.")] = 1,
    timeout: Annotated[float, _run(min=0.0, metavar="SECONDS", help="That a scenario may take; 0: no limit.")] = 300.0,
    update_snapshots: Annotated[
        bool, _run("--update-snapshots", help="Store the values of snapshots anew, instead of comparing.")
    ] = False,
    strict: Annotated[
        bool, _outcome("--strict", help="Count scenarios that expect nothing, and settings that mislead, as failures.")
    ] = False,
    exit_zero: Annotated[bool, _outcome("--exit-zero", help="Exit with 0 although expectations failed.")] = False,
    allow_empty: Annotated[bool, _outcome("--allow-empty", help="Exit with 0 if there is no scenario at all.")] = False,
    durations: Annotated[int, _outcome(min=0, metavar="N", help="Say which scenarios took longest: this many.")] = 0,
    plugins: PluginsOption = None,
    form: CheckFormatOption = AUTO,
    reports: CheckReportOption = None,
    engine: EngineOption = None,
) -> None:
    """Run scenarios and judge what they expect: a gate for CI.

    Exit codes: 0 all expectations are met; 1 one is not; 2 a scenario could not be run; 3 a bug in adamw; 5 there is none.

    \b
    Examples:
      adamw check scenarios/
      adamw check plateau my.yaml --format concise
      adamw check scenarios/ --format json
      adamw check scenarios/ --report junit=junit.xml --report sarif=adamw.sarif
      adamw check my.yaml:12
      adamw check scenarios/ -k 'adamw and not half_life' -t smoke
      adamw check scenarios/ -n 4 --shard 1/3 --timeout 60
      adamw check scenarios/ --update-snapshots
    """
    from adamw_cli.gate.run import Limits, check_and_remember
    from adamw_cli.gate.select import Filters, selected
    from adamw_cli.gate.snapshots import FOLDER
    from adamw_cli.report.document import counted
    from adamw_cli.report.formats import CHECK
    from adamw_cli.report.outcomes.words import slowest
    from adamw_cli.report.progress import Progress

    chosen = selected(paths, Filters(words, tags or (), exclude or (), last_failed, failed_first, shard))
    for note in chosen.notes:
        say(note)
    if collect_only:
        if reports:
            say("warning: --collect-only runs nothing, so that no report is written")
        _list(chosen, form, allow_empty)
    output = reporting(CHECK, form, reports)
    with Progress("scenarios") as progress:
        result = check_and_remember(
            chosen,
            update_snapshots=update_snapshots,
            strict=strict,
            limits=Limits(jobs, timeout, 1 if first else max_failures),
            progress=progress,
        )
    complete = output.deliver(result)
    if result.kept:
        say(f"{counted(result.kept, 'value')} stored in {FOLDER}, not compared: commit the folder")
    if durations:
        say(slowest(result, durations))
    if result.bug is not None:
        raise result.bug
    if result.interrupted:
        raise InterruptionError(f"{len(result.files):,} of {len(chosen.files):,} scenarios done")
    code = result.exit_code if complete else ExitCode.COULD_NOT_RUN
    _leave(code, exit_zero, allow_empty)


def _list(chosen: Selected, form: str, allow_empty: bool) -> NoReturn:
    from adamw_cli.gate.collect import collect
    from adamw_cli.report import collection as report

    tables: dict[str, Format] = {AUTO: "table", "full": "table", "json": "json", "csv": "csv", "markdown": "markdown"}
    if form not in (*tables, "concise"):
        raise UsageError(f"--collect-only has no format '{form}'", f"known: {', '.join([*tables, 'concise'])}")
    collection = collect(chosen)
    if form == "concise":
        write(report.concise(collection))
    else:
        emit(collection, tables[form])
    _leave(collection.exit_code, False, allow_empty)


def _leave(code: ExitCode, exit_zero: bool, allow_empty: bool) -> NoReturn:
    """Exit with what the flags make of a code: failures and emptiness can be forgiven, an error cannot."""
    forgiven = {ExitCode.EXPECTATION_FAILED: exit_zero, ExitCode.NOTHING_MATCHED: allow_empty}
    if forgiven.get(code, False):
        code = ExitCode.OK
    if code == ExitCode.NOTHING_MATCHED:
        say("error: no scenario is there, or left by -k, -t and --exclude\n  --allow-empty if that is fine")
    raise typer.Exit(code)
