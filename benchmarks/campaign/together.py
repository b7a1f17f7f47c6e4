"""Two of everything at once, and more: the same snapshots, the same cache, the same report."""

from __future__ import annotations

from benchmarks.campaign.case import Case, digests, emptied, files, scenario
from benchmarks.campaign.kills import EXAMPLE

_REPORT = ("--report", "json=r.json", "--report", "junit=r.xml")
_LINES: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "check": (("check", ".", "-f", "concise", *_REPORT), (0,)),
    "check -n 4": (("check", ".", "-f", "concise", "-n", "4", *_REPORT), (0,)),
    "new snapshots": (("check", ".", "-f", "concise", "--update-snapshots"), (0,)),
    "trace": (("simulate", "0.yaml", "-f", "csv", "--set", "record.every=1", "--trace", "t.csv", "--force"), (0,)),
    "init": (("init", "deep/mine.yaml"), (0, 2)),  # one of several is the first
    "init --force": (("init", "deep/mine.yaml", "--force"), (0,)),
    "clean": (("cache", "clean"), (0,)),
    "doctor": (("doctor",), (0,)),
    "last failed": (("check", ".", "--lf", "-f", "concise"), (0,)),
    "conform": (("conform", f"{EXAMPLE}:adamw", "-f", "csv"), (0,)),
}


def several(case: Case) -> None:
    """Start some command lines at the same moment in the same folder; all give the answer that each gives alone."""
    for number in range(4):
        case.write(f"{number}.yaml", scenario(name=f"number {number}", steps=str(500 * number + 100)))
    if case.random.random() < 0.12:  # a cache that all of them fill
        case.cache = emptied(case.spare / "cache")
    fast = [name for name in _LINES if name not in ("clean", "conform", "doctor")]
    rare = case.random.random() < 0.15
    names = [case.random.choice(list(_LINES) if rare else fast) for _ in range(case.random.randint(2, 6))]
    if case.random.random() < 0.5:
        names = names[:1] * len(names)
    if "clean" in names:
        case.cache = emptied(case.spare / "cache")
    started = [(name, case.start(*_LINES[name][0], CI="")) for name in names]
    printed: dict[str, set[str]] = {}
    for name, process in started:
        done = case.take(process, _LINES[name][1])
        if name not in ("doctor", "clean", "init"):
            printed.setdefault("check" if "check" in _LINES[name][0] else name, set()).add(done.out)
    for name, texts in printed.items():
        case.demand(len(texts) == 1, f"{names}: {name} prints different things: {texts}")
    if "init" in names:
        codes = [
            call.code for call, name in zip(case.calls[-len(names) :], names, strict=True) if name.startswith("init")
        ]
        case.demand(0 in codes, f"{names}: nobody wrote the file")
    case.demand_sound()
    case.demand_sound(case.cache / "adamw")
    before = digests(case.folder)
    if any("check" in _LINES[name][0] for name in names):
        case.run("check", ".", "-f", "concise", codes=(0,))  # CI is set: snapshots have to be there
    case.demand_kept(before, digests(case.folder))
    case.demand(bool(files(case.folder)), "the folder is empty")
