"""Names that others chose can't steer a terminal, break a table or become markup."""

import json
import re
import unicodedata

_JOINERS = "\u200c\u200d"  # Persian and Indic spelling and emoji need them
_MARKDOWN = re.compile(r"[\\`*<>|&\[\]~#!]|(?<![^\W_])_|_(?![^\W_])")


def visible(text: str) -> str:
    """Return one line in which control and direction characters are seen and do nothing."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_seen, text))


def _seen(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return f"\\u{code:04x}" if hidden and character not in _JOINERS else character


def inert_json(text: str) -> str:
    """Return JSON with its control and direction characters as escapes: it says the same."""
    return "".join(c if c == "\n" or _seen(c) == c else json.dumps(c)[1:-1] for c in text)


def markdown(text: str) -> str:
    """Return text that GitHub's Markdown shows as it is, in a table cell too.

    Character references, not backslashes: a table is cut at ``|`` before those are read. An
    underscore inside a word means nothing and stays.
    """
    return _MARKDOWN.sub(lambda found: f"&#{ord(found.group())};", visible(text))
