"""`adamw reproduce`: the gallery, the gate, and that the gate can fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adamw_cli import ExitCode, UsageError, load_scenario
from adamw_cli.judging.papers import reproduce, stated
from adamw_cli.scenario import shipped
from tests.cli.terminal import run

PAPERS = """bock-weiss-2019 chen-2024 cohen-2022 defazio-2025 kosson-2023 liang-2025 loshchilov-hutter-2019 malladi-2022
    reddi-2018 schaul-2013 wang-aitchison-2024 xie-li-2024 zhuang-2022""".split()
# What a wrong theory or a wrong rule would look like, for each mechanism.
WRONG = [
    ("bock-weiss-2019", ["optimizers.beta1-0.1.betas=[0.2, 0.99]"]),
    ("chen-2024", ["optimizers.lion.weight_decay=0.9"]),
    ("cohen-2022", ["optimizers.below.lr=38.0038"]),
    ("defazio-2025-balance", ["optimizers.half.lr=1e-2"]),
    ("defazio-2025-cosine", ["optimizers.adamc.kind=adamw"]),
    ("kosson-2023-adamw", ["optimizers.adamw.weight_decay=2.0"]),
    ("kosson-2023-others", ["optimizers.adam_l2.kind=adamw"]),
    ("liang-2025", ["optimizers.cautious.kind=adamw"]),
    ("loshchilov-hutter-2019-sgd", ["optimizers.penalty.lr=0.2"]),
    ("loshchilov-hutter-2019-normalised", ["optimizers.batch-400.weight_decay=2.5e-4"]),
    ("malladi-2022", ["optimizers.adamw.betas=[0.9, 0.9995]", "optimizers.adamw.weight_decay=1.0"]),
    ("reddi-2018-drift", ["optimizers.adam.betas=[0.0, 0.5]"]),
    ("reddi-2018-figure-1", ["optimizers.adam.amsgrad=true"]),
    ("reddi-2018-theorem-1", ["optimizers.amsgrad.amsgrad=false"]),
    ("schaul-2013", ["optimizers.sgd.lr=0.2"]),
    ("wang-aitchison-2024-average", ["optimizers.adamw.weight_decay=0.2"]),
    ("wang-aitchison-2024-timescale", ["optimizers.four-times-the-batch.weight_decay=0.1"]),
    ("xie-li-2024", ["optimizers.adamw.weight_decay=0.9"]),
    ("zhuang-2022-prox", ["optimizers.prox.kind=adamw"]),
    ("zhuang-2022-scale-free", ["optimizers.adamw.eps=1e-6"]),
]


def test_every_paper_is_confirmed(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "reproduce", "--all", "--format", "json")
    found = json.loads(outcome.out)
    assert outcome.code == ExitCode.OK
    assert found["confirmed"]
    assert sorted({result["paper"] for result in found["results"]}) == PAPERS
    for result in found["results"]:
        assert result["confirmed"]
        assert all(number["outcome"] == "passed" for number in result["numbers"])
        assert all(result[text] for text in ("claim", "finding", "figure", "source"))
        assert any(number["measured"] is not None for number in result["numbers"])


def test_the_gallery_needs_no_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adamw_cli.judging.papers.judged", None)
    outcome = run(capsys, "reproduce")
    assert outcome.code == ExitCode.OK
    assert all(paper in outcome.out for paper in PAPERS)
    assert f"13 papers, {len(WRONG)} results" in outcome.out


def test_one_paper_has_every_number_its_figure_and_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "reproduce", "xie-li-2024", "wang-aitchison-2024")
    assert outcome.code == ExitCode.OK
    assert outcome.out.index("wang-aitchison-2024\n") < outcome.out.index("xie-li-2024\n")
    assert "near 1, 1, 0.4 " in outcome.out
    assert "near 9999.5 [closed form]" in outcome.out
    assert "no number quoted" in outcome.out
    assert "arXiv:2404.04454" in outcome.out
    assert "2 papers, 3 results: 3 confirmed" in outcome.out


def test_an_unknown_name_leads_to_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "reproduce", "kosson-2024")
    assert (outcome.code, outcome.out) == (ExitCode.COULD_NOT_RUN, "")
    assert "did you mean 'kosson-2023'?" in outcome.err


def test_every_scenario_is_put_wrong_once() -> None:
    assert sorted(f"papers/{name}" for name, _ in WRONG) == list(shipped.published())


@pytest.mark.parametrize(("name", "change"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_the_gate_can_fail(name: str, change: list[str]) -> None:
    path = shipped.published()[f"papers/{name}"]
    result = reproduce({name: load_scenario(path, overrides=change)})
    assert result.check.exit_code == ExitCode.EXPECTATION_FAILED
    assert not result.results[0].confirmed


def test_the_command_fails_with_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = shipped.published()["papers/zhuang-2022-prox"].read_text()
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "wrong.yaml").write_text(text.replace("kind: adamw_prox, lr: 0.1", "kind: adamw, lr: 0.1"))
    monkeypatch.setattr(shipped, "shipped_folder", lambda: tmp_path)
    for arguments in (["--all"], ["zhuang-2022"]):
        outcome = run(capsys, "reproduce", *arguments)
        assert outcome.code == ExitCode.EXPECTATION_FAILED
        assert "NOT CONFIRMED" in outcome.out
        assert "wrong.yaml:23:5: error[E101]: path_gap at step 1 of 'adamw' was expected" in outcome.out
        assert "1 paper, 1 result: 0 confirmed" in outcome.out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tags: [paper, cohen-2022]", "tags: [cohen-2022, paper]"),
        ("  Figure: 38/lr.\n\n", ""),
        ("  Source: ", "  From "),
    ],
)
def test_a_scenario_that_does_not_say_what_it_reproduces(tmp_path: Path, old: str, new: str) -> None:
    text = shipped.published()["papers/cohen-2022"].read_text()
    assert old in text
    (tmp_path / "mine.yaml").write_text(text.replace(old, new))
    with pytest.raises(UsageError, match="'mine' does not say which paper"):
        stated({"mine": load_scenario(tmp_path / "mine.yaml")})
    (tmp_path / "mine.yaml").write_text(text.partition("expect:")[0])
    with pytest.raises(UsageError, match="'mine' expects nothing"):
        stated({"mine": load_scenario(tmp_path / "mine.yaml")})
