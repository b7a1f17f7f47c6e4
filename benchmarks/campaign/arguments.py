"""Arguments of every command, drawn from the options that it declares: values that fit, values that do not, and hostile ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import typer

from adamw_cli import registry
from adamw_cli.cli.app import build
from adamw_cli.cli.settings import key, options
from benchmarks.campaign.case import Case, digests, emptied, scenario
from benchmarks.campaign.kills import EXAMPLE
from benchmarks.campaign.running import Done
from benchmarks.campaign.texts import text
from tests.robustness.checking import strict_json

# Command -> how often it is drawn; those that take seconds seldom, each at least now and then.
_SHARES = {
    "half-life": 140, "convert": 140, "theory": 120, "simulate": 90, "check": 120, "validate": 90, "decay": 30, "overshoot": 30, "critical-lambda": 30,
    "defaults": 40, "list": 30, "show": 40, "init": 50, "schema": 12, "config": 40, "cache": 15, "doctor": 6, "conform": 24, "claims": 4, "reproduce": 6,
}  # fmt: skip
_COMPUTING = ("simulate", "check", "decay", "overshoot", "critical-lambda", "claims", "reproduce", "conform")
_SMALL = [
    "0.1",
    "1e-3",
    "0.9",
    "0.999",
    "0",
    "1",
    "2",
    "7",
    "100",
    "1000",
    "1e3",
    "0.5",
    "1e-8",
    "-1",
    "-0.0",
    "1.5",
    "3e-4",
    "1e-320",
]
_ODD = ["nan", "inf", "-inf", "1e999", "-1e999", "0x10", "1_000", "\uff11\uff12", "", " ", "1,5", "1e", "true", "∞", "9" * 400, "0." + "0" * 400 + "1", "1/3", "--", "1\n", "[1]"]  # fmt: skip
_LARGE = [
    "1e15",
    "1e16",
    "1e300",
    "-1e300",
    "1.7976931348623157e308",
    "9007199254740993",
    "2147483648",
    "18446744073709551616",
    "4294967295",
]
_PATHS = ["new.csv", "new.json", "new.npz", "new.jsonl", "new.yaml", "new", "deep/er/new.csv", "kept/mine.csv", "kept/mine.yaml", "kept/notes.txt", "kept", ".", "..", "",
          "/dev/null", "/dev/full", "/nowhere/x.csv", "x" * 300 + ".csv", "-", "~/x.csv", "new.parquet", "link.csv", "dangling.csv", "pipe.csv", "/proc/self/mem"]  # fmt: skip
_SCENARIOS = ["a.yaml", "a.yaml", "failing.yaml", "kept/mine.yaml", "few", "first_step", "plateau", "plato", ".", "kept", "nowhere.yaml", "", "-", "a.yaml:10", "a.yaml:999999999999",
              "a.yaml:x", "kept/notes.txt", "pipe.csv", "/dev/null", "/dev/zero", "/proc/self/environ", "a.yaml\x7f", "*.yaml", "/"]  # fmt: skip
_FREE = ["adamw", "cosine", "pytorch", "l2", "optax", "keras", "bfloat16", "float32", "half_life", "plateau", "adamw and not (", "not", "()", "1/2", "2/1", "0/0", "-1/2", "1/0",
         "junit=r.xml", "json=r.json", "json=kept/notes.txt", "json=", "=x", "steps=10", "optimizers.adamw.lr=1e-2", "optimizers=", "steps=nan", "a.b.c.d=1", "fused=true", "lr=1", "tag"]  # fmt: skip
_TARGETS = [
    f"{EXAMPLE}:adamw",
    f"{EXAMPLE}:buggy",
    f"{EXAMPLE}:nothing",
    f"{EXAMPLE}:",
    ":x",
    "nowhere.py:f",
    "no.such.module:f",
    "math:pi",
    "math:cos",
    "kept/notes.txt:f",
    "a:b:c",
]
_STEPS = frozenset({"steps", "pulse_steps", "steps_after", "target_steps"})


@cache
def commands() -> dict[str, list[Any]]:
    """Command -> what it declares."""
    group: Any = typer.main.get_command(build(terminal=False))
    return {name: command.params for name, command in group.commands.items()}


@cache
def _options() -> dict[str, Any]:
    group: Any = typer.main.get_command(build(terminal=False))
    return {name: options(command) for name, command in group.commands.items()}


def _seen_as(command: str, parameter: Any) -> tuple[str, Sequence[str], bool]:
    """Of an option, its kind, its choices, and whether it is a file; as settings see it, since releases of the library differ."""
    found = _options()[command].get(key(parameter))
    return ("text", (), False) if found is None else (found.kind, found.choices, found.names == "file")


def _number(random: Random, name: str, computing: bool) -> str:
    kind = random.random()
    if kind < 0.7:
        return random.choice(_SMALL)
    # How long a run takes is in its own hands: many steps are asked only of what does not run.
    if kind < 0.85 and not (computing and name in (*_STEPS, "every", "warmup_steps", "decay_steps")):
        return random.choice(_LARGE)
    return random.choice(_ODD)


def value(random: Random, command: str, parameter: Any, wild: float) -> str:
    """A value for an option or an argument; wild : how often it is one that may not do."""
    name = parameter.name
    if random.random() >= wild:
        return _tame(random, command, parameter)
    if random.random() < 0.04:
        return text(random).replace("\x00", "")
    if command == "conform" and name == "target":
        return random.choice(_TARGETS)
    if name in ("scenarios", "paths"):
        return random.choice(_SCENARIOS)
    if name == "engine":  # claims in plain Python take minutes
        return random.choice(["llvm", "LLVM", "", "x", *(["python"] if command in ("simulate", "doctor") else [])])
    kind, choices, is_file = _seen_as(command, parameter)
    if choices:
        offered = [choice for choice in choices if choice != "warm"]
        return random.choice([*offered, *offered, "x", ""])
    if kind in ("integer", "number") or name == "steps":
        return _number(random, name, command in _COMPUTING)
    if is_file or name in ("plot", "trace", "path", "export_probe", "trajectory", "plugins"):
        return random.choice(_PATHS)
    names = (
        [name for package in registry.PACKAGES for name in registry.own(package)]
        if command in ("show", "list")
        else _names(command, name)
    )
    return random.choice([*_FREE, *names])


def _tame(random: Random, command: str, parameter: Any) -> str:
    """A value that does, as far as the other ones allow it."""
    name = parameter.name
    kind, choices, _ = _seen_as(command, parameter)
    if choices:
        return random.choice([choice for choice in choices if choice not in ("warm", "python")])
    if name in ("scenarios", "paths"):
        return random.choice(["a.yaml", "kept/mine.yaml", "first_step", "failing.yaml"])
    if kind in ("integer", "number") or name in _STEPS:
        return random.choice(
            ["100", "50", "1000"]
            if name in _STEPS
            else ["1", "2", "5"]
            if kind == "integer"
            else ["0.1", "1e-3", "0.5", "0.9"]
        )
    known = {
        "plot": ["new.svg"], "trace": ["new.csv", "new.npz", "new.jsonl"], "path": ["new.yaml", "deep/new.yaml", "-"], "export_probe": ["new.json"],
        "target": [f"{EXAMPLE}:adamw"], "reference": ["adamw", "keras", "paper", "lion"], "assignments": ["steps=10", "optimizers.adamw.lr=1e-2"],
        "words": ["adamw", "not status", "total_shrink or status"], "tags": ["tag"], "exclude": ["b*"], "shard": ["1/2", "2/2"], "reports": ["junit=r.xml", "json=r.json"],
        "option": ["x=1"], "dtype": ["bfloat16", "float16"], "source": ["pytorch", "keras"], "to": ["optax", "paper"], "from": ["pytorch"], "plugins": ["kept/notes.txt"],
        "kind": ["metrics"],
    }  # fmt: skip
    named = _names(command, name) or (
        [name for package in registry.PACKAGES for name in registry.own(package)] if command == "show" else []
    )
    return random.choice(known.get(name) or named or _FREE[:9])


def _names(command: str, parameter: str) -> Sequence[str]:
    if command == "theory" and parameter == "name":
        return [
            "half_life",
            "total_shrink",
            "residual_drift",
            "critical_lambda",
            "equilibrium_norm",
            "flip_steps",
            "crossing_step",
        ] * 9
    if parameter == "schedule":
        return [*registry.own("schedules")] * 6
    if command == "config":
        return ["show"] * 60
    if parameter == "form":
        return [
            "json",
            "csv",
            "markdown",
            "table",
            "concise",
            "full",
            "github",
            "sarif",
            "junit",
            "tap",
            "jsonl",
            "gitlab",
            "auto",
        ] * 5
    return []


def line(random: Random) -> list[str]:
    """A command line."""
    command = random.choices(list(_SHARES), list(_SHARES.values()))[0]
    declared = commands()[command]
    wild = random.choice([0.0, 0.2, 1.0])
    words: list[str] = []
    for parameter in declared:
        if parameter.param_type_name == "argument":
            for _ in range(
                random.choice([0, 1, 1, 1, 2]) if parameter.required or parameter.nargs == -1 else random.choice([0, 1])
            ):
                words.append(value(random, command, parameter, wild))
    options = [
        parameter for parameter in declared if parameter.param_type_name == "option" and parameter.name != "help"
    ]
    for parameter in random.sample(options, min(len(options), random.choice([0, 1, 1, 2, 2, 3, 4, 6]))):
        words.append(random.choice(parameter.opts))
        if not parameter.is_flag:
            words.append(value(random, command, parameter, wild))
    if command == "theory":
        for name in random.sample(
            ["lr", "weight-decay", "beta1", "beta2", "weight", "gradient", "eps", "steps", "schedule", "rho", "start"],
            random.randrange(6),
        ):
            words += [f"--{name}", random.choice([*_SMALL, *_SMALL, *_ODD, *_LARGE])]
    if random.random() < 0.03:
        words.insert(
            random.randrange(len(words) + 1),
            random.choice(
                ["--no-such-option", "-Z", "--", "-h", "--version", "--traceback=1", "-f", "@file", "--format"]
            ),
        )
    before: list[list[str]] = [[]] * 9 + [["--no-config"], ["--config", random.choice(_PATHS)]]
    whole = [*random.choice(before), command, *words]
    return [
        word.replace("\x00", "")
        for word in whole
        if "kept" not in word or "--force" not in words or random.random() < 0.5
    ]


def _folder(case: Case) -> None:
    case.write("a.yaml", scenario(expected="near: theory"))
    case.write("failing.yaml", scenario(expected="near: 12.0"))
    case.write("kept/mine.yaml", scenario(name="mine", expected="near: theory"))
    case.write("kept/mine.csv", "step,w0\n0,1\n")
    case.write("kept/notes.txt", "mine\n")
    case.write("few", "no scenario")
    (case.folder / "link.csv").symlink_to("kept/mine.csv")
    (case.folder / "dangling.csv").symlink_to("kept/not-there.csv")


def any_line(case: Case) -> None:
    """Run one command line in a folder with some files; those that it was not told to write stay what they are."""
    words = line(case.random)
    _folder(case)
    if "pipe.csv" in " ".join(words):
        os.mkfifo(case.folder / "pipe.csv")
    if "cache" in words:
        case.cache = emptied(case.spare / "cache")
    before = digests(case.folder)
    done = case.run(*words, given=case.random.choice([b"", b"\xff", scenario(expected="near: theory").encode()]))
    told = _told(words)
    case.demand_kept(before, digests(case.folder), but=told)
    case.demand_sound()
    _judge(case, done)


def _told(words: Sequence[str]) -> list[str]:
    """Files that the line names to be written over: with --force, or as a report."""
    reports = [word.partition("=")[2] for word in words if "=" in word]
    named = [*reports, *(words if "--force" in words else [])]
    return [str(Path(name)) for name in named] + ["kept/mine.csv"] * ("link.csv" in named)


def _judge(case: Case, done: Done) -> None:
    words = done.arguments
    asked = [after for flag, after in pairwise(words) if flag in ("-f", "--format")]
    if asked[-1:] == ["json"] and done.out and done.code in (0, 1) and not {"-h", "--help", "--version"} & set(words):
        try:
            strict_json(done.out)
        except ValueError as error:
            case.broken.append(f"{' '.join(words)}: no JSON: {error}")
    failing = (
        words[:1] == ("check",)
        and "failing.yaml" in words
        and not {
            "-k",
            "--keyword",
            "-t",
            "--tag",
            "--exclude",
            "--shard",
            "--exit-zero",
            "--collect-only",
            "-h",
            "--help",
        }
        & set(words)
    )
    case.demand(not (failing and done.code == 0), f"{' '.join(words)}: a failing scenario passes")
