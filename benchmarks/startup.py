"""How long each command takes to start, beside a bare interpreter: `python benchmarks/startup.py`.

Processes are started in turn, so that noise hits all alike, and the best time of each counts. The caches are warm but
for the last row, which is the very first run on a new machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ADAMW = [str(Path(sys.executable).with_name("adamw"))]
# Command -> budget in milliseconds; those of half-life and --version are over a bare interpreter.
COMMANDS: dict[str, tuple[list[str], int | None]] = {
    "bare python": ([sys.executable, "-c", "pass"], None),
    "adamw --version": ([*ADAMW, "--version"], 60),
    "adamw half-life": ([*ADAMW, "half-life"], 150),
    "adamw --help": ([*ADAMW, "--help"], None),
    "adamw list optimizers": ([*ADAMW, "list", "optimizers"], None),
    "adamw show adamw": ([*ADAMW, "show", "adamw"], None),
    "adamw schema": ([*ADAMW, "schema"], None),
    "adamw validate plateau": ([*ADAMW, "validate", "plateau"], None),
    "adamw simulate plateau": ([*ADAMW, "simulate", "plateau"], 600),
    "adamw check plateau": ([*ADAMW, "check", "plateau"], None),
    "adamw doctor": ([*ADAMW, "doctor"], None),
}
OVER_BARE = ("adamw --version", "adamw half-life")
FIRST, FIRST_BUDGET = "adamw simulate plateau, first ever", 3000


def seconds(command: list[str], **env: str) -> float:
    """How long a process takes from start to end; its modules are byte-compiled, as after an installation."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | env
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - started


def measure(rounds: int) -> dict[str, float]:
    """Best time of each command in milliseconds."""
    best = dict.fromkeys([*COMMANDS, FIRST], float("inf"))
    for _ in range(rounds):
        for name, (command, _) in COMMANDS.items():
            best[name] = min(best[name], 1e3 * seconds(command))
        with tempfile.TemporaryDirectory() as empty:
            command = COMMANDS["adamw simulate plateau"][0]
            best[FIRST] = min(best[FIRST], 1e3 * seconds(command, ADAMW_CACHE_DIR=empty))
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="one round, to see that everything starts")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    for command, _ in COMMANDS.values():  # fill the caches
        seconds(command)
    best = measure(1 if options.quick else options.rounds)
    bare = best["bare python"]
    if options.format == "json":
        results = [{"command": name, "ms": ms, "over_bare_ms": ms - bare} for name, ms in best.items()]
        print(json.dumps({"format": "adamw.benchmark-startup/1", "results": results}, indent=2))
        return
    print(f"{'command':<36} {'ms':>7} {'over bare':>10} {'budget':>8}")
    for name, ms in best.items():
        budget = FIRST_BUDGET if name == FIRST else COMMANDS[name][1]
        kind = " over" if name in OVER_BARE else ""
        print(f"{name:<36} {ms:7.0f} {ms - bare:10.0f} {'' if budget is None else f'{budget}{kind}':>8}")


if __name__ == "__main__":
    main()
