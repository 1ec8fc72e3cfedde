"""The texts of rows and documents, and how they are compared.

Texts are compared as tokens: after NFKC and in lower case, words of letters and digits, and CJK
characters one by one. Punctuation and blanks don't count.
"""

import unicodedata
from collections.abc import Iterator

from harness.metrics.tokenizers import cjk_tokens
from harness.privacy.identifiers import mask
from harness.records import JSON, Document

_MESSAGE = {"content", "value"}
_ASKED = ("context", "question", "prompt", "source", "text", "messages")


def tokens_of(text: str) -> list[str]:
    """Return the tokens by which texts are compared."""
    return cjk_tokens(unicodedata.normalize("NFKC", text))


def strings_in(value: JSON) -> Iterator[str]:
    """Yield the texts in a value, those of lists and objects too; of a message its content."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        names = _MESSAGE & set(value) or set(value)
        for name in value:
            if name in names:
                yield from strings_in(value[name])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings_in(item)


def question_of(document: Document) -> str:
    """Return what a document asks: its question with its context, prompt, source or text."""
    fields = {name: document.fields[name] for name in _ASKED if name in document.fields}
    return "\n".join(text for value in fields.values() for text in strings_in(value))


def excerpt(text: str, length: int = 60) -> str:
    """Return the beginning of a text on one line, without identifiers of persons."""
    line = " ".join(mask(text).split())  # before it is cut: half a number is found by nobody
    return line if len(line) <= length else f"{line[: length - 1]}…"
