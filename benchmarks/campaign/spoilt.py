"""Spoilt caches, snapshots and settings: noticed, and never a reason to pass."""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path
from random import Random
from typing import Any

from adamw_cli.engine import cache as reader
from benchmarks.campaign.case import Case, copied, digests, files, scenario

_NUMBERS = ["Infinity", "-Infinity", "NaN", "1e999", "-1e999", "1e308", "-1.7976931348623157e308", "1" + "0" * 400, "1" + "0" * 5000, "0", "-0.0",
            "1e-320", "null", "true", '"finished"', "[]", "[1]", "[[1]]", "{}", '""', "0x10", "1_0", "+1"]  # fmt: skip
ANSWERS: dict[str, str] = {}


def spoil(random: Random, content: bytes, other: bytes) -> bytes:
    """One of the ways in which a file goes bad."""
    place = random.randrange(len(content) or 1)
    length = random.choice([1, 4, 16, 256])
    way = random.choice(["bit", "bit", "bit", "byte", "cut", "longer", "zeros", "twice", "other", "empty", "mixed"])
    if way == "bit" and content:
        return content[:place] + bytes([content[place] ^ 1 << random.randrange(8)]) + content[place + 1 :]
    return {
        "byte": content[:place] + random.randbytes(length) + content[place + length :],
        "cut": content[:place],
        "longer": content + random.randbytes(length),
        "zeros": content[:place] + bytes(length) + content[place + length :],
        "twice": content + content,
        "other": other,
        "mixed": content[:place] + other[place:],
    }.get(way, b"")


def kernel_read(case: Case) -> None:
    """A spoilt kernel in the function that reads them; thousands of times, as it takes no process."""
    kernels = [path for path in files(case.cache) if path.suffix == ".o"]
    one, other = case.random.sample(kernels, 2)
    content = one.read_bytes()
    spoilt = spoil(case.random, content, other.read_bytes())
    place = case.spare / "kernels"
    place.mkdir(mode=0o700, exist_ok=True)
    path = place / one.name
    path.write_bytes(spoilt)
    path.chmod(case.random.choice([0o600, 0o600, 0o600, 0o620, 0o602, 0o666]))
    found = reader.load(place, one.stem)
    loose = path.stat().st_mode & 0o022
    case.demand(found is None or (spoilt == content and not loose), f"a spoilt kernel was taken for {one.name}")
    case.demand(found is not None or spoilt != content or loose, f"a sound kernel was refused: {one.name}")


def cache(case: Case) -> None:
    """A cache with something wrong in it: the same answer."""
    whole = case.cache
    case.cache = copied(whole, case.spare / "cache")
    kernels = [path for path in files(case.cache) if path.suffix == ".o"]
    case.write("a.yaml", scenario(expected="near: theory"))
    victim, other = case.random.sample(kernels, 2)
    way = case.random.choice(["content", "swap", "rename", "mode", "folder mode", "owner", "link", "folder", "pipe", "mark", "stranger", "memory"])  # fmt: skip
    precious = case.write("precious.o", "mine")
    top, room = case.cache / "adamw", victim.parent
    if way in ("content", "mode"):
        for path in kernels:
            path.write_bytes(
                spoil(case.random, path.read_bytes(), other.read_bytes()) if way == "content" else path.read_bytes()
            )
            path.chmod(0o600 if way == "content" else 0o666)
    elif way == "swap":
        one, two = victim.read_bytes(), other.read_bytes()
        victim.write_bytes(two)
        other.write_bytes(one)
    elif way == "rename":
        os.replace(other, victim)
    elif way == "folder mode":
        case.random.choice([case.cache, top, room]).chmod(0o777)
    elif way == "owner" and os.getuid() == 0:
        os.chown(case.random.choice([top, room, victim]), 12345, 12345)
    elif way in ("link", "folder", "pipe"):
        victim.unlink()
        {"link": lambda: victim.symlink_to(precious), "folder": victim.mkdir, "pipe": lambda: os.mkfifo(victim)}[way]()
    elif way == "mark":
        (top / "CACHEDIR.TAG").write_bytes(
            case.random.choice([b"", b"Signature: 8a477f597d28d172789f06886806bc55\n", b"\0" * 99])
        )
    elif way == "stranger":
        (top / ".git").mkdir()
        (top / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        (room / "thesis.tex").write_text("mine")
        (case.random.choice([top, room]) / "link").symlink_to(case.folder)
    if way == "memory":  # of what failed last time in this folder
        memory = top / f"failed-{hashlib.sha256(os.fsencode(case.folder)).hexdigest()[:24]}.json"
        memory.write_bytes(
            spoil(case.random, b'["a.yaml", "b.yaml"]', b"[[[[") + case.random.choice([b"", b"[" * 99_999])
        )
    kept = {name: digest for name, digest in digests(case.cache).items() if not name.endswith((".o", ".json", ".TAG"))}
    before = digests(case.folder)
    done = case.run("simulate", "a.yaml", "-f", "csv", codes=(0,))
    case.demand(done.out == ANSWERS["simulate"], f"another answer from a spoilt cache ({way})")
    checked = case.run("check", "a.yaml", *(["--lf"] if way == "memory" else []), "-f", "concise", codes=(0,))
    case.demand("3 expectations: 3 passed" in checked.out, f"not everything was judged ({way}): {checked.out}")
    case.run("cache", "clean", codes=(0,))
    case.demand_kept(before, digests(case.folder))
    case.demand_kept(kept, digests(case.cache))


def snapshot(case: Case) -> None:
    """A spoilt snapshot: it passes only if the values in it are the true ones."""
    case.write("a.yaml", scenario())
    truth: dict[str, Any] = json.loads(ANSWERS["snapshot"])
    text = ANSWERS["snapshot"].encode()
    way = case.random.choice(["bytes", "number", "number", "number", "one of several", "name", "without"])
    if way == "bytes":
        text = spoil(case.random, text, b'{"adamw/total_shrink": [1.0, 1.0]}')
    else:
        name = case.random.choice(list(truth))
        marked: dict[str, Any] = dict(truth)
        value = marked.pop(name)
        if way == "number":
            marked[name] = "@"
        elif way == "one of several":
            marked[name] = ["@", *value[1:]] if isinstance(value, list) else "@"
        elif way == "name":
            marked[name + case.random.choice([" ", "\x00", "[0]", "@1"])] = value
        text = json.dumps(marked).replace('"@"', case.random.choice(_NUMBERS)).encode()
    path = case.write("__snapshots__/a.yaml.json", text)
    form = case.random.choice(["json", "concise", "full", "junit", "github"])
    done = case.run("check", "a.yaml", "-f", form)
    case.demand(done.code != 0 or _true(text, truth), f"passed with the snapshot {text[:300]!r}")
    case.demand(path.read_bytes() == text, "a check without --update-snapshots changed a snapshot")
    case.demand(not (done.code and _same(text, truth)), "a sound snapshot does not pass")
    case.run("check", "a.yaml", "--update-snapshots", "-f", "concise", codes=(0,))
    mended = json.loads(path.read_text())
    case.demand(
        all(mended.get(name) == value for name, value in truth.items()), "--update-snapshots does not mend the file"
    )


def _same(text: bytes, truth: dict[str, Any]) -> bool:
    return text == ANSWERS["snapshot"].encode() and bool(truth)


def _true(text: bytes, truth: dict[str, Any]) -> bool:
    """Whether a snapshot holds what it should, to within what a check tolerates at most."""
    try:
        found = json.loads(text)
        return all(_near(found[name], value) for name, value in truth.items())
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return False


def _near(found: Any, value: Any) -> bool:
    if isinstance(value, list):
        return len(found) == len(value) and all(_near(one, other) for one, other in zip(found, value, strict=True))
    return found == value if value is None or isinstance(value, str) else math.isclose(found, value, rel_tol=1e-6)


_SETTINGS = """\
plugins = []
[check]
paths = ["a.yaml"]
format = "concise"
jobs = 1
timeout = 20.0
max-failures = 0
strict = false
durations = 1
tag = ["tag"]
exclude = ["b*"]
[half-life]
lr = 3e-4
weight-decay = 0.1
steps-per-epoch = 1250
[decay]
start = [0.02, 1.0]
"""
_PIECES = ["nan", "inf", "-inf", "1e400", "9" * 30, "-1", '""', "[]", "{}", "true", '"\\u001b[31m"', '"\\u202e"', "1979-05-27", "[[", "'''", "\x00", "\n[check]\n",
           "[tool.adamw]\n", "a.b.c = 1\n", "ﬀ", "# ", "=", '["a", 1]', "\r", "[" * 3000, "x = " + "[" * 200, "\ud800"]  # fmt: skip


def settings(case: Case) -> None:
    """Spoilt settings: an error, or what they say."""
    case.write("a.yaml", scenario(expected=case.random.choice(["near: theory", "near: 12.0"])))
    text = _SETTINGS
    for _ in range(case.random.choice([1, 1, 2, 5])):
        place = case.random.randrange(len(text))
        words = text.split()
        if case.random.random() < 0.5:
            text = text[:place] + case.random.choice(_PIECES) + text[place:]
        else:
            text = text.replace(case.random.choice(words), case.random.choice(_PIECES), 1)
    content = text.encode("utf-8", "surrogatepass")
    if case.random.random() < 0.3:
        content = spoil(case.random, content, b"\xff\xfe[\0c\0h\0")
    name = case.random.choice(["adamw.toml", "adamw.toml", "pyproject.toml"])
    case.write(name, content.replace(b"[check]", b"[tool.adamw.check]") if name == "pyproject.toml" else content)
    before = digests(case.folder)
    line = case.random.choice([["check"], ["half-life"], ["decay", "--steps", "100"], ["config", "show"], ["validate", "a.yaml"], ["check", "a.yaml", "-f", "json"]])  # fmt: skip
    case.run(*line)
    plain = case.run("--no-config", "check", "a.yaml", "-f", "concise")
    wrong = b"near: 12.0" in Path(case.folder / "a.yaml").read_bytes()
    case.demand(plain.code == wrong, "settings change a check that reads none")
    case.demand_kept(before, digests(case.folder))
