"""jieba's Chinese words, for who wants ROUGE or BLEU by word instead of by character.

It comes with the extra ``zh`` and is loaded at the first text. Its dictionary decides what a word
is, so its version is part of the signature.
"""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from harness.errors import TaskError

JIEBA = "jieba"


def jieba_version() -> str:
    """Return the version of jieba; TaskError if it isn't installed."""
    try:
        return version(JIEBA)
    except PackageNotFoundError:
        raise TaskError("the tokenizer jieba isn't installed; pip install 'aligntax[zh]'") from None


def jieba_words(text: str) -> list[str]:
    """Return words and punctuation marks in their order, without blanks."""
    return [word for word in _jieba().lcut(text) if not word.isspace()]


@cache
def _jieba() -> Any:
    import logging

    import jieba

    jieba.setLogLevel(logging.WARNING)  # it reports the loading of its dictionary on stderr
    return jieba.Tokenizer()  # of our own: a user's words in the global one would change scores
