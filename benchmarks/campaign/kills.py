"""Kills at random moments: nothing is torn, and the next run works and gives the same answer."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.campaign import running
from benchmarks.campaign.case import TEMPORARY, Case, copied, digests, emptied, files, scenario
from benchmarks.campaign.running import ALLOWED, SIGNALS, Running

EXAMPLE = running.ROOT / "docs" / "examples" / "adamw.py"
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_REPORTS = {
    "json": "r.json", "junit": "r.xml", "sarif": "r.sarif", "jsonl": "r.jsonl", "tap": "r.tap", "gitlab": "g.json", "csv": "r.csv",
}  # fmt: skip
_START_SECONDS = 0.15  # until the command's own code runs, where nothing else is going on
_LONG = "2e6"  # steps, for a trajectory that is not there at once


@dataclass(frozen=True)
class Job:
    """What is killed: the command line, what is there before it, and what is run afterwards.

    `again` does the same work over what the kill left. empty_cache : kernels have to be compiled.
    """

    name: str
    share: int
    arguments: tuple[str, ...]
    again: tuple[str, ...]
    prepare: Callable[[Case], object] = lambda case: None
    empty_cache: bool = False


def _several(case: Case, *, stored: bool = False) -> None:
    for number in range(6):
        case.write(f"{number}.yaml", scenario(name=f"number {number}", steps=str(20_000 * number + 100)))
    case.write("notes.txt", "mine")
    if stored:  # values of another run: what a kill leaves must be these or the new ones
        case.run("check", ".", "-f", "concise", CI="")
        for path in files(case.folder / "__snapshots__"):
            path.write_text(path.read_text().replace('"finished"', '"diverged"'))


def _one(case: Case, steps: str = _LONG) -> None:
    case.write("a.yaml", scenario(steps=steps, expected="near: theory"))


def _old_starter(case: Case) -> None:
    case.run("init", "deep/mine.yaml")
    case.write("deep/mine.yaml", "version: 1\n")


_CHECK = ("check", ".", "-f", "concise", *(f"--report={form}={path}" for form, path in _REPORTS.items()))
_TRACE = ("simulate", "a.yaml", "--set", "record.every=40", "-f", "csv", "--trace")
JOBS = [
    Job("check, first snapshots", 20, _CHECK, _CHECK, _several),
    Job("check, new snapshots", 14, (*_CHECK, "--update-snapshots"), (*_CHECK, "--update-snapshots"), partial(_several, stored=True)),
    Job("check -n 4", 10, (*_CHECK, "-n", "4"), _CHECK, _several),
    *(Job(f"simulate --trace {kind}", 9, (*_TRACE, f"t.{kind}"), (*_TRACE, f"t.{kind}", "--force"), _one) for kind in ("csv", "jsonl", "npz")),
    Job("compiling", 7, ("simulate", "a.yaml", "-f", "csv"), ("simulate", "a.yaml", "-f", "csv"), partial(_one, steps="100"), empty_cache=True),
    Job("init", 6, ("init", "deep/mine.yaml"), ("init", "deep/mine.yaml", "--force")),
    Job("init --force", 6, ("init", "deep/mine.yaml", "--force"), ("init", "deep/mine.yaml", "--force"), _old_starter),
    Job("cache clean", 4, ("cache", "clean"), ("cache", "clean"), _one),
    Job("conform --export-probe", 3, ("conform", "--export-probe", "probe.json"), ("conform", "--export-probe", "probe.json", "--force")),
    Job("conform", 3, ("conform", f"{EXAMPLE}:adamw", "-f", "json"), ("conform", f"{EXAMPLE}:adamw", "-f", "json")),
]  # fmt: skip


@dataclass
class Reference:
    """What an undisturbed run takes and leaves, by the name of a job."""

    seconds: float
    code: int
    out: str
    left: dict[str, str]


REFERENCES: dict[str, Reference] = {}


def _cached(case: Case, job: Job) -> None:
    """A cache for the case alone, empty or with all kernels."""
    if job.empty_cache:
        case.cache = emptied(case.spare / "cache")
    elif job.name == "cache clean":
        case.cache = copied(case.cache, case.spare / "cache")


def measure(case: Case, job: Job) -> Reference:
    """Run a job undisturbed, as a new process."""
    _cached(case, job)
    job.prepare(case)
    process, mark = running.real(job.arguments, case.folder, _environment(case))
    os.read(mark, 1)
    os.close(mark)
    started = time.monotonic()
    done = process.wait()
    seconds = time.monotonic() - started
    again = case.run(*job.again, CI="")
    assert done.code == again.code == 0, (done, again)
    return Reference(seconds, again.code, again.out, _left(case))


def _left(case: Case) -> dict[str, str]:
    """Digests of the files that are the same for every run: reports say how long it took."""
    return {name: digest for name, digest in digests(case.folder).items() if name not in _REPORTS.values()}


def _environment(case: Case) -> dict[str, str]:
    return case.environment(CI="")


def kill(case: Case) -> None:
    """Start a job, kill it, look at what is left, and run it again."""
    job = case.random.choices(JOBS, [job.share for job in JOBS])[0]
    number = case.random.choice(_SIGNALS)
    when = case.random.choices(["any", "writing", "starting"], [70, 20, 10])[0]
    part = case.random.random()
    expected = REFERENCES[job.name]
    _cached(case, job)
    job.prepare(case)
    before = _left(case)
    process, mark = running.real(job.arguments, case.folder, _environment(case))
    if when == "starting":
        time.sleep(_START_SECONDS * part)
    else:
        os.read(mark, 1)
        if when == "any":
            time.sleep(1.02 * expected.seconds * part)
        else:
            _while_writing(case, process, part)
    os.close(mark)
    process.signal(number)
    done = process.wait()
    case.ended.append(done.code)
    _judge_end(case, job, number, when, done)
    handled = done.code in SIGNALS.values()
    case.demand_sound(killed=not handled)
    case.demand_sound(case.cache / "adamw", killed=True)  # a compiler's thread is not waited for
    for name, digest in _left(case).items():
        old_or_new = digest in (before.get(name), expected.left.get(name)) or TEMPORARY.fullmatch(Path(name).name)
        case.demand(old_or_new, f"{job.name}: {name} is neither what it was nor what it becomes")
    _judge_next(case, job, expected)


def _while_writing(case: Case, process: Running, part: float) -> None:
    """Wait until a file is being written in the folder, and a moment more."""
    until = time.monotonic() + running.SECONDS
    while time.monotonic() < until:
        for place in (case.folder, case.folder / "__snapshots__", case.folder / "deep"):
            if place.is_dir() and any(TEMPORARY.fullmatch(name) for name in os.listdir(place)):
                time.sleep(0.01 * part)
                return
        if os.waitid(os.P_PID, process.child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.0005)


def _judge_end(case: Case, job: Job, number: int, when: str, done: running.Done) -> None:
    line = f"{job.name}, signal {number}, {when}"
    if when == "starting":  # the interpreter itself: whatever it does
        return
    if number == signal.SIGKILL:
        allowed: tuple[int, ...] = (-number, *ALLOWED)
    else:  # before a handler is there, a signal ends a process by itself, for which a shell has the same code
        allowed = (SIGNALS[signal.Signals(number)], -number, *ALLOWED)
    rules = [rule for rule in done.broken(allowed) if "no word" not in rule]
    case.broken += [f"{line}: {rule}" for rule in rules]


def _judge_next(case: Case, job: Job, expected: Reference) -> None:
    """The same command line, undisturbed: it works, and leaves what it leaves where nothing was killed."""
    done = case.run(*job.again, CI="")
    if done.out != expected.out:  # the first run stores what the second compares
        done = case.run(*job.again, CI="")
    case.demand(
        done.code == expected.code, f"{job.name}: the next run ends with {done.code}, not {expected.code}: {done.err}"
    )
    if job.name != "cache clean":  # which says how much there was, and where
        case.demand(done.out == expected.out, f"{job.name}: the next run prints something else")
    left = {name: digest for name, digest in _left(case).items() if not TEMPORARY.fullmatch(Path(name).name)}
    case.demand(
        left == expected.left,
        f"{job.name}: other files are left: {sorted(set(left.items()) ^ set(expected.left.items()))}",
    )
    case.demand_sound(killed=True)
    case.demand_sound(case.cache / "adamw", killed=True)
    if job.name == "cache clean":
        case.demand(
            not [path for path in files(case.cache) if path.suffix == ".o"], "kernels are left in a clean cache"
        )
