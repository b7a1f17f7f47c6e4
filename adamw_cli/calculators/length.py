"""How long a run is: its schedule over a number of steps, and its epochs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adamw_cli import registry
from adamw_cli.calculators.clock import MAX_STEPS, Clock, clock
from adamw_cli.calculators.numbers import checked, whole
from adamw_cli.errors import UsageError
from adamw_cli.theory import half_life as decay


@dataclass(frozen=True)
class Run:
    """How long a run is, for the conventions that say so; None where it is not known.

    Attributes
    ----------
    clock : the schedule over the number of steps.
    batch_size, dataset_size, epochs : b, B and T of the normalised weight decay.
    steps_per_epoch : M of the timescale; need not be whole.

    """

    clock: Clock | None = None
    batch_size: float | None = None
    dataset_size: float | None = None
    epochs: float | None = None
    steps_per_epoch: float | None = None
    _shrinks: dict[str, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def total_shrink(self, x: float) -> float | None:
        """What decay by x times the schedule leaves of a weight after the run, w_T/w_0; None without a schedule.

        Kept for x to 13 digits: a long run takes seconds, and conversions differ in x by rounding.
        """
        if self.clock is None:
            return None
        key = f"{x:.12e}"
        if key not in self._shrinks:
            self._shrinks[key] = decay.total_shrink(x, self.clock.factors())
        return self._shrinks[key]

    @property
    def length(self) -> tuple[float, float, float]:
        """b, B and T."""
        if self.batch_size is None or self.dataset_size is None or self.epochs is None:
            raise UsageError(
                "the normalised weight decay is one for a run's length",
                "give `batch_size`, `dataset_size` and `epochs`",
            )
        return self.batch_size, self.dataset_size, self.epochs

    @property
    def epoch(self) -> float:
        """M."""
        if self.steps_per_epoch is None:
            raise UsageError(
                "a timescale in epochs needs the steps in an epoch",
                "give `steps_per_epoch`, or `batch_size` and `dataset_size`",
            )
        return self.steps_per_epoch


def run_of(
    steps: float | None,
    schedule: str,
    schedule_parameters: Mapping[str, float],
    batch_size: float | None,
    dataset_size: float | None,
    epochs: float | None,
    steps_per_epoch: float | None,
) -> Run:
    """Return what is known of a run; see `calculators.convert.convert` for the parameters.

    Raises
    ------
    UsageError
        If a number is out of range, or two of them contradict each other.

    """
    sizes = {"batch_size": batch_size, "dataset_size": dataset_size, "epochs": epochs}
    for name, value in {**sizes, "steps_per_epoch": steps_per_epoch}.items():
        checked(name, value, above=0.0)
    if batch_size is not None and dataset_size is not None:
        follows = dataset_size / batch_size
        if steps_per_epoch is None:
            steps_per_epoch = follows
        elif abs(steps_per_epoch - follows) >= 1.0:  # the last batch may be dropped, or not be full
            raise UsageError(
                f"`steps_per_epoch` is {steps_per_epoch:g}, but dataset_size/batch_size is {follows:g}",
                "give one of them",
            )
    if steps is None and (schedule != "constant" or schedule_parameters):
        registry.load("schedules", schedule)  # an unknown one is the better reason
        steps = _steps_of(schedule, steps_per_epoch, epochs)
    elif steps is not None and batch_size and dataset_size and epochs:
        follows = dataset_size / batch_size * epochs
        if abs(steps - follows) >= max(1.0, epochs):
            raise UsageError(
                f"`steps` is {steps:g}, but dataset_size/batch_size*epochs is {follows:g}", "give one of them"
            )
    run_clock = None if steps is None else clock(schedule, schedule_parameters, whole("steps", steps, MAX_STEPS))
    return Run(run_clock, batch_size, dataset_size, epochs, steps_per_epoch)


def _steps_of(schedule: str, steps_per_epoch: float | None, epochs: float | None) -> float:
    """M*T to the next whole number: whether an epoch's last batch is dropped or not full is not known here."""
    if steps_per_epoch is None or epochs is None:
        raise UsageError(
            f"the schedule '{schedule}' needs the number of steps of the run",
            "give `steps`, or `epochs` with `steps_per_epoch` or with `batch_size` and `dataset_size`",
        )
    return float(round(steps_per_epoch * epochs))
