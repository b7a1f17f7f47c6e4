"""Installed packages: what their entry points add, that nobody looks who need not, and what one that is broken breaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Outcome, run_process
from tests.plugins.pieces import PACKAGE, install, install_example

OPTIMIZERS = "adamw.optimizers"
RULE = """\
from adamw_cli.vocabulary import LR, NoDecay, Rule

SPEC = Rule(parameters=(LR,), state=(), decay=NoDecay())


def update(w, g, lr):
    return (w - lr * g,)
"""
USING = """\
version: 1
landscape: {kind: slope, gradient: 1.0}
start: [1.0]
steps: 2
optimizers:
  NAME: {lr: 0.25}
"""


def path_with(site: Path) -> str:
    return os.pathsep.join([str(site), *sys.path])


def adamw(site: Path, *arguments: str) -> Outcome:
    return run_process(*arguments, env={"PYTHONPATH": path_with(site)})


def good(site: Path, *arguments: str) -> str:
    outcome = adamw(site, *arguments)
    assert outcome.code == 0, outcome.err
    return outcome.out


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An empty folder for packages."""
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the example package is installed."""
    folder = tmp_path_factory.mktemp("site")
    install_example(folder)
    return folder


def test_the_example_works_in_every_command(example: Path) -> None:
    data = json.loads(good(example, "simulate", str(PACKAGE / "plateau.yaml"), "--format", "json"))
    half = data["runs"][0]["metrics"]["half_life"]
    assert half["theory"] == pytest.approx(half["measured"])
    assert "2 scenarios, 2 expectations: 2 passed" in good(example, "check", str(PACKAGE), "-f", "concise")
    for package, name in (("optimizers", "signsgd"), ("landscapes", "sixth_power"), ("metrics", "largest_weight")):
        assert name in [item["name"] for item in json.loads(good(example, "list", package, "-f", "json"))["items"]]
        assert f"plug-in: {example / 'adamw_example' / name}.py" in good(example, "show", name)
    assert '"const": "sixth_power"' in good(example, "schema")


def test_it_changes_nothing_for_scenarios_that_do_not_use_it(example: Path, site: Path) -> None:
    for command in (["simulate", "plateau", "-f", "csv"], ["check", "plateau", "-f", "concise"], ["half-life"]):
        one, other = adamw(example, *command), adamw(site, *command)
        assert (one.code, one.out) == (other.code, other.out)  # stderr says which of the two compiled


def test_nobody_looks_who_need_not_and_imports_more_than_is_asked_for(example: Path) -> None:
    # Not whether importlib.metadata is imported: the command-line library's own dependencies may do that.
    script = (
        "import sys, importlib.metadata as of; from adamw_cli.cli.main import main\n"
        "looked, ask = [], of.entry_points\n"
        "of.entry_points = lambda *a, **k: looked.append('entry_points') or ask(*a, **k)\n"
        "main({}); print(*sys.modules, *looked, file=sys.stderr)"
    )
    watched = ("entry_points", "adamw_cli.plugins", "adamw_example")

    def imported(*arguments: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", script.format(list(arguments))], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": path_with(example)},
        )  # fmt: skip
        return [name for name in done.stderr.split() if name in watched or name.startswith("adamw_example.")]

    assert imported("half-life", "--schedule", "cosine", "--steps", "9") == []
    assert imported("--version") == []
    assert "entry_points" in imported("list", "optimizers")
    assert "adamw_cli.plugins" not in imported("validate", "plateau")  # all of its names are ours
    for command, name in (("list optimizers", "signsgd"), ("show largest_weight", "largest_weight")):
        found = imported(*command.split())
        assert [m for m in found if "example" in m] == ["adamw_example", f"adamw_example.{name}"]


def test_an_installed_schedule_has_its_flags_where_it_is_named(site: Path) -> None:
    (site / "steep_module.py").write_text(
        "from adamw_cli.vocabulary import Parameter, Schedule\n"
        "SPEC = Schedule(parameters=(Parameter('power', 1.0, 'how steep it is'),))\n"
        "def value(t, steps, power):\n    return (t / steps) ** power\n"
    )
    install(site, "steep", "1", {"adamw.schedules": {"steep": "steep_module", "broken": "nowhere_at_all"}})
    asked = ("half-life", "--schedule", "steep", "--power", "0", "--steps", "5", "-f", "json")
    assert json.loads(good(site, *asked))["effective_steps"] == 5.0
    assert "--power" in good(site, "half-life", "--schedule", "steep", "--help")
    assert "--warmup-steps" in good(site, "half-life", "--schedule", "broken", "--help")
    refused = adamw(site, "half-life", "--schedule", "broken", "--steps", "5")
    assert (refused.code, "plug-in 'broken' of steep 1 cannot be imported" in refused.err) == (2, True)


@pytest.mark.slow
def test_a_broken_package_breaks_what_uses_it_and_nothing_else(site: Path) -> None:
    (site / "broken_module.py").write_text("x = 1\nimport nowhere_at_all\n")
    install(site, "some-rules", "2.1", {OPTIMIZERS: {"broken": "broken_module", "absent": "absent_module"}})
    for command in (
        ["half-life"],
        ["simulate", "plateau"],
        ["check", "plateau"],
        ["list", "metrics"],
        ["show", "adamw"],
    ):
        outcome = adamw(site, *command)
        assert (outcome.code, "some-rules" in outcome.err) == (0, False), outcome.err
    says = f"plug-in 'broken' of some-rules 2.1 cannot be imported: ModuleNotFoundError: No module named 'nowhere_at_all' ({site / 'broken_module.py'}:2)"  # fmt: skip
    for command in (["list", "optimizers"], ["schema"]):
        outcome = adamw(site, *command)
        assert outcome.code == 0
        assert outcome.err.count(f"warning: {says}") == 1
        assert outcome.err.count("'absent' of some-rules 2.1 cannot be imported: ModuleNotFoundError") == 1
        assert "signum" in outcome.out
        assert "broken" not in outcome.out
    install(site, "some-schedules", "1", {"adamw.schedules": {"broken_schedule": "broken_module"}})
    asked = ["total_shrink", "--lr", "1", "--weight-decay", "0.1", "--steps", "9"]
    for command in (["theory"], ["theory", *asked, "--schedule", "cosine"]):
        outcome = adamw(site, *command)
        assert outcome.code == 0, outcome.err
    assert "some-schedules" in adamw(site, "theory", *asked, "--schedule", "broken_schedule").err
    scenario = site / "s.yaml"
    scenario.write_text(USING.replace("NAME", "broken"))
    for command in ("simulate", "check", "validate"):
        outcome = adamw(site, command, str(scenario))
        assert outcome.code == 2
        assert f"error[S113]: {says}" in outcome.out + outcome.err
    outcome = adamw(site, "show", "broken")
    assert (outcome.code, f"error: {says}" in outcome.err) == (2, True)


def test_names_that_clash_and_groups_that_do_not_fit(site: Path) -> None:
    (site / "a_rule.py").write_text(RULE)
    install(site, "first", "1", {OPTIMIZERS: {"mine": "a_rule", "adamw": "a_rule"}})
    install(site, "second", "2", {OPTIMIZERS: {"mine": "a_rule"}, "adamw.schedules": {"rule": "a_rule"}})
    outcome = adamw(site, "list", "optimizers")
    assert outcome.code == 0
    assert "warning: plug-in 'adamw' of first 1: optimizer 'adamw' exists already, in adamw itself" in outcome.err
    assert "optimizer 'mine' exists already, in plug-in 'mine' of " in outcome.err
    assert "AdamW: Adam with decoupled weight decay." in outcome.out  # ours is the one that counts
    assert "plug-in 'rule' of second 2: it declares one of the optimizers" in adamw(site, "list", "schedules").err
    scenario = site / "s.yaml"
    scenario.write_text(USING.replace("NAME", "mine"))
    refused = adamw(site, "simulate", str(scenario))
    assert refused.code == 2
    assert "of first 1" in refused.err
    assert "of second 2" in refused.err
    named = site / "named" / "rule.py"
    named.parent.mkdir()
    named.with_name("mine.py").write_text(RULE)
    clash = adamw(site, "list", "schedules", "--plugin", str(named.with_name("mine.py")))
    assert clash.code == 2
    assert "optimizer 'mine' exists already, in plug-in 'mine' of " in clash.err


def test_an_entry_point_may_be_a_class_of_a_module(site: Path) -> None:
    body = "".join(f"    {line}\n" if line else "\n" for line in RULE.partition("\n\n")[2].splitlines())
    (site / "many_rules.py").write_text(f"from adamw_cli.vocabulary import LR, NoDecay, Rule\n\n\nclass Bare:\n{body}")
    install(site, "many", "1", {OPTIMIZERS: {"bare": "many_rules:Bare"}})
    scenario = site / "s.yaml"
    scenario.write_text(USING.replace("NAME", "bare") + "expect: [{metric: total_shrink, near: 0.5}]\n")
    assert "1 passed" in good(site, "check", str(scenario))
