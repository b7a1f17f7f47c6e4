"""What a target is, whatever it is written in, and how it is found.

Foreign code runs in this process, with no sandbox. Whatever goes wrong in it becomes a TargetError that names the moment.
"""

import contextlib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from adamw_cli.conformance.probes import Probe
from adamw_cli.errors import AdamwError, UsageError, suggestion

Array = NDArray[np.floating]
# One step: the gradient and the learning rate of the step -> the new weights.
Step = Callable[[Array, float], Any]
DTYPES = {"float64": np.float64, "float32": np.float32}
HYPERPARAMETERS = ("lr", "weight_decay", "betas", "eps")


class TargetError(AdamwError):
    """The target, or a trajectory, cannot be judged."""


class Target(Protocol):
    """An implementation behind one interface.

    Attributes
    ----------
    kind : what it was taken for, in words.
    remarks : what was noticed while it ran, a sentence each.

    """

    @property
    def kind(self) -> str: ...  # noqa: D102  # above

    @property
    def remarks(self) -> tuple[str, ...]: ...  # noqa: D102  # above

    def start(self, probe: Probe, w0: Array) -> tuple[Step, bool]:
        """Return a fresh run from w0 : (d,), and whether its learning rate can change between steps."""


@contextlib.contextmanager
def foreign(moment: str) -> Iterator[None]:
    """Run foreign code: whatever it raises, sys.exit included, becomes a TargetError; Ctrl-C stays what it is.

    Raises
    ------
    TargetError

    """
    try:
        with np.errstate(all="ignore"):  # nan and overflow are judged, not warned about
            yield
    except (AdamwError, KeyboardInterrupt):
        raise
    except SystemExit as error:
        raise TargetError(f"the target called sys.exit({error.code!r}) ({moment})", "it must return instead") from None
    except BaseException as error:
        # A cancelled task, say: uncaught it would end with 1, which means "does not conform".
        where = ", ".join(part for part in (_line(error), moment) if part)
        raise TargetError(f"the target raised {type(error).__name__}: {error} ({where})") from error


def _line(error: BaseException) -> str:
    """FILE:LINE where an exception was raised; nothing if that is not in foreign code, as in a call that does not fit."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    own = Path(__file__).parents[1]
    if place.filename.startswith("<") or own in Path(place.filename).parents:
        return ""
    return f"{Path(place.filename).name}:{place.lineno}"


@contextlib.contextmanager
def output_to_stderr() -> Iterator[None]:
    """What foreign code prints goes to standard error, also what it prints past Python, so that results stay parseable."""
    _flush()
    with contextlib.redirect_stdout(sys.stderr):
        try:
            saved = os.dup(1)
            os.dup2(2, 1)
        except OSError:  # one of the two is closed
            yield
            return
        try:
            yield
        finally:
            _flush()
            os.dup2(saved, 1)
            os.close(saved)


def _flush() -> None:
    """Empty the buffer of the stream that was standard output at the start: foreign code may have kept it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.__stdout__.flush()  # type: ignore[union-attr]  # None without one: AttributeError


@contextlib.contextmanager
def importable(target: object) -> Iterator[None]:
    """What lies beside a file, or in the current folder for a module, can be imported, also while the target runs."""
    place = target.rpartition(":")[0] if isinstance(target, str) else ""
    folder = str(Path(place).resolve().parent) if place.endswith(".py") else os.getcwd()
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)


def find(text: str) -> tuple[str, Any]:
    """Return (name, object) for `module:name` or `file.py:name`; importing it runs it.

    Raises
    ------
    UsageError, TargetError
        If the text has no colon, or there is no such file, module or name, or the import fails.

    """
    place, colon, name = text.rpartition(":")
    if not colon or not place or not name:
        raise UsageError(f"a target is MODULE:NAME or FILE.py:NAME, not {text!r}", "for example torch.optim:AdamW")
    module = _load_file(Path(place)) if place.endswith(".py") else _load_module(place)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            known = [each for each in vars(found) if not each.startswith("_")] if hasattr(found, "__dict__") else []
            raise UsageError(f"{place} has no attribute {name!r}", suggestion(part, known) or None)
        found = getattr(found, part)
    if not callable(found):
        raise UsageError(f"{text} is not callable: it is {type(found).__name__}", "name a function or a class")
    return name, found


def _load_file(path: Path) -> Any:
    if not path.is_file():
        raise UsageError(f"no such file: {path}", "a target is MODULE:NAME or FILE.py:NAME")
    spec = importlib.util.spec_from_file_location(f"_adamw_target_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up
    with foreign(f"while {path} was imported"):
        spec.loader.exec_module(module)
    return module


# Module -> the extra that brings it.
_EXTRAS = {"torch": "torch", "jax": "jax", "jaxlib": "jax", "optax": "jax"}


def _load_module(name: str) -> Any:
    try:
        with foreign(f"while {name} was imported"):
            return importlib.import_module(name)
    except TargetError as error:
        missing = error.__cause__
        if not isinstance(missing, ModuleNotFoundError) or missing.name is None:
            raise
        absent = missing.name
    if absent in _EXTRAS:
        hint = f"pip install 'adamw-cli[{_EXTRAS[absent]}]'"
        raise TargetError(f"target {name} needs the package {absent!r}, which is not installed", hint)
    if name == absent or name.startswith(f"{absent}."):
        raise UsageError(f"no module named {absent!r}", "is it installed, or is the current folder the right one?")
    raise TargetError(f"{name} cannot be imported: it needs {absent!r}, which is not installed")


def parse_options(texts: Sequence[str]) -> dict[str, Any]:
    """Return options given as KEY=VALUE: true, false and none, numbers, and text for the rest.

    >>> parse_options(["fused=true", "lr_decay=1e-3", "kind=fast"])
    {'fused': True, 'lr_decay': 0.001, 'kind': 'fast'}

    Raises
    ------
    UsageError
        If there is no `=`, or a name twice.

    """
    words: dict[str, Any] = {"true": True, "false": False, "none": None}
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name.isidentifier():
            raise UsageError(f"an option is KEY=VALUE, not {text!r}", "for example fused=true")
        if name in found:
            raise UsageError(f"option {name!r} is given twice")
        found[name] = words[value.lower()] if value.lower() in words else _number(value)
    return found


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text


def refuse_hyperparameters(options: Mapping[str, Any]) -> None:
    """An option that a probe sets would spoil the probe.

    Raises
    ------
    UsageError

    """
    names = {*HYPERPARAMETERS, "learning_rate", "b1", "b2", "w0", "params", "lr_schedule"} & set(options)
    if names:
        raise UsageError(f"`option` {min(names)}: the probes set it", "give other options only")
