"""Commands take time in proportion to what they are given: work is counted, not timed."""

from __future__ import annotations

import pytest

from adamw_cli import load_text
from adamw_cli.judging import simulate as judging
from adamw_cli.report import results

SCENARIO = """\
version: 1
landscape: {{kind: plateau}}
start: [{start}]
steps: 10
optimizers: {{adamw: {{lr: 0.01, weight_decay: 0.1}}}}
"""


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_a_coordinate_is_compared_with_theory_once(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Every record of a table of 9 000 coordinates once compared all of them anew: 2 minutes."""
    from adamw_cli.report.render import render

    counted = []
    compare = judging._relative
    monkeypatch.setattr(judging, "_relative", lambda *given: counted.append(1) or compare(*given))

    def work(coordinates: int) -> int:
        counted.clear()
        simulation = judging.simulate(load_text(SCENARIO.format(start=", ".join(["1.0"] * coordinates))))
        render(results.document(simulation), form)
        return len(counted)

    assert work(60) <= 1.1 * 3 * work(20)
