"""docs/extending.md: its files as plug-ins, and as files of the package, where one file is all that changes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.plugins.pieces import FILES, PACKAGE, PLATEAU, ROOT, folder_of, shown_files, shown_scenarios

SHOWN = shown_files()
# The files that declare one thing, and the folders that they belong into.
ADDED = {name: folder_of(text) for name, text in SHOWN.items() if "\nSPEC = " in text}


def python(folder: Path, *arguments: str) -> str:
    """Run Python in a folder that holds the package, or beside it; return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_shows_the_files_of_the_example_package() -> None:
    assert {path.name: path.read_text() for path in FILES}.items() <= SHOWN.items()
    page = (ROOT / "docs" / "extending.md").read_text()
    project = (PACKAGE / "pyproject.toml").read_text()
    assert page[page.index("```toml\n") + 8 :].partition("```")[0].strip() in project
    declared = tomllib.loads(project)["project"]["entry-points"]
    assert {f"adamw.{folder_of(path.read_text())}": {path.stem: f"adamw_example.{path.stem}"} for path in FILES} == declared  # fmt: skip
    assert shown_scenarios()[0] == PLATEAU


def test_its_files_work_as_plug_ins(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "adamw_cli", tmp_path / "adamw_cli", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in SHOWN.items():
        (tmp_path / name).write_text(text)
    for index, scenario in enumerate(shown_scenarios()):
        (tmp_path / f"{index}.yaml").write_text(scenario)
    named = [argument for name in SHOWN for argument in ("--plugin", name)]
    assert "3 passed" in python(tmp_path, "-m", "adamw_cli", "check", "0.yaml", "1.yaml", *named)
    for name in SHOWN:
        python(tmp_path, "-m", "doctest", name)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the files of the page where they belong, by other names, and the reference written anew."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("adamw_cli", "benchmarks", "docs", "scenarios", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    for name, package in ADDED.items():
        (folder / "adamw_cli" / package / f"stranger_{name}").write_text(SHOWN[name])
    python(folder, "docs/generate_reference.py")
    return folder


def test_a_new_file_of_each_kind_is_all_that_the_reference_needs(copy: Path) -> None:
    assert set(ADDED.values()) == {"optimizers", "landscapes", "schedules", "noises", "metrics"}
    for name, package in ADDED.items():
        page = (copy / "docs" / "reference" / f"{package}.md").read_text()
        assert f"| `stranger_{name.removesuffix('.py')}` | " in page
    for page in (copy / "docs" / "reference").iterdir():
        before = (ROOT / "docs" / "reference" / page.name).read_text().splitlines()
        assert set(before) <= set(page.read_text().splitlines())


@pytest.mark.slow
def test_every_test_that_goes_over_all_of_a_kind_goes_over_it_too(copy: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "--ignore=tests/plugins", "-k", "stranger_ or test_the_reference"]
    printed = python(copy, "-m", "pytest", "tests", *options)
    assert int(re.findall(r"^(\d+) passed", printed.splitlines()[-1])[0]) > 100


def test_a_metric_of_the_package_is_on_request_unless_it_says_otherwise(copy: Path) -> None:
    ours = python(ROOT, "-m", "adamw_cli", "simulate", "plateau", "-f", "csv")
    assert python(copy, "-m", "adamw_cli", "simulate", "plateau", "-f", "csv") == ours


def test_the_contract_tests_run_on_plug_ins(tmp_path: Path) -> None:
    """As the page says it; and they find a decay that is not the declared one."""
    contracts = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contracts"]
    named = [argument for path in FILES for argument in ("--plugin", str(path))]
    printed = python(ROOT, *contracts, *named, "-k", " or ".join(path.stem for path in FILES))
    assert int(re.findall(r"^(\d+) passed", printed.splitlines()[-1])[0]) > 20
    wrong = tmp_path / "wrong_decay.py"
    wrong.write_text(SHOWN["signsgd.py"].replace("+ weight_decay * w", "+ 2.0 * weight_decay * w"))
    options = ["--plugin", str(wrong), "-k", "wrong_decay and what_the_rule_declares"]
    with pytest.raises(AssertionError, match="2 failed"):
        python(ROOT, *contracts, *options)
