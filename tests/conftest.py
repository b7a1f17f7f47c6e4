"""Fixtures for every test: kernels go to a cache of their own, shared by the tests of one run; and no settings but a test's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest

from adamw_cli import registry

# Set before anything of the package reads it, and inherited by the processes that tests start.
os.environ.setdefault("ADAMW_CACHE_DIR", os.path.join(tempfile.gettempdir(), f"adamw-tests-{os.getpid()}"))
# What whoever runs the tests has set for the command line, in the environment or in a file, is not what they test.
for _name in [name for name in os.environ if name.startswith("ADAMW_") and name != "ADAMW_CACHE_DIR"]:
    del os.environ[_name]
os.environ["ADAMW_CONFIG"] = os.devnull


# Folders whose tests compile next to nothing and start no processes: `pytest -m quick` for in between.
QUICK = {"calculators", "report", "settings", "theory"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest tests/contracts --plugin FILE.py`: the tests that hold for everything of a kind, on a plug-in too."""
    parser.addoption("--plugin", action="append", default=[], metavar="FILE.py", help="load a plug-in of adamw first")


def pytest_configure(config: pytest.Config) -> None:
    for path in config.getoption("--plugin"):
        registry.load_plugin(path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of some folders are quick, but for the slow ones among them."""
    for item in items:
        if QUICK.intersection(item.path.parts) and item.get_closest_marker("slow") is None:
            item.add_marker("quick")


@pytest.fixture(autouse=True)
def no_plugin_of_another_test() -> Iterator[None]:
    before = dict(registry._added)
    yield
    registry._added.clear()
    registry._added.update(before)


@pytest.fixture(autouse=True)
def nowhere_in_particular(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a CI service sets would change what commands print, and write into the summary of the job that runs the tests."""
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "GITLAB_CI", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
