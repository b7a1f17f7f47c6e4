"""Characters that a name or a path may have and a format may not."""

import os
import re

# Line breaks of any kind, control characters, and lone surrogates, which stand for bytes of a file name that are no text.
_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What XML 1.0 has no way to write, not even as a reference; and the carriage return, which a parser would turn into a line feed.
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# What a terminal obeys, what hides or turns round the text beside it, and what is no character; not the end of a line, and no tab.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ud800-\udfff\ufeff\uffa0\U000e0000-\U000e0fff]"
)
# What our colours have between ESC and `[`, which nobody else can know.
PEN = os.urandom(8).hex()
_OR_COLOUR = re.compile(rf"\x1b{PEN}(\[[0-9;]*m)|{_UNSEEN.pattern}")
# Logs of builds are obeyed, too: Azure's and TeamCity's anywhere in a line, GitHub's at its start.
_AZURE = re.compile(r"##(?=vso\[|\[|teamcity\[)")
_GITHUB = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)


def harmless(text: str, *, commands: bool = False) -> str:
    r"""A text for a terminal or a log, which shows it and obeys nothing in it; what they would obey becomes escapes such as `\x1b`.

    Colours with our PEN stay. commands : so do GitHub's commands, which are ours.
    """
    if text.isascii() and text.isprintable() and "::" not in text and "##" not in text:
        return text
    found = _OR_COLOUR.sub(lambda m: f"\x1b{m[1]}" if m[1] else _escape(m), text)
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
