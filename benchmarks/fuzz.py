"""Whatever is in a file, `adamw` answers: counted over many files, in worker processes.

    python benchmarks/fuzz.py [--inputs N] [--seed S] [--jobs J] [--quick]
    python benchmarks/fuzz.py --replay FILE

The files come from tests/robustness/inputs.py, the rules that each command line must keep from
tests/robustness/checking.py. In addition no worker may take more than 500 MB, crash, hang, or write past Python to its
standard output. Files are drawn in batches, each with a seed of its own and a process of its own, so that how many processes
there are does not change what is drawn. With the same seed, the same source and the same version of
hypothesis the files are the same, which the fingerprint under the table shows.

Exit code 1 if a rule is broken. The file is then in `fuzz-failures/`, with a note beside it, for `--replay`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.robustness import checking, inputs  # noqa: E402

BATCH = 200
START_SECONDS, HANG_SECONDS = 120.0, 20.0  # until the files are drawn; for all command lines of one file
ADDRESS_SPACE = 4 << 30  # keeps the machine alive; the rule is about memory that is used


@dataclass
class Figures:
    """What is counted for one class."""

    files: int = 0
    commands: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    megabytes: float = 0.0
    broken: int = 0


@dataclass(frozen=True)
class Batch:
    """Files of one class: the class, the batch's number in it, the first file's number in the class, how many."""

    name: str
    number: int
    first: int
    count: int

    def seed(self, base: int) -> int:
        """The batch's own seed; a hash, so that neighbours have nothing in common."""
        return int.from_bytes(hashlib.sha256(f"{base}/{self.name}/{self.number}".encode()).digest()[:6])


def batches(total: int) -> list[Batch]:
    """Divide a number of files among the classes, and those into batches."""
    found = []
    for one in inputs.CLASSES.values():
        count = -(-total * one.share // 100)
        found += [
            Batch(one.name, i, first, min(BATCH, count - first)) for i, first in enumerate(range(0, count, BATCH))
        ]
    return found


def peak_megabytes() -> float:
    """The most memory that this process ever had."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def work(name: str, seed: int, first: int, count: int, skip: int, folder: Path) -> None:
    """Feed a batch, one line of JSON to standard output per file; started by `Run`."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    report = os.fdopen(os.dup(1), "w")  # what compiled code might print goes to where the parent finds it
    os.dup2(2, 1)
    drawn = inputs.recipes(name, seed, count)
    tell(report, ready=len(drawn))
    for index in range(skip, len(drawn)):
        content = inputs.CLASSES[name].build(drawn[index])
        calls = checking.feed(content, folder, first + index)
        peak = peak_megabytes()
        rules = [f"{' '.join(call.arguments)}: {rule}" for call, broken in calls for rule in broken]
        rules += [f"{peak:.0f} MB"] if peak >= checking.MEGABYTES else []
        if rules:  # the next file takes the place of this one before the parent comes to read it
            (folder / f"broken-{index}").write_bytes(content)
        tell(
            report, sha=hashlib.sha256(content).hexdigest(), codes=[call.code for call, _ in calls],
            slowest=max(call.seconds for call, _ in calls), megabytes=peak, broken=rules,
        )  # fmt: skip
        if peak >= checking.MEGABYTES:  # what follows would be blamed for it; a new process is started
            return


def tell(report: IO[str], **fields: Any) -> None:
    """Write one line for the parent."""
    report.write(json.dumps(fields) + "\n")
    report.flush()


class Run:
    """All batches: starts workers, counts, keeps the files that broke a rule."""

    def __init__(self, seed: int, jobs: int, failures: Path) -> None:
        self.seed, self.jobs, self.failures = seed, jobs, failures
        self.figures = {name: Figures() for name in inputs.CLASSES}
        self.hashes: dict[tuple[str, int], list[str]] = {}
        self.lock = threading.Lock()
        self.left = 0

    def all(self, wanted: list[Batch]) -> None:
        """Feed every batch."""
        self.left = sum(batch.count for batch in wanted)
        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(self.batch, wanted))

    def batch(self, batch: Batch) -> None:
        """Feed one batch; after a crash or a hang the rest of it goes to a new worker."""
        done, drawn = 0, batch.count
        while done < drawn:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                done, drawn, ending = self.worker(batch, done, drawn, folder)
                if ending:
                    path = folder / "input.yaml"
                    self.keep(batch.name, path.read_bytes() if path.exists() else b"", [ending])
                    done += 1
        with self.lock:
            self.left -= batch.count
            if sys.stderr.isatty():
                print(f"\r{self.left} left ", end="", file=sys.stderr, flush=True)

    def worker(self, batch: Batch, done: int, drawn: int, folder: Path) -> tuple[int, int, str]:
        """Run one process; return how many files are done, how many there are, and how it ended if not well."""
        arguments = [batch.name, batch.seed(self.seed), batch.first, batch.count, done, folder]
        with (folder / "printed").open("w+b") as printed:
            process = subprocess.Popen(
                [sys.executable, __file__, "--worker", *map(str, arguments)],
                stdout=subprocess.PIPE,
                stderr=printed,
                text=True,
            )
            assert process.stdout is not None
            for line in watched(process.stdout, process.kill):
                fields = json.loads(line)
                if "ready" in fields:
                    drawn = fields["ready"]
                    continue
                self.count(batch, fields)
                if fields["broken"]:
                    self.keep(batch.name, (folder / f"broken-{done}").read_bytes(), fields["broken"])
                done += 1
            code = process.wait()
            printed.seek(0)
            text = printed.read().decode(errors="replace")
        if code:
            return done, drawn, f"the worker ended with {code} (negative: a signal; -9: it hung)\n{text}"
        return done, drawn, f"written past Python: {text}" if text else ""

    def count(self, batch: Batch, fields: dict[str, Any]) -> None:
        """Add one file to the figures."""
        with self.lock:
            figures = self.figures[batch.name]
            figures.files += 1
            figures.commands += len(fields["codes"])
            figures.codes.update(fields["codes"])
            figures.slowest = max(figures.slowest, fields["slowest"])
            figures.megabytes = max(figures.megabytes, fields["megabytes"])
            self.hashes.setdefault((batch.name, batch.number), []).append(fields["sha"])

    def keep(self, name: str, content: bytes, broken: list[str]) -> None:
        """Store a file that broke a rule, and which."""
        with self.lock:
            self.figures[name].broken += 1
            self.failures.mkdir(exist_ok=True)
            path = (
                self.failures
                / f"{name.replace(' ', '-').replace(',', '')}-{hashlib.sha256(content).hexdigest()[:12]}.yaml"
            )
            path.write_bytes(content)
            path.with_suffix(".txt").write_text("\n".join(broken) + "\n")
            print(f"{path}: {'; '.join(broken)}"[:400], file=sys.stderr)

    def table(self) -> str:
        """The figures as Markdown."""
        rows = [["class", "files", "command lines", *(f"exit {code}" for code in checking.ALLOWED), "other exit codes"]]
        rows[0] += ["slowest", "peak memory", "rules broken"]
        total = Figures()
        for figures in self.figures.values():
            total.files += figures.files
            total.commands += figures.commands
            total.codes += figures.codes
            total.slowest = max(total.slowest, figures.slowest)
            total.megabytes = max(total.megabytes, figures.megabytes)
            total.broken += figures.broken
        for name, figures in {**self.figures, "all": total}.items():
            other = sum(n for code, n in figures.codes.items() if code not in checking.ALLOWED)
            codes = [str(figures.codes[code]) for code in checking.ALLOWED]
            row = [name, str(figures.files), str(figures.commands), *codes, str(other)]
            rows.append([*row, f"{figures.slowest:.2f} s", f"{figures.megabytes:.0f} MB", str(figures.broken)])
        rows.insert(1, ["---", *["---:"] * (len(rows[0]) - 1)])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def fingerprint(self) -> str:
        """Which files they were: how many different ones, and a hash over all."""
        ordered = [sha for key in sorted(self.hashes) for sha in self.hashes[key]]
        digest = hashlib.sha256("".join(ordered).encode()).hexdigest()[:16]
        return f"{len(set(ordered))} different files, fingerprint {digest}, seed {self.seed}"


def watched(stream: IO[str], kill: Callable[[], None]) -> Iterator[str]:
    """Lines of a worker, which is killed if the next one does not come."""
    seconds = START_SECONDS
    while True:
        timer = threading.Timer(seconds, kill)
        timer.start()
        line = stream.readline()
        timer.cancel()
        if not line:
            return
        yield line
        seconds = HANG_SECONDS


def replay(path: Path) -> int:
    """Feed one file through every command line; print what comes of each."""
    content, wrong = path.read_bytes(), 0
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        for index in range(20 * len(checking.OTHERS)):
            for arguments in set(checking.commands(str(Path(folder, "input.yaml")), index)) - seen:
                seen.add(arguments)
                Path(folder, "input.yaml").write_bytes(content)
                call = checking.call(arguments, content)
                broken = checking.broken(call)
                wrong += bool(broken)
                print(f"{call.code} {call.seconds:5.2f} s  {' '.join(arguments)}  {'; '.join(broken)}")
                if broken:
                    print(call.err[:2000])
    print(f"peak memory {peak_megabytes():.0f} MB")
    return 1 if wrong or peak_megabytes() >= checking.MEGABYTES else 0


def main() -> int:
    """Feed, count, print."""
    if sys.argv[1:2] == ["--worker"]:
        name, *numbers, folder = sys.argv[2:]
        work(name, *(int(n) for n in numbers), folder=Path(folder))  # type: ignore[misc]
        return 0
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=20_000, metavar="N", help="files, at least (default: 20000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="workers at once (default: the processors)"
    )
    parser.add_argument("--quick", action="store_true", help="a few hundred files, to see that everything works")
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"), metavar="FOLDER")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="feed this file alone, through every command line")
    options = parser.parse_args()
    if options.replay:
        return replay(options.replay)
    started = time.perf_counter()
    run = Run(options.seed, options.jobs, options.failures)
    run.all(batches(300 if options.quick else options.inputs))
    print(run.table())
    print(f"\n{run.fingerprint()}; {time.perf_counter() - started:.0f} s")
    return 1 if any(figures.broken for figures in run.figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
