"""What a selection means, without running it."""

from dataclasses import dataclass

from adamw_cli.errors import AdamwError, ExitCode, Position, Problem, ScenarioError
from adamw_cli.gate.select import Selected
from adamw_cli.judging.check import CANNOT_LOAD
from adamw_cli.result import Result


@dataclass(frozen=True)
class Item:
    """An expectation that would be judged, or, with the last three empty, a scenario that expects nothing."""

    path: str
    position: Position | None
    scenario: str
    tags: tuple[str, ...]
    run: str = ""
    metric: str = ""
    comparison: str = ""


@dataclass(frozen=True, repr=False)
class Collection(Result):
    """Everything that would be judged, and why some files could not be read."""

    scenarios: int
    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    matched: bool

    @property
    def exit_code(self) -> ExitCode:
        """As of the check, as far as that can be known."""
        if self.problems:
            return ExitCode.COULD_NOT_RUN
        return ExitCode.OK if self.matched else ExitCode.NOTHING_MATCHED


def collect(selected: Selected) -> Collection:
    """Read the files that are selected, and list their expectations."""
    items: list[Item] = []
    problems: list[Problem] = []
    for file in selected.files:
        try:
            scenario = file.load()
            places = file.which(scenario)
        except ScenarioError as error:
            problems += error.problems
            continue
        except AdamwError as error:
            problems.append(Problem(CANNOT_LOAD, error.message, error.hint or "", file.path, None))
            continue
        if not places:
            items.append(Item(file.path, None, scenario.name, scenario.tags))
        for index in places:
            wanted = scenario.expect[index]
            run = wanted.of or next(iter(scenario.optimizers))
            source, position, _ = scenario.origin.find(("expect", index))
            items.append(Item(source, position, scenario.name, scenario.tags, run, wanted.label, wanted.comparison))
    return Collection(len(selected.files), tuple(items), tuple(problems), selected.matched)
