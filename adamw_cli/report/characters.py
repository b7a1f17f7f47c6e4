"""Characters that a name or a path may have and a format may not."""

import re

# Line breaks of any kind, control characters, and lone surrogates, which stand for bytes of a file name that are no text.
_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What XML 1.0 has no way to write, not even as a reference; and the carriage return, which a parser would turn into a line feed.
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


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
