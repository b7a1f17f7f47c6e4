"""The closed forms of `theory/`, each with a door: found by being there, described by their docstrings.

A closed form is a public function of a module of `theory/`. Its docstring begins with `what it is: formula.` and has a line
`Holds when:` and a line `Source:`; what holds for all of a module stands in the module's own docstring. Its arguments are
symbols, which `symbols.py` translates into the words of the interface.
"""

import inspect
import math
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from itertools import takewhile
from types import ModuleType
from typing import Any, Literal

from adamw_cli import theory
from adamw_cli.calculators import symbols
from adamw_cli.calculators.numbers import checked, whole
from adamw_cli.errors import UsageError, suggestion
from adamw_cli.result import Result

Kind = Literal["number", "whole", "flag", "numbers", "rows", "text"]
# By the annotation of an argument; a word from which one follows is a number.
_KINDS: Mapping[str, Kind] = {
    "float": "number",
    "int": "whole",
    "int | None": "whole",
    "bool": "flag",
    "Sequence[float]": "numbers",
    "Matrix": "rows",
}
_AFTER_REMARKS = r"Parameters\n|Holds when: |Source: |>>> "
_WORD_KINDS: Mapping[str, Kind] = {"schedule": "text", "steps": "whole"}
# Beyond, a path would not fit into memory.
MOST_STEPS = 10**7


@dataclass(frozen=True)
class FormOption:
    """One word of the interface that a closed form takes.

    Attributes
    ----------
    name : the word, such as `weight_decay`.
    kind : `number`; `whole`; `flag`; `numbers`, a list; `rows`, a list of lists; `text`.
    meaning : what it is.
    required : whether it has to be given.
    default : what is used otherwise; None where something follows from its absence.

    """

    name: str
    kind: Kind
    meaning: str
    required: bool
    default: Any = None


@dataclass(frozen=True)
class ClosedForm:
    """A function of `theory/`.

    Attributes
    ----------
    name : the function's, with its module's before it (`flip.path`) where another module has a function of that name.
    topic : its module.
    summary, formula, remarks, source : from the docstrings.
    conditions : when it holds: what its module says, and what itself; either may be empty.
    symbols : what the formula's symbols are in the interface's words, where that is another word.
    function : computes it.

    """

    name: str
    topic: str
    summary: str
    formula: str
    remarks: str
    conditions: tuple[str, str]
    source: str
    symbols: Mapping[str, str]
    function: Callable[..., Any]

    @property
    def options(self) -> tuple[FormOption, ...]:
        """What it takes: found anew each time, as a plug-in may have added a schedule with parameters of its own."""
        return _options(self.topic, self.function)

    @property
    def holds_when(self) -> str:
        """All conditions."""
        return "; ".join(filter(None, self.conditions))


@dataclass(frozen=True, repr=False)
class Evaluation(Result):
    """A closed form's value.

    Attributes
    ----------
    form : what was computed.
    parameters : what was given, and the defaults of what was not.
    value : a number, a word, a tuple of numbers, a tuple with names, or None where there is none.

    """

    form: ClosedForm
    parameters: Mapping[str, Any]
    value: Any

    @property
    def note(self) -> str:
        """What JSON's null stands for; empty if there is none."""
        if self.value is None:
            return "there is none for these numbers"
        values = self.value if isinstance(self.value, tuple | list) else [self.value]
        odd = {str(value) for value in values if isinstance(value, float) and not math.isfinite(value)}
        return f"not a finite number: {', '.join(sorted(odd))}" if odd else ""


@dataclass(frozen=True, repr=False)
class ClosedForms(Result):
    """What `closed_form` can evaluate, in the order of modules and files."""

    forms: tuple[ClosedForm, ...]


def closed_forms() -> ClosedForms:
    """Return all closed forms: of each what it is, its formula, when it holds, its source, and what it takes.

    >>> [form.formula for form in closed_forms().forms if form.name == "half_life"]
    ['t = ln(fraction) / ln|1 - x|']

    """
    return ClosedForms(tuple(by_name().values()))


@cache
def by_name() -> Mapping[str, ClosedForm]:
    """All closed forms by name, in the order of their modules and files."""
    functions = [(module, function) for module in _modules() for function in _public(module)]
    times = Counter(function.__name__ for _, function in functions)
    forms = [_form(module, function, times[function.__name__] == 1) for module, function in functions]
    return {form.name: form for form in forms}


def find(name: str) -> ClosedForm:
    """The closed form of a name, with or without its module's.

    Raises
    ------
    UsageError
        If there is none, or more than one.

    """
    known = by_name()
    topic, _, plain = name.rpartition(".")
    if name in known:
        return known[name]
    if plain in known and known[plain].topic == topic:
        return known[plain]
    several = [other for other in known if other.endswith(f".{name}")]
    if several:
        raise UsageError(f"there are {len(several)} closed forms '{name}'", f"give one of {', '.join(several)}")
    raise UsageError(f"there is no closed form '{name}'", suggestion(name, list(known)))


def closed_form(name: str, /, **parameters: Any) -> Evaluation:
    """Evaluate a closed form of the theory.

    Parameters
    ----------
    name : such as `half_life`; `adamw theory` lists them.
    parameters : in the interface's words, such as `weight_decay`; a sequence where the form takes several numbers.

    Raises
    ------
    UsageError
        If there is no such form, a parameter is missing or unknown, or a number is out of its domain.

    >>> round(closed_form("half_life", lr=1e-3, weight_decay=0.1).value, 3)
    6931.125

    """
    form = find(name)
    options = {option.name: option for option in form.options}
    for word in parameters:
        if word not in options:
            raise UsageError(f"{form.name} takes no `{word}`", suggestion(word, list(options)) or "it takes nothing")
    given = {word: _checked(options[word], value) for word, value in parameters.items() if value is not None}
    missing = [option.name for option in form.options if option.required and option.name not in given]
    if missing:
        taken = (f"`{option.name}`{'' if option.required else ' (optional)'}" for option in form.options)
        needed = ", ".join(f"`{word}`" for word in missing)
        raise UsageError(f"{form.name} needs {needed}", f"it takes {', '.join(taken)}")
    try:
        value = form.function(**_arguments(form, given))
    except (ArithmeticError, ValueError):
        raise UsageError(f"{form.name} has no value for these numbers", f"it holds when {form.holds_when}") from None
    defaults = {option.name: option.default for option in form.options if option.default is not None}
    return Evaluation(form, {**defaults, **given}, value)


def _arguments(form: ClosedForm, given: Mapping[str, Any]) -> dict[str, Any]:
    """The function's own arguments; what was not given is left to its defaults."""
    found = {}
    for symbol, words in _words(form.topic, form.function).items():
        used = {word: given[word] for word in words if word in given}
        if used:
            found[symbol] = symbols.value(form.topic, symbol, used)
    return found


def _modules() -> Iterator[ModuleType]:
    for entry in pkgutil.iter_modules(theory.__path__):
        if not entry.name.startswith("_"):
            yield import_module(f"{theory.__name__}.{entry.name}")


def _public(module: ModuleType) -> Iterator[Callable[..., Any]]:
    for name, function in vars(module).items():
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
            yield function


def _form(module: ModuleType, function: Callable[..., Any], alone: bool) -> ClosedForm:
    topic = module.__name__.rpartition(".")[2]
    text = inspect.getdoc(function) or ""
    about = inspect.getdoc(module) or ""
    summary, _, formula = " ".join(text.partition("\n\n")[0].split()).partition(": ")
    arguments = inspect.signature(function).parameters
    return ClosedForm(
        name=function.__name__ if alone else f"{topic}.{function.__name__}",
        topic=topic,
        summary=summary,
        formula=formula.rstrip("."),
        remarks="\n\n".join(takewhile(lambda part: not re.match(_AFTER_REMARKS, part), text.split("\n\n")[1:])),
        conditions=(_line("Holds when", about), _line("Holds when", text)),
        source=_line("Source", text) or _line("Source", about),
        symbols={symbol: word for symbol in arguments if (word := symbols.meaning(topic, symbol)) != symbol},
        function=function,
    )


def _line(label: str, text: str) -> str:
    """What stands after a label at the beginning of a line, up to the next label or an empty line."""
    found = re.search(rf"^{label}: (.+?)(?=\n\n|\n[A-Z][a-z ]+: |\Z)", text, re.DOTALL | re.MULTILINE)
    return " ".join(found[1].split()).rstrip(".") if found else ""


def _words(topic: str, function: Callable[..., Any]) -> dict[str, Mapping[str, symbols.Word]]:
    """The words of each argument."""
    arguments = inspect.signature(function).parameters
    taken = {word for symbol in arguments if symbol != symbols.FACTORS for word in symbols.words(topic, symbol)}
    return {symbol: symbols.words(topic, symbol, taken) for symbol in arguments}


def _options(topic: str, function: Callable[..., Any]) -> tuple[FormOption, ...]:
    explained = dict(re.findall(r"^(\w+) : (.+?)\.?$", inspect.getdoc(function) or "", re.MULTILINE))
    arguments = inspect.signature(function).parameters
    options: dict[str, FormOption] = {}
    for symbol, words in _words(topic, function).items():
        parameter = arguments[symbol]
        for name, word in words.items():
            if word.needed is None:
                required = parameter.default is parameter.empty
                default = None if required else parameter.default
                option = FormOption(
                    name, _KINDS[parameter.annotation], explained.get(symbol, word.meaning), required, default
                )
            else:
                option = FormOption(name, _WORD_KINDS.get(name, "number"), word.meaning, word.needed)
            options.setdefault(name, option)
    return tuple(options.values())


def _checked(option: FormOption, value: Any) -> Any:
    """A value of the option's kind; every number in it finite, or the default."""
    if option.kind in ("numbers", "rows"):
        inner = replace(option, kind="numbers" if option.kind == "rows" else "number")
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise UsageError(f"`{option.name}` must be a list of numbers, not {value!r}")
        return tuple(_checked(inner, item) for item in value)
    if option.kind in ("text", "flag"):
        kind, wanted = (str, "a name") if option.kind == "text" else (bool, "true or false")
        if not isinstance(value, kind):
            raise UsageError(f"`{option.name}` must be {wanted}, not {value!r}")
        return value
    if option.kind == "whole":
        return whole(option.name, value, MOST_STEPS, least=-MOST_STEPS)
    # A default may be infinite.
    return value if isinstance(value, float) and value == option.default else checked(option.name, value)
