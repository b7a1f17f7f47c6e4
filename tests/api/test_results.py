"""What results have in common: they look themselves up, show themselves briefly, and export themselves."""

from __future__ import annotations

import pickle
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import adamw_cli
from adamw_cli.errors import AdamwError, MissingExtraError, ScenarioError, UnknownNameError, UsageError
from tests.cli.terminal import GOOD

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def simulation() -> adamw_cli.Simulation:
    return adamw_cli.simulate("gradient_flip")


def test_a_simulation_is_a_mapping_of_mappings(simulation: adamw_cli.Simulation) -> None:
    run = simulation["adamw"]
    assert run is simulation.run("adamw")
    assert run["overshoot"] is run.row("overshoot")
    assert run["overshoot"].theory == run["overshoot"].prediction.value
    assert list(simulation) == list(simulation.scenario.optimizers)
    assert len(run) == len(run.rows) == len(set(run))
    assert "adamX" not in simulation
    assert simulation.get("adamX") is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda s: s["adamX"], "there is no run 'adamX'\n  did you mean 'adam'? known: "),
        (lambda s: s[0], "there is no run '0'\n  known: "),
        (lambda s: s[None], "there is no run 'None'\n  "),
        (lambda s: s["adamw"][0], "the run 'adamw' has no row '0'\n  "),
        (lambda s: s["adamw"].row(0), "the run 'adamw' has no row '0'\n  "),
        (lambda s: s.run("adamX"), "there is no run 'adamX'\n  did you mean 'adam'? known: "),
        (lambda s: s["adamw"]["over_shoot"], "the run 'adamw' has no row 'over_shoot'\n  did you mean 'overshoot'? "),
        (lambda s: s["adamw"].row("half_lif"), "the run 'adamw' has no row 'half_lif'\n  "),
        (
            lambda s: s["adamw"].row("overshoot", level=2),
            "has no row 'overshoot(level=2)'\n  did you mean 'overshoot'? ",
        ),
        (lambda s: s["adamw"].row("overshoot", lvl=2), "has no row 'overshoot(lvl=2)'\n  did you mean 'overshoot'? "),
        (lambda s: s["adamw"].row("weight", at_step=3), "has no row 'weight(at_step=3)'\n  "),
    ],
)
def test_what_is_not_there_is_an_error_that_lists_what_is(simulation, wrong, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownNameError) as caught:
        wrong(simulation)
    assert said in str(caught.value)
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, AdamwError)
    assert "known" in (caught.value.hint or "")


def test_parts_of_results_are_brief_too(simulation: adamw_cli.Simulation) -> None:
    for part in (
        simulation,
        simulation["adamw"],
        simulation["adamw"]["overshoot"],
        adamw_cli.check("plateau").files[0],
    ):
        assert len(repr(part)) < 500
    long = adamw_cli.convert("pytorch", lr=1e-3)
    assert repr(long) == "Conversion(source=<Convention>, run=<Run>, rows=<12 items>)"


class _Texts(HTMLParser):
    """The tags, and the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, _: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_cell_of_html_is_escaped(tmp_path: Path) -> None:
    nasty = "<script>&\"'"
    text = GOOD.replace("adamw: {", f"{nasty!r}: {{kind: adamw, ".replace("\\'", "''")).replace(", of: adamw", "")
    path = tmp_path / "<b>.yaml"
    path.write_text(text)
    result = adamw_cli.simulate(path)
    for shown in (result, adamw_cli.check(path), adamw_cli.validate(tmp_path / "<i>.yaml")):
        page = _Texts()
        page.feed(shown._repr_html_())
        assert page.tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    page = _Texts()
    page.feed(result._repr_html_())
    assert nasty in page.text


def test_paths_are_drawn_and_written(tmp_path: Path) -> None:
    study = adamw_cli.decay(start=[1.0], steps=50)
    trace = tmp_path / "trace.csv"
    study.write_trace(trace)
    first, last = trace.read_text().splitlines()[1], trace.read_text().splitlines()[-1]
    assert first == "decay,adamw,0,0,1.0"
    assert last.startswith("decay,adam_l2,50,0,")
    with pytest.raises(AdamwError, match="exists") as caught:
        study.write_trace(trace)
    assert "`force`" in str(caught.value)
    study.write_trace(trace, force=True)
    with pytest.raises(UsageError, match="unknown format"):
        study.write_trace(tmp_path / "trace.doc")
    pytest.importorskip("matplotlib", reason="the extra 'plot', which CI installs")
    adamw_cli.simulate("plateau", steps=50).plot(tmp_path / "a.svg")
    study.plot(str(tmp_path / "b.svg"))
    assert {path.name for path in tmp_path.iterdir()} == {"trace.csv", "a.svg", "b.svg"}


def test_errors_say_what_to_do_and_survive_another_process() -> None:
    with pytest.raises(UsageError) as caught:
        adamw_cli.half_life(lr=1e-3, target_shrink=0.5)
    assert str(caught.value) == f"{caught.value.message}\n  {caught.value.hint}"
    with pytest.raises(ScenarioError) as broken:
        adamw_cli.simulate("plateau", set={"steps": 0})
    assert str(broken.value).startswith("`set`:1:7: error[S105]: 'steps' must be")
    for error in (caught.value, broken.value, MissingExtraError("a", "b", "c"), UnknownNameError("m", "h")):
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy)) == (type(error), str(error))


def test_a_number_that_is_wrong_is_named_as_the_parameter() -> None:
    for call in (
        lambda: adamw_cli.decay(lr=-1.0),
        lambda: adamw_cli.overshoot(beta1=1.0),
        lambda: adamw_cli.decay(start=[0]),
    ):
        with pytest.raises(AdamwError, match=r"^`(lr|beta1|start)`"):
            call()
    with pytest.raises(UsageError, match="no parameter 'weigth_decay'"):
        adamw_cli.decay(weigth_decay=0.1)  # type: ignore[call-arg]
    with pytest.raises(UsageError, match="`set` and `steps`"):
        adamw_cli.simulate(adamw_cli.load_scenario("plateau"), steps=5)
    with pytest.raises(UsageError, match="`action`"):
        adamw_cli.cache("burn")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no list of 'planets'"):
        adamw_cli.listing("planets")


def test_closed_forms_stay_light() -> None:
    script = "import sys, adamw_cli; adamw_cli.half_life(lr=1e-3).to_dict(); print({'numpy', 'numba', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_examples_pass_a_strict_type_checker(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="the extra 'dev'")
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = [part.partition("```")[0] for part in text.split("```python\n")[1:]]
    for number, block in enumerate(blocks):
        (tmp_path / f"example_{number}.py").write_text(block)
    (tmp_path / "wrong.py").write_text("import adamw_cli\nadamw_cli.decay(lr='fast')\nadamw_cli.nothing\n")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file",
        "",
        "--cache-dir",
        str(tmp_path / "cache"),
        ".",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    wrong = [line for line in done.stdout.splitlines() if "error:" in line]
    assert [line.partition(":")[0] for line in wrong] == ["wrong.py", "wrong.py"], done.stdout
