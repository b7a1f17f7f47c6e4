"""How many scenarios `adamw check` judges per second, and what they take of memory: `python benchmarks/check.py`.

The scenarios are copies of the shipped ones, and, for what workers are worth, some in which the engine has most of the work.
Each row is a process of its own, started in turn with the others; the best time of each counts. Every row's output
must be the same bytes, whatever the number of workers.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONG = """\
version: 1
landscape: {{kind: quadratic, curvature: [1.0, 0.1], center: [1.0, -1.0]}}
start: [{start}, 0.5]
steps: 3e6
optimizers:
  adamw: {{lr: 1e-3, weight_decay: 0.1}}
expect:
  - {{metric: final_loss, finite: true}}
"""


@dataclass
class Row:
    """One command line, and the best of what was measured."""

    what: str
    folder: Path
    scenarios: int
    jobs: int
    seconds: float = float("inf")
    megabytes: float = float("inf")
    output: set[str] = field(default_factory=set)

    def measure(self) -> None:
        """Start the process and wait for it."""
        command = [sys.executable, "-m", "adamw_cli", "check", ".", "-n", str(self.jobs), "-f", "json"]
        started = time.perf_counter()
        with subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            out = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{self.what}: exit code {process.returncode}")
        self.seconds = min(self.seconds, time.perf_counter() - started)
        self.megabytes = min(self.megabytes, usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10))
        self.output.add(hashlib.sha256(out).hexdigest()[:12])


def copies(folder: Path, count: int) -> Path:
    """Copies of the shipped scenarios, all of them in turn."""
    folder.mkdir()
    texts = [path.read_text() for path in sorted((ROOT / "scenarios").rglob("*.yaml"))]
    for number in range(count):
        (folder / f"s{number:05}.yaml").write_text(texts[number % len(texts)])
    return folder


def long_runs(folder: Path, count: int) -> Path:
    """Scenarios of three million steps."""
    folder.mkdir()
    for number in range(count):
        (folder / f"s{number:05}.yaml").write_text(LONG.format(start=1.0 + number))
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="few scenarios, once")
    options = parser.parse_args()
    count, rounds, few = (53, 1, 2) if options.quick else (options.scenarios, options.rounds, 16)
    with tempfile.TemporaryDirectory() as top:
        many = copies(Path(top) / "many", count)
        tenth = copies(Path(top) / "tenth", max(1, count // 10))
        heavy = long_runs(Path(top) / "heavy", few)
        rows = [
            Row("shipped", tenth, max(1, count // 10), 1),
            *(Row("shipped", many, count, jobs) for jobs in (1, 2, 4)),
            *(Row("3e6 steps", heavy, few, jobs) for jobs in (1, 2)),
        ]
        rows[0].measure()  # fills the kernel cache
        for _ in range(rounds):
            for row in rows:
                row.measure()
    print("scenarios           -n   seconds  scenarios/s  peak MB  output")
    for row in rows:
        assert len(row.output) == 1, "the output of the same command differs"
        rate = row.scenarios / row.seconds
        print(
            f"{row.scenarios:5} {row.what:12} {row.jobs:3} {row.seconds:9.2f} {rate:12.1f} {row.megabytes:8.0f}  {min(row.output)}"
        )
    for group in (rows[1:4], rows[4:]):
        assert len({min(row.output) for row in group}) == 1, "the number of workers changes the output"


if __name__ == "__main__":
    main()
