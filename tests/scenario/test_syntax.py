"""What is not YAML, or YAML that a scenario does not use: the place, and words for it."""

from __future__ import annotations

import pytest

from adamw_cli.errors import ScenarioError
from adamw_cli.scenario.load import MAX_BYTES, decode, load_text
from tests.scenario.cases import BASE, changed, found, load, message, problems

SYNTAX = [
    # changed text, what is marked, words
    (changed("  adamw", "\tadamw"), "S004 6:1", "indent with spaces, not with tabs"),
    (changed("steps: 7000", "steps:\t7000"), "S004 4:7", "a tab may not stand here"),
    (changed("  adamw: {lr: 1e-3}", "  adamw:\n    lr: 1e-3\n\teps: 0"), "S004 8:1", "indent with spaces"),
    (changed("[0.1, 100.0]", "[0.1,\n\t100.0]"), "S004 4:1", "indent with spaces"),
    (changed("steps: 7000", "steps 7000"), "S004 4:1 s", "write a colon and a space after the key"),
    (changed("steps: 7000", "steps:7000"), "S004 4:1 s", "write a space after the colon"),
    (changed("version: 1", "version:1"), "S004 1:1 v", "write a space after the colon"),
    (changed(more="name\n"), "S004 7:1 n", "write a colon and a space after the key"),
    (changed("100.0]", "100.0"), "S004 3:8 [", "this '[' is not closed"),
    (changed("1e-3}", "1e-3"), "S004 6:10 {", "this '{' is not closed"),
    (changed("1e-3}", "1e-3", "expect: []\n"), "S004 6:10 {", "write '}' at its end"),
    (changed("100.0]", "100.0}"), "S004 3:19 }", "expected ',' or ']' before this"),
    (changed("1e-3}", "1e-3 eps: 0}"), "S004 6:23 :", "separate values by commas"),
    (changed("1e-3}", "1e-3,, eps: 0}"), "S004 6:20 ,", "a value is missing before this"),
    (changed("1e-3}", "1e-3}}"), "S004 6:20 }", "does not fit in"),
    (changed(more="name: 'a\n"), "S004 7:7 '", "this quotation mark is not closed"),
    (changed(more='name: "a\\d"\n'), "S004 7:9 \\", "no such escape in double quotes"),
    (changed(more='name: "a"\ndescription: "\\UFFFFFFFF"\n'), "S004 8:15 \\", "this escape stands for no character"),
    (changed(more='name: "\\ud800x"\n'), 'S004 7:7 "\\ud800x"', "half a character"),
    (changed(more="name: @x\n"), "S004 7:7 @", "a value may not start with '@'"),
    (changed(more="name: `x`\n"), "S004 7:7 `", "put the text in quotes"),
    (changed(more="name: %x\n"), "S004 7:7 %", "put the text in quotes"),
    (changed(more="name: a: b\n"), "S004 7:8 :", "put a text that contains ': ' in quotes"),
    (changed(more="name: a\n  seed: 1\n"), "S004 8:7 :", "check the indentation"),
    (changed("  adamw: {lr: 1e-3}", "  adamw: {lr: 1e-3}\n sgd: {lr: 1}"), "S004 7:2 s", "check the indentation"),
    (changed(more="- a\n"), "S004 7:1 -", "does not fit in"),
    (changed(more="expect: - a\n"), "S004 7:9 -", "start each '- ' on a line of its own"),
    (changed(more="expect:\n  - a\n  tags: []\n"), "S004 9:3 t", "check the indentation"),
    (changed(more="name: 'a' b\n"), "S004 7:11 b", "does not fit in"),
    (changed(more="? [a]\n: b\n"), "S004 7:3 [a]", "a key must be text"),
    (changed(more="{a: 1}: b\n"), "S004 7:1 {a: 1}", "a key must be text"),
    ("%YAML 9.1\n---\n" + BASE, "S004 1:1 %", "this directive is not understood"),
    ("%YAML 1." + "1" * 5000 + "\n---\n" + BASE, "S004", ""),
]


@pytest.mark.parametrize(("text", "marked", "words"), SYNTAX)
def test_syntax_errors_have_a_place_and_plain_words(text: str, marked: str, words: str) -> None:
    assert found(text) == [marked]
    assert words in message(text)
    assert "while scanning" not in message(text)


def test_a_syntax_error_as_it_is_printed() -> None:
    assert message(changed("1e-3}", "1e-3", "expect: []\n")) == (
        "a.yaml:6:10: error[S004]: this '{' is not closed\n"
        "    6 |   adamw: {lr: 1e-3\n"
        "      |          ^ write '}' at its end; there may also be a comma missing"
    )
    assert message(changed("  adamw", "\tadamw")) == (
        "a.yaml:6:1: error[S004]: a tab may not stand here\n"
        "    6 | \tadamw: {lr: 1e-3}\n"
        "      | ^ indent with spaces, not with tabs"
    )


CHARACTERS = [
    ("\0", "is this a binary file"),
    ("\x07", "U+0007"),
    ("\x1b", "U+001B"),
    ("\x7f", "U+007F"),
    ("\x85", "invisible line break"),
    ("\u2028", "U+2028"),
    ("\u2029", "invisible line break"),
    ("\ud800", "U+D800"),
    ("\uffff", "U+FFFF"),
]


@pytest.mark.parametrize(("character", "words"), CHARACTERS)
def test_characters_that_may_not_stand_in_a_scenario(character: str, words: str) -> None:
    text = changed(more=f"name: ab{character}c\n")
    assert [(p.code, p.location()) for p in problems(text)] == [("S004", "a.yaml:7:9")]
    assert words in message(text)


def test_invisible_characters_are_not_printed() -> None:
    for text in (changed(more="na\u202eme: 1\n"), changed(more='"na\\e[31mme": 1\n'), changed(more='name: "\\0"\n')):
        assert [p.code for p in problems(text)] in (["S101"], ["S104"])  # problems() looks at what is printed
    assert "unknown key 'na\\x1b[31mme'" in message(changed(more='"na\\e[31mme": 1\n'))


NOT_HERE = [
    (changed(more="seed: 1\nname: a\nseed: 2\n"), ["S005 9:1 seed"]),
    (changed("1e-3}", "1e-3, lr: 2}"), ["S005 6:21 lr"]),
    (changed("1e-3}", '1e-3, "lr": 2}'), ['S005 6:21 "lr"']),
    (changed(more="  adamw: {lr: 1}\n"), ["S005 7:3 adamw"]),
    (changed(more="expect: [{metric: half_life, above: {of: adamw, of: adamw}}]\n"), ["S005 7:49 of"]),
    (changed("7000", "&n 7000", "seed: *n\n"), ["S006 4:8 &n", "S006 7:7 *n"]),
    (changed("{lr", "&a {lr", "  b:\n    <<: *a\n    kind: adamw\n"), ["S006 6:10 &a", "S006 8:9 *a"]),
    (changed("1e-3}", "1e-3, <<: {eps: 0}}"), ["S006 6:21 <<"]),
    ("!!python/object/apply:os.system [echo]\n", ["S007 1:1 !!python/object/apply:os.system"]),
    (changed("7000", "!!str 7000"), ["S007 4:8 !!str"]),
    (changed("7000", "!x 7000"), ["S007 4:8 !x"]),
    (changed("7000", "! 7000"), ["S007 4:8 !"]),
    (changed("7000", "!!int 7000", "name: !!str 7\n"), ["S007 4:8 !!int", "S007 7:7 !!str"]),
    (BASE + "---\n" + BASE, ["S008 7:1 -"]),
    (BASE + "...\n---\n", ["S008 8:1 -"]),
    (changed(more="x: " + "[" * 100_000), ["S009 7:35 ["]),
    (changed(more="x: " + "{a: " * 100_000), ["S009 7:128 {"]),
    (changed(more="x:\n" + "".join("  " * n + f" k{n}:\n" for n in range(50))), ["S009 39:64 k"]),
    (changed(more="x: [" + "1," * 10_000 + "]\n"), ["S009 7:19963 1"]),
]


@pytest.mark.parametrize(("text", "marked"), NOT_HERE, ids=range(len(NOT_HERE)))
def test_yaml_that_a_scenario_does_not_use(text: str, marked: list[str]) -> None:
    assert found(text) == marked


def test_a_billion_laughs_are_refused_before_they_are_built() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    codes = {p.code for p in problems("\n".join(lines))}
    assert codes == {"S006"}


def test_a_duplicate_key_hides_no_other_mistake() -> None:
    assert found(changed("7000", "-1", "seed: 1\nseed: 1\n")) == ["S105 4:8 -1", "S005 8:1 seed"]
    assert "it stands in line 7 already" in message(changed(more="seed: 1\nseed: 2\n"))


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "--- # x\n...\n", "~\n", "null", "\ufeff", "{}"])
def test_empty_files(text: str) -> None:
    if text == "{}":
        assert [short.split()[0] for short in found(text)] == ["S102"] * 5
    else:
        assert message(text) == "a.yaml: error[S010]: the file is empty\n  `adamw init` writes a starter scenario"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("- 1\n", "a list"),
        ("abc", "the text 'abc'"),
        ("42", "42"),
        ("true", "the boolean true"),
        ("'7'", "the text '7'"),
        ("# c\n\n  [1, 2]", "a list"),
    ],
)
def test_a_scenario_is_a_mapping(text: str, what: str) -> None:
    problem = problems(text)[0]
    assert (problem.code, problem.message) == ("S104", f"a scenario is a mapping of keys to values, found {what}")
    assert problem.location() == ("a.yaml:3:3" if "#" in text else "a.yaml:1:1")


def test_keys_that_are_not_text_count_as_they_are_written() -> None:
    assert found(changed(more="7: x\ntrue: x\n~: x\n1e3: x\n")) == [
        "S101 7:1 7",
        "S101 8:1 true",
        "S101 9:1 ~",
        "S101 10:1 1e3",
    ]
    assert list(load(changed("adamw:", "7:").replace("lr:", "kind: adamw, lr:")).optimizers) == ["7"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    assert load(BASE.replace("\n", end)) == load()
    assert found(changed("7000", "x").replace("\n", end)) == ["S104 4:8 x"]
    assert found(changed("100.0]", "100.0").replace("\n", end)) == ["S004 3:8 ["]
    assert found(changed(more="name: a\x00\n").replace("\n", end)) == ["S004 7:8 \ufffd"]


def test_a_byte_order_mark_counts_as_nothing() -> None:
    assert found("\ufeff" + changed("1\n", "2\n")) == ["S111 1:10 2"]
    assert decode(b"\xef\xbb\xbf" + BASE.encode(), "a") == BASE


def test_wide_and_combining_characters_count_one_by_one() -> None:
    assert found(changed(more="description: 重み減衰\nname: [重み]\n")) == ["S104 8:7 [重み]"]
    assert found(changed("1e-3}", "1e-3, größe: 1}")) == ["S101 6:21 größe"]
    assert found(changed("adamw", "\U0001f600 e\u0301")) == ["S103 6:3 \U0001f600 e\u0301"]


def test_the_caret_stays_on_the_screen() -> None:
    text = changed("[0.1, 100.0]", f"[{'0.5, ' * 500} -x, {'0.5, ' * 500}]")
    assert found(text) == ["S104 3:2510 -x"]
    shown = problems(text)[0].render().split("\n")
    assert max(map(len, shown)) < 120
    caret = shown[2].index("^")
    assert shown[1][caret : caret + 2] == "-x"
    assert shown[2][caret : caret + 2] == "^^"


def test_size() -> None:
    filler = "#" * (MAX_BYTES - len(BASE))
    assert load(BASE + filler) == load()
    assert found(BASE + filler + "#") == ["S003"]
    with pytest.raises(ScenarioError, match="S003"):
        decode(b" " * (MAX_BYTES + 1), "a.yaml")
    assert found(BASE + "#" + "é" * (MAX_BYTES // 2)) == ["S003"]


def test_the_source_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"^<text>: error\[S010\]"):
        load_text("")


BYTES = [
    ("größe: 1".encode("latin-1"), "S002", "a.yaml:1:3", "save it as UTF-8"),
    (b"a: 1\r\nb: \xff\n", "S002", "a.yaml:2:4", "(byte 9)"),
    (BASE.encode("utf-16"), "S002", "a.yaml", "it looks like UTF-16"),
    (b"\x89PNG\r\n\x1a\n\0\0\0", "S002", "a.yaml", "it looks like a binary file"),
]


@pytest.mark.parametrize(("raw", "code", "place", "words"), BYTES)
def test_bytes_that_are_no_text(raw: bytes, code: str, place: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        decode(raw, "a.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.location()) == (code, place)
    assert words in problem.render()
