"""Full disks, read-only ones, and folders that vanish or become something else: said, with nothing half written and nothing lost."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.campaign import running
from benchmarks.campaign.case import Case, copied, digests, emptied, files, scenario
from benchmarks.campaign.running import Done

_PAGE = 4096
_COMMANDS: dict[str, tuple[str, ...]] = {
    "snapshots": ("check", ".", "-f", "concise"),
    "new snapshots": ("check", ".", "-f", "concise", "--update-snapshots"),
    "reports": ("check", ".", "-f", "concise", "--report", "json=r.json", "--report", "junit=r.xml", "--report", "jsonl=r.jsonl"),
    "trace csv": ("simulate", "0.yaml", "-f", "csv", "--set", "record.every=1", "--trace", "t.csv", "--force"),
    "trace npz": ("simulate", "0.yaml", "-f", "csv", "--set", "record.every=1", "--trace", "t.npz", "--force"),
    "init": ("init", "mine.yaml", "--force"),
    "probes": ("conform", "--export-probe", "probe.json", "--force"),
    "validate": ("validate", ".", "--report", "sarif=r.sarif"),
}  # fmt: skip
_WRITES = {
    "snapshots": ["__snapshots__/0.yaml.json", "__snapshots__/1.yaml.json", "__snapshots__/2.yaml.json"],
    "new snapshots": ["__snapshots__/0.yaml.json", "__snapshots__/1.yaml.json", "__snapshots__/2.yaml.json"],
    "reports": ["r.json", "r.xml", "r.jsonl", "__snapshots__/0.yaml.json"],
    "trace csv": ["t.csv"],
    "trace npz": ["t.npz"],
    "init": ["mine.yaml", "adamw-scenario.schema.json"],
    "probes": ["probe.json"],
    "validate": ["r.sarif"],
}


def _fill(case: Case) -> None:
    for number in range(3):
        case.write(f"{number}.yaml", scenario(name=f"number {number}", steps="300"))
    case.write("notes.txt", "mine " * 100)


def full(case: Case) -> None:
    """A disk that fills up, or is read-only, under the user's folder; without mounts a limit on the size of files does."""
    name = case.random.choice(list(_COMMANDS))
    size = _PAGE * case.random.choice([6, 7, 8, 9, 10, 12, 16, 24, 40])
    older, read_only = case.random.random() < 0.5, case.random.random() < 0.25
    limit = case.random.choice([0, 1, 10, 100, 700, 1500, 4096, 20_000, 100_000])
    if case.own_mounts:
        running.mount(case.folder, size)
    try:
        _fill(case)
        if older:  # what is there from before stays whole, too
            with contextlib.suppress(OSError):
                for path in _WRITES[name]:
                    if not path.startswith("__snapshots__"):
                        case.write(
                            path, "" if path.endswith((".csv", ".npz")) else "<a/>" if path.endswith("xml") else "{}\n"
                        )
        before = digests(case.folder)
        if case.own_mounts and read_only:
            running.mount(case.folder, size, read_only=True)

        def restricted() -> None:
            if not case.own_mounts:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

        started = running.forked(_COMMANDS[name], case.folder, case.environment(CI=""), before=restricted)
        _judge(case, name, case.take(started, (0, 1, 2)), before)
    finally:
        if case.own_mounts:
            running.unmount(case.folder)


def _judge(case: Case, name: str, done: Done, before: dict[str, str]) -> None:
    """What is said to be written is there, whole; what is not is as before; and nothing else is left."""
    for path in case.folder.rglob("*"):
        # An older file that was empty is no table of numbers, and was not to be.
        if path.is_file() and before.get(str(path.relative_to(case.folder))) != digests(path.parent).get(path.name):
            case.demand_sound(path.parent)
    case.demand(not list(case.folder.rglob(".adamw-*")), f"{name}: something was left")
    case.demand_kept(before, digests(case.folder), but=_WRITES[name])
    if done.code == 0:
        for path in _WRITES[name]:
            case.demand((case.folder / path).is_file(), f"{name}: exit code 0, and no {path}")


def full_cache(case: Case) -> None:
    """A cache on a full disk: kernels that are not there are compiled, and not kept."""
    if not case.own_mounts:
        return
    place = emptied(case.spare / "cache")
    # Twice what the files are, as each takes whole pages; the filler takes the rest.
    size = 2 * sum(path.stat().st_size for path in files(case.cache)) + (1 << 20)
    running.mount(place, size)
    try:
        place.chmod(0o700)
        shutil.copytree(case.cache, place, dirs_exist_ok=True)
        place.chmod(0o700)
        kernels = sorted(place.rglob("*.o"))
        if case.random.random() < 0.3:
            case.random.choice(kernels).unlink()
        with (place / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(_PAGE))
        if case.random.random() < 0.3:
            running.mount(place, size, read_only=True)
        case.cache = place
        _fill(case)
        before = digests(case.folder)
        done = case.run("check", ".", "-f", "concise", codes=(1,))  # CI is set: snapshots are missing
        case.demand("9 expectations" in done.out, "not everything was judged")
        case.demand(not list(place.rglob(".adamw-*")), "something was left in the cache")
        case.demand_kept(before, digests(case.folder))
    finally:
        running.unmount(place)


def _gone(path: Path, case: Case) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _file(path: Path, case: Case) -> None:
    _gone(path, case)
    with contextlib.suppress(OSError):
        path.write_text("a file")


def _link(path: Path, case: Case) -> None:
    with contextlib.suppress(OSError):
        path.rename(path.with_name(f"{path.name}-before"))
        path.symlink_to(case.spare / "elsewhere")


def _open_to_all(path: Path, case: Case) -> None:
    with contextlib.suppress(OSError):
        path.chmod(0o777)


def _shut(path: Path, case: Case) -> None:
    with contextlib.suppress(OSError):  # which root does not notice
        path.chmod(0o000)


_CHANGES: list[Callable[[Path, Case], None]] = [_gone, _file, _link, _open_to_all, _shut]


def swapped(case: Case) -> None:
    """The cache, a folder in it, or the folder of snapshots changes while a check is at work, or before."""
    case.cache = copied(case.cache, case.spare / "cache")
    emptied(case.spare / "elsewhere")
    (case.spare / "elsewhere" / "thesis.tex").write_text("mine")
    _fill(case)
    name = case.random.choice(list(_COMMANDS))
    before = digests(case.folder)
    rooms = sorted(case.cache.glob("adamw/*/"))
    target = case.random.choice([case.cache, case.cache / "adamw", rooms[0], case.folder / "__snapshots__"])
    change = case.random.choice(_CHANGES)
    delay = case.random.choice([0.0, 0.03 * case.random.random(), 0.15 * case.random.random()])
    started = running.forked(_COMMANDS[name], case.folder, case.environment(CI=""))
    time.sleep(delay)
    change(target, case)
    done = case.take(started, (0, 1, 2))
    for place in (case.cache, case.folder / "__snapshots__"):
        with contextlib.suppress(OSError):
            place.chmod(0o700)
    if done.code == 0 and target.name != "__snapshots__":
        _judge(case, name, done, before)
    case.demand_kept(before, digests(case.folder), but=_WRITES[name])
    elsewhere = case.spare / "elsewhere" / "thesis.tex"
    case.demand(elsewhere.is_file() and elsewhere.read_text() == "mine", "a file behind a link was changed")


def vanished(case: Case) -> None:
    """The working directory, or a scenario, goes while a command is at work."""
    _fill(case)
    room = case.folder / "room"
    room.mkdir()
    for number in range(3):
        os.replace(case.folder / f"{number}.yaml", room / f"{number}.yaml")
    name = case.random.choice(list(_COMMANDS))
    started = running.forked(_COMMANDS[name], room, case.environment(CI=""))
    time.sleep(0.06 * case.random.random() * case.random.choice([0, 1, 1]))
    if case.random.random() < 0.5:
        shutil.rmtree(room, ignore_errors=True)
    else:
        (room / f"{case.random.randrange(3)}.yaml").unlink(missing_ok=True)
    case.take(started, (0, 1, 2, 5))
    case.demand((case.folder / "notes.txt").read_text() == "mine " * 100, "notes.txt was changed")
