"""The cache of kernels: never wrong, whatever was edited, renamed or damaged; and nothing is compiled twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import adamw_cli
from adamw_cli.engine import cache, private

RUN = """
import json, sys
import numpy as np
from adamw_cli import registry
from adamw_cli.engine import native
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import run

def batch(rule):
    values = dict(lr=0.1, weight_decay=0.5, beta1=0.9, beta2=0.999, eps=1e-8)
    scalars = {name: np.full((1, 1), values[name]) for name in rule.SPEC.scalars}
    landscape, schedule = registry.load("landscapes", "plateau"), registry.load("schedules", "constant")
    return Batch(rule, landscape, {}, np.ones((1, 1)), scalars, {"amsgrad": False}, [(schedule, {"warmup_steps": 0})])

def done(rule):
    w = float(run(batch(rule), 1).final_w[0, 0])
    print(json.dumps([w, native.compiled_here(), "numba" in sys.modules]))
"""
ADAMW = RUN + 'done(registry.load("optimizers", sys.argv[1] if len(sys.argv) > 1 else "adamw"))'


@dataclass(frozen=True)
class Outcome:
    """What a process found: the weight after one step, which kernels it compiled, whether it imported numba."""

    w: float
    compiled: list[str]
    numba: bool


@dataclass(frozen=True)
class Place:
    """A copy of the package that a test may edit, and a cache."""

    package: Path
    store: Path

    def run(self, script: str = ADAMW, *arguments: str, **environment: str) -> Outcome:
        """Run a script in a process of its own; it may print other lines first."""
        settings = {**os.environ, "PYTHONPATH": str(self.package.parent), "ADAMW_CACHE_DIR": str(self.store)}
        command = [sys.executable, "-c", script, *arguments]
        found = subprocess.run(
            command, capture_output=True, text=True, env={**settings, **environment}, cwd=self.store, check=False
        )
        assert found.returncode == 0, found.stderr
        return Outcome(*json.loads(found.stdout.splitlines()[-1]))

    def files(self) -> dict[str, Path]:
        """The files of the cache by the names of their kernels."""
        return {
            path.read_bytes()[32:].partition(b"\n")[0].split()[1].decode(): path for path in self.store.rglob("*.o")
        }

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Change a file of the package."""
        path = self.package / name
        before = path.read_text()
        assert change(before) != before
        path.write_text(change(before))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    package = tmp_path / "copy" / "adamw_cli"
    shutil.copytree(Path(adamw_cli.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "cache").mkdir()
    return Place(package, tmp_path / "cache")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A cache with the four kernels of ADAMW, of the package as it is."""
    found = Place(Path(adamw_cli.__file__).parent, tmp_path_factory.mktemp("filled"))
    assert found.run() == Outcome(
        0.95, ["advance", "gradient_plateau_plain", "update_adamw_uniform", "schedule_constant"], True
    )
    return found


@pytest.fixture
def full(place: Place, filled: Place) -> Place:
    """A copy of the package with a cache in which its kernels are."""
    shutil.copytree(filled.store, place.store, dirs_exist_ok=True)
    return place


TWICE = "return w - 2.0 * lr * weight_decay * w"


def twice(text: str) -> str:
    return text.replace("return w - lr * weight_decay * w", TWICE)


def test_a_second_process_compiles_nothing_and_adds_no_file(full: Place) -> None:
    before = full.files()
    assert full.run() == Outcome(0.95, [], False)
    assert full.files() == before
    assert len(before) == 4


def test_an_edited_comment_or_docstring_compiles_nothing(full: Place) -> None:
    full.edit("optimizers/adamw.py", lambda text: text.replace("def update(", "# a comment\n\n\ndef update("))
    full.edit("optimizers/adamw.py", lambda text: text.replace('"""One step', '"""A step'))
    full.edit("landscapes/plateau.py", lambda text: f"# another\n{text}")
    full.edit("engine/jit.py", lambda text: f"# another\n{text}")
    assert full.run() == Outcome(0.95, [], False)


def test_an_edited_rule_is_compiled_again_and_nothing_else(full: Place) -> None:
    full.edit("optimizers/adamw.py", twice)
    assert full.run() == Outcome(0.9, ["update_adamw_uniform"], True)
    assert full.run() == Outcome(0.9, [], False)
    full.edit("optimizers/adamw.py", lambda text: text.replace(TWICE, "return w - lr * weight_decay * w"))
    assert full.run() == Outcome(0.95, [], False)


def test_a_renamed_rule_is_not_compiled_again(full: Place) -> None:
    (full.package / "optimizers" / "adamw.py").rename(full.package / "optimizers" / "mine.py")
    assert full.run(ADAMW, "mine") == Outcome(0.95, [], False)


@pytest.mark.parametrize("name", ["engine/jit.py", "engine/native.py"])
def test_an_edited_compiler_compiles_everything_again(full: Place, name: str) -> None:
    options = {"engine/jit.py": ("speed_level=1", "speed_level=2"), "engine/native.py": ("opt=3", "opt=2")}
    full.edit(name, lambda text: text.replace(*options[name]))
    assert len(full.run().compiled) == 4


def test_what_a_process_imported_before_an_edit_is_not_what_the_next_one_runs(place: Place) -> None:
    script = (
        RUN
        + """
import pathlib
rule = registry.load("optimizers", "adamw")
path = pathlib.Path(rule.__file__)
path.write_text(path.read_text().replace("return w - lr * weight_decay * w", "return w - 2.0 * lr * weight_decay * w"))
done(rule)
"""
    )
    assert place.run(script).w == 0.95
    assert place.run() == Outcome(0.9, ["update_adamw_uniform"], True)


def test_what_a_compiler_makes_that_was_edited_before_its_import_is_not_kept(place: Place) -> None:
    script = (
        RUN
        + """
import pathlib
native.toolchain()
path = pathlib.Path(native.__file__).with_name("jit.py")
path.write_text(path.read_text().replace("speed_level=1", "speed_level=2"))
done(registry.load("optimizers", "adamw"))
"""
    )
    assert len(place.run(script).compiled) == 4
    assert place.files() == {}


OWN = (
    RUN
    + """
from types import SimpleNamespace
from adamw_cli.vocabulary import LR, NoDecay, Rule
SPEC = Rule(parameters=(LR,), state=(), decay=NoDecay())
sign = sys.argv[1]
if sign == "plus":
    def update(w, g, lr): return (w + lr,)
elif sign == "minus":
    def update(w, g, lr): return (w - lr,)
rules = {"minus": lambda w, g, lr: (w - lr,), "plus": lambda w, g, lr: (w + lr,)}
if sign == "both":
    ends = [float(run(batch(SimpleNamespace(SPEC=SPEC, update=update)), 1).final_w[0, 0]) for update in rules.values()]
    assert ends == [0.9, 1.1], ends
    update = rules["minus"]
done(SimpleNamespace(SPEC=SPEC, update=update))
"""
)


def test_two_rules_of_one_name_are_not_taken_for_each_other(place: Place) -> None:
    """In one process after another, and in one process."""
    assert place.run(OWN, "minus").w == 0.9
    assert place.run(OWN, "plus") == Outcome(1.1, ["update___main___uniform"], True)
    assert place.run(OWN, "minus") == Outcome(0.9, [], False)
    place.run(OWN, "both")


def test_a_file_under_the_name_of_another_is_compiled_again_and_not_run(full: Place) -> None:
    files = full.files()
    one, other = files["update_adamw_uniform"], files["advance"]
    spare = one.with_suffix(".spare")
    one.rename(spare)
    other.rename(one)
    spare.rename(other)
    assert full.run() == Outcome(0.95, ["advance", "update_adamw_uniform"], True)
    assert full.run() == Outcome(0.95, [], False)


def test_a_damaged_file_is_compiled_again(full: Place) -> None:
    damaged = full.files()["update_adamw_uniform"]
    damaged.write_bytes(damaged.read_bytes()[:-7])
    assert full.run() == Outcome(0.95, ["update_adamw_uniform"], True)


def test_code_without_the_kernel_in_it_is_refused(full: Place) -> None:
    """As if a whole file had been forged: its checksum and its head are right."""
    files = full.files()
    path = files["update_adamw_uniform"]
    code = files["advance"].read_bytes()[32:].partition(b"\n")[2]
    cache.store(path.parent, path.stem, "update_adamw_uniform", code)
    script = (
        RUN
        + """
from adamw_cli.errors import AdamwError
try:
    done(registry.load("optimizers", "adamw"))
except AdamwError as error:
    assert "update_adamw_uniform" in error.message
    print(json.dumps([0.0, [], False]))
"""
    )
    assert full.run(script) == Outcome(0.0, [], False)


def test_without_any_cache_folder_it_compiles_and_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    private.found.cache_clear()
    monkeypatch.setattr(private, "_candidates", lambda: iter([Path("/proc/nowhere"), Path(os.devnull)]))
    try:
        assert private.root() is None
        assert cache.load(None, "anything") is None
        assert private.kernels() == []
    finally:
        private.found.cache_clear()


BENIGN = {
    "NUMBA_BOUNDSCHECK": "1",
    "NUMBA_LOOP_VECTORIZE": "0",
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_ENABLE_AVX": "0",
    "NUMBA_DEBUGINFO": "1",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables", [{"NUMBA_OPT": "0"}, {"NUMBA_NUM_THREADS": "0"}, {"NUMBA_DISABLE_JIT": "1"}, BENIGN], ids=" ".join
)
def test_variables_of_numba_do_not_change_what_is_compiled(
    filled: Place, tmp_path: Path, variables: dict[str, str]
) -> None:
    other = Place(filled.package, tmp_path)
    assert other.run(ADAMW, **variables).w == 0.95
    expected = {name: (path.name, path.read_bytes()) for name, path in filled.files().items()}
    assert {name: (path.name, path.read_bytes()) for name, path in other.files().items()} == expected


def test_what_numba_compiled_before_under_other_settings_plays_no_part(filled: Place, tmp_path: Path) -> None:
    script = "import numba\nnumba.njit(lambda x: x + 1.0)(1.0)\n" + ADAMW
    assert Place(filled.package, tmp_path).run(script, NUMBA_OPT="0", NUMBA_CPU_NAME="generic").w == 0.95


def test_a_file_of_settings_of_numba_plays_no_part(filled: Place, tmp_path: Path) -> None:
    (tmp_path / ".numba_config.yaml").write_text("opt: '0'\nloop_vectorize: 0\n")
    other = Place(filled.package, tmp_path)
    assert other.run().w == 0.95
    assert {path.read_bytes() for path in other.files().values()} == {p.read_bytes() for p in filled.files().values()}
