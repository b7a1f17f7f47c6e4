"""Characters that a name or a path may have and a format may not."""

import re

# Line breaks of any kind, control characters, and lone surrogates, which stand for bytes of a file name that are no text.
_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What XML 1.0 has no way to write, not even as a reference; and the carriage return, which a parser would turn into a line feed.
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


# What a terminal obeys, what hides or turns round the text beside it, and what is no character; not the end of a line, and no tab.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)
_OR_COLOUR = re.compile(rf"\x1b\[[0-9;]*m|{_UNSEEN.pattern}")
# Logs of builds are obeyed, too: Azure's anywhere in a line, GitHub's at its start.
_AZURE = re.compile(r"##(?=vso\[|\[)")
_GITHUB = re.compile(r"^([ \t]*):(?=:)", re.MULTILINE)


def harmless(text: str, *, styled: bool = False, commands: bool = False) -> str:
    r"""A text for a terminal or a log, which shows it and obeys nothing in it; what they would obey becomes escapes such as `\x1b`.

    styled : colours are ours, and stay. commands : so are GitHub's commands.
    """
    if text.isascii() and text.isprintable() and "::" not in text and "##" not in text:
        return text
    found = (_OR_COLOUR if styled else _UNSEEN).sub(lambda m: m[0] if len(m[0]) > 1 else _escape(m), text)
    found = _AZURE.sub(r"#\\u0023", found)
    return found if commands else _GITHUB.sub(r"\1\\u003a", found)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    r"""Whatever breaks a line, or is no character at all, as an escape such as `\n` or `\udc80`."""
    return _BREAKING.sub(_escape, text)


def encodable(text: str) -> str:
    r"""A text that UTF-8 can encode: lone surrogates become escapes such as `\udc80`."""
    return _SURROGATE.sub(_escape, text)


def xml_text(text: str) -> str:
    """A text that may stand in XML 1.0, after the usual escaping of markup."""
    return _NOT_XML.sub(_escape, text)
