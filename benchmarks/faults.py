"""A campaign of faults: kills, full disks, spoilt files, races, hostile texts and arguments; counted, and judged by rules.

    python benchmarks/faults.py [--inputs N] [--kills K] [--seed S] [--jobs J] [--quick] [--only CLASS]
    python benchmarks/faults.py --replay FILE

An input is one case of one of the classes in `CLASSES`; what it consists of is drawn from the seed, the class and the case's number,
so the same seed draws the same cases however many workers there are. What a kill or a change meets depends on the machine's
timing as well. Rules that every process keeps: an exit code that is documented, and not 3; no traceback; an end within 60 s; what is
wrong is said. What else holds for a class is in its module in benchmarks/campaign/.

Linux; as root the disks are file systems in memory, in a namespace of mounts that goes with the campaign, and otherwise limits on the size of
files. Exit code 1 if a rule is broken: the case is then in `faults-failures/`, for `--replay`.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads is not to be forked

from benchmarks.campaign import arguments, disks, kills, running, spoilt, texts, together  # noqa: E402
from benchmarks.campaign.case import Case, emptied, scenario  # noqa: E402

# Class -> what runs a case, and its share of all inputs in percent; kills are counted apart.
CLASSES: dict[str, tuple[Callable[[Case], None], float]] = {
    "kills": (kills.kill, 0),
    "disks, full or read-only": (disks.full, 6),
    "cache on a full disk": (disks.full_cache, 0.3),
    "folders swapped at work": (disks.swapped, 0.7),
    "folders vanished at work": (disks.vanished, 2.5),
    "spoilt caches": (spoilt.cache, 0.5),
    "spoilt kernels, read directly": (spoilt.kernel_read, 20),
    "spoilt snapshots": (spoilt.snapshot, 10),
    "spoilt settings": (spoilt.settings, 7.5),
    "several at once": (together.several, 0.5),
    "hostile texts": (texts.hostile, 22),
    "arguments": (arguments.any_line, 30),
}
CODES = (0, 1, 2, 5)
_QUICK = {"kills": 12, "cache on a full disk": 1, "spoilt caches": 2, "several at once": 3}


@dataclass
class Figures:
    """What is counted for one class."""

    inputs: int = 0
    processes: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    ended: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    seconds: float = 0.0
    broken: int = 0


class Base:
    """The folder in which everything happens, and what a worker has of it."""

    def __init__(self, folder: Path, own: bool) -> None:
        self.folder, self.own, self.until = folder, own, math.inf

    def case(self, random: Random, worker: str) -> Case:
        """A fresh case; the cache is the worker's."""
        place = self.folder / worker
        spare = emptied(place / "spare")
        return Case(random, emptied(place / "case"), self.cache(worker), spare, self.own)

    def cache(self, worker: str) -> Path:
        """The worker's own cache, a copy of the one that `prepare` filled."""
        place = self.folder / worker / "cache"
        if not place.is_dir():
            place.parent.mkdir(exist_ok=True)
            shutil.copytree(self.folder / "first" / "cache", place)
        for memory in (place / "adamw").glob("failed-*"):
            memory.unlink()
        return place


def prepare(base: Base) -> None:
    """Compile what the cases need, and note what they answer where nothing is wrong."""
    emptied(base.folder / "first" / "cache")
    for job in kills.JOBS:
        for _ in range(2):  # the first time compiles
            case = base.case(Random(0), "first")
            kills.REFERENCES[job.name] = kills.measure(case, job)
        if case.broken:
            raise SystemExit(f"{job.name} does not work here: {case.broken}")
    case = base.case(Random(0), "first")
    case.write("a.yaml", scenario(expected="near: theory"))
    spoilt.ANSWERS["simulate"] = case.run("simulate", "a.yaml", "-f", "csv").out
    case.write("a.yaml", scenario())
    case.run("check", "a.yaml", CI="")
    spoilt.ANSWERS["snapshot"] = (case.folder / "__snapshots__" / "a.yaml.json").read_text()


_BASE: list[Base] = []


def work(given: tuple[str, int, int]) -> dict[str, Any] | None:
    """Run one case; what came of it, or None if it is too late for one."""
    if time.monotonic() > _BASE[0].until:
        return None
    name, seed, number = given
    started = time.monotonic()
    case = _BASE[0].case(Random(f"{seed}/{name}/{number}"), f"worker-{os.getpid()}")
    try:
        CLASSES[name][0](case)
    except Exception as error:  # of the campaign itself: it is no answer, and is not to be taken for one
        case.broken.append(f"the campaign: {type(error).__name__}: {error}")
    return {
        "class": name, "seed": seed, "number": number, "broken": case.broken, "codes": [call.code for call in case.calls],
        "ended": case.ended, "slowest": max((call.seconds for call in case.calls), default=0.0), "seconds": time.monotonic() - started,
        "calls": [[*call.arguments] for call in case.calls],
    }  # fmt: skip


def drawn(inputs: int, killed: int, seed: int, only: str | None, quick: bool) -> Iterator[tuple[str, int, int]]:
    """All cases: the classes in turn, in proportion."""
    counts = {name: round(inputs * share / 100) for name, (_, share) in CLASSES.items()}
    counts["kills"] = killed
    if quick:
        counts = {name: _QUICK.get(name, max(8, count)) for name, count in counts.items()}
    if only is not None:
        counts = {name: count for name, count in counts.items() if only in name}
    places = [((number + 0.5) / count, name, number) for name, count in counts.items() for number in range(count)]
    for _, name, number in sorted(places):
        yield name, seed, number


def table(found: dict[str, Figures]) -> str:
    """The figures as Markdown."""
    heads = [
        "class",
        "inputs",
        "processes",
        *(f"exit {code}" for code in CODES),
        "other",
        "130, 143, 129",
        "killed",
        "slowest",
        "rules broken",
    ]
    rows = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    total = Figures()
    for one in found.values():
        total.inputs += one.inputs
        total.processes += one.processes
        total.codes += one.codes
        total.ended += one.ended
        total.slowest = max(total.slowest, one.slowest)
        total.broken += one.broken
    for name, one in {**found, "all": total}.items():
        other = sum(count for code, count in one.codes.items() if code not in CODES)
        handled = sum(count for code, count in one.ended.items() if code in running.SIGNALS.values())
        gone = sum(count for code, count in one.ended.items() if code < 0)
        cells = [
            one.inputs,
            one.processes,
            *(one.codes[code] for code in CODES),
            other,
            handled,
            gone,
            f"{one.slowest:.1f} s",
            one.broken,
        ]
        rows.append([name, *map(str, cells)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def keep(result: dict[str, Any], failures: Path) -> None:
    """Store a case that broke a rule."""
    failures.mkdir(exist_ok=True)
    path = failures / f"{result['class'].replace(' ', '-').replace(',', '')}-{result['seed']}-{result['number']}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\n{path}: {'; '.join(result['broken'])}"[:700], file=sys.stderr)


def campaign(cases: list[tuple[str, int, int]], jobs: int, failures: Path) -> dict[str, Figures]:
    """Run the cases in worker processes."""
    found = {name: Figures() for name in CLASSES if any(case[0] == name for case in cases)}
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for done, result in enumerate(pool.imap_unordered(work, cases), start=1):
            if result is None:
                continue
            one = found[result["class"]]
            one.inputs += 1
            one.processes += len(result["codes"]) + len(result["ended"])
            one.codes.update(result["codes"])
            one.ended.update(result["ended"])
            one.slowest = max(one.slowest, result["slowest"])
            one.seconds += result["seconds"]
            if result["broken"]:
                one.broken += 1
                keep(result, failures)
            if done % 500 == 0 or sys.stderr.isatty():
                print(f"\r{done} of {len(cases)} ", end="", file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--inputs", type=int, default=20_000, metavar="N", help="cases other than kills (default: 20000)"
    )
    parser.add_argument("--kills", type=int, default=1000, metavar="K", help="processes killed (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="workers at once (default: the processors)"
    )
    parser.add_argument("--minutes", type=float, default=0.0, help="start no case after so many (default: run all)")
    parser.add_argument("--quick", action="store_true", help="a few of each class, to see that everything works")
    parser.add_argument("--only", metavar="CLASS", help="the classes with this word in their names")
    parser.add_argument("--failures", type=Path, default=Path("faults-failures"), metavar="FOLDER")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run this case alone")
    options = parser.parse_args()
    failures = options.failures.absolute()  # the working directory changes
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        own = running.own_mounts()
        running.preload()
        base = Base(Path(name).resolve(), own)
        _BASE[:] = [base]
        prepare(base)
        if options.replay:
            stored = json.loads(options.replay.read_text())
            result = work((stored["class"], stored["seed"], stored["number"]))
            print(json.dumps(result, indent=1))
            return 1 if result["broken"] else 0
        base.until = time.monotonic() + (60 * options.minutes if options.minutes else math.inf)
        cases = list(
            drawn(150 if options.quick else options.inputs, options.kills, options.seed, options.only, options.quick)
        )
        found = campaign(cases, options.jobs, failures)
    print(table(found))
    print(", ".join(f"{name} {one.seconds:.0f} s" for name, one in found.items()), file=sys.stderr)
    means = "file systems of their own" if own else "limits on the size of files"
    print(f"\nseed {options.seed}, {options.jobs} workers, {time.perf_counter() - started:.0f} s; disks by {means}")
    return 1 if any(one.broken for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
