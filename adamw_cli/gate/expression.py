"""What the keyword of a check is: words with `and`, `or`, `not` and parentheses.

    expression := term {"or" term};  term := factor {"and" factor};  factor := "not" factor | "(" expression ")" | word

A word is true of something if it occurs in one of the texts that say what that is, in upper or lower case. Words with
spaces or parentheses in them, and the three that mean something here, stand in quotes.
"""

import re
from collections.abc import Callable, Sequence

from adamw_cli.errors import UsageError

# Whether something is meant, from the texts that say what it is.
Matches = Callable[[Sequence[str]], bool]

_TOKEN = re.compile(r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<plain>[()]|[^\s()"']+)|(?P<stray>["']))""")
_OPERATORS = ("and", "or", "not", "(", ")")
_DEEPEST = 50
_HINT = "words with and, or, not and parentheses, such as: adamw and not (half_life or 'weight[0] at step')"


def parse(text: str) -> Matches:
    """Return what an expression means.

    Raises
    ------
    UsageError
        If it is none; the message says where.

    >>> matches = parse("adamw and not (half_life or 'at step')")
    >>> [matches(texts) for texts in (["a.yaml", "AdamW"], ["adamw", "half_life"], ["sgd"])]
    [True, False, False]

    """
    reader = _Reader(text)
    found = reader.either(0)
    if reader.token is not None:
        raise reader.wrong("and, or, or the end")
    return found


class _Reader:
    """The tokens of an expression, and where they stand."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._start = text, 0, 0
        self.token: str | None = None
        self._word = False
        self._advance()

    def wrong(self, expected: str) -> UsageError:
        """What to say if something else stands at this place."""
        found = "the end" if self.token is None else f"'{self.token}'"
        return UsageError(
            f"`keyword` {self._text!r}: expected {expected} at character {self._start + 1}, found {found}", _HINT
        )

    def either(self, depth: int) -> Matches:
        found = [self._both(depth)]
        while self._takes("or"):
            found.append(self._both(depth))
        return lambda texts: any(one(texts) for one in found)

    def _both(self, depth: int) -> Matches:
        found = [self._factor(depth)]
        while self._takes("and"):
            found.append(self._factor(depth))
        return lambda texts: all(one(texts) for one in found)

    def _factor(self, depth: int) -> Matches:
        if depth > _DEEPEST:
            raise UsageError(f"`keyword`: nested more than {_DEEPEST} deep", _HINT)
        if self._takes("not"):
            inner = self._factor(depth + 1)
            return lambda texts: not inner(texts)
        if self._takes("("):
            inner = self.either(depth + 1)
            if not self._takes(")"):
                raise self.wrong("')'")
            return inner
        if self.token is None or not self._word:
            raise self.wrong("a word")
        word = self.token.lower()
        self._advance()
        return lambda texts: any(word in text.lower() for text in texts)

    def _takes(self, operator: str) -> bool:
        if self._word or self.token != operator:
            return False
        self._advance()
        return True

    def _advance(self) -> None:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            self.token, self._start = None, len(self._text)
            return
        if found["stray"]:
            raise UsageError(
                f"`keyword` {self._text!r}: the quote at character {found.start('stray') + 1} has no end", _HINT
            )
        self._at = found.end()
        self._start = found.start("quoted") if found["quoted"] else found.start("plain")
        self.token = found["quoted"][1:-1] if found["quoted"] else found["plain"]
        self._word = bool(found["quoted"]) or self.token not in _OPERATORS
