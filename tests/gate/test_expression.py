"""`-k`: words with and, or, not and parentheses, against Python's own operators."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.gate.expression import parse

NAMES = ("alpha", "beta", "gamma")
expressions = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
        inner.map("not {}".format),
        inner.map("({})".format),
    ),
    max_leaves=12,
)


@given(expressions, st.sets(st.sampled_from(NAMES)))
def test_it_means_what_python_means_by_it(text: str, present: set[str]) -> None:
    expected = eval(text, {name: name in present for name in NAMES})
    assert parse(text)([name.upper() for name in present]) is expected


def test_a_word_is_found_anywhere_in_a_text_and_quotes_keep_spaces_and_operators() -> None:
    assert parse("half")(["a.yaml", "half_life"])
    assert parse("'weight[0] at step 5'")(["weight[0] at step 50"])
    assert not parse('"not"')(["a"])
    assert parse('"not"')(["knots"])
    assert parse("a.yaml")(["scenarios/a.yaml"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a and", "a word at character 6, found the end"),
        ("a b", "and, or, or the end at character 3, found 'b'"),
        ("or a", "a word at character 1, found 'or'"),
        ("(a", "')' at character 3, found the end"),
        ("a)", "found ')'"),
        ("()", "a word at character 2, found ')'"),
        ("not", "a word at character 4"),
        ("  ", "a word at character 3, found the end"),
        ("a or 'b", "the quote at character 6 has no end"),
        ("(" * 60 + "a" + ")" * 60, "deep"),
        ("not " * 60 + "a", "deep"),
    ],
)
def test_what_is_no_expression_says_where(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.message.startswith("`keyword`")  # the command line has its flag there
