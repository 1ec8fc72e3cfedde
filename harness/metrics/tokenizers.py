"""The language of a text decides how metrics cut it; the choice is part of their signature.

rouge-score keeps only ``[a-z0-9]``, so identical Chinese texts score 0.0; BLEU's default ``13a``
cuts at blanks, so identical Chinese texts score 0.0 as well.
"""

import re
from collections.abc import Callable

Tokenize = Callable[[str], list[str]]

# Han with its extensions, iteration marks, kana (half width too) and bopomofo: scripts that are
# written without blanks, where one character is one token.
_CJK = (
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
CJK = re.compile(f"[{_CJK}]")

_CJK_TOKEN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"\n|(?<=[.!?])\s+|(?<=[。！？])")

_BLEU = {"zh": "zh", "yue": "zh", "ja": "char"}  # ja-mecab would need an extra
_CJK_LANGUAGES = frozenset(_BLEU)


def target_language(tag: str) -> str:
    """Return the primary language that answers are written in.

    ``zh`` -> ``zh``, ``en-US`` -> ``en``, ``zh-Hans-CN`` -> ``zh``; of a translation pair it is
    the second: ``en-zh`` -> ``zh``. Language subtags are in lower case and have 2 or 3 letters.
    """
    subtags = [part for part in tag.split("-") if re.fullmatch("[a-z]{2,3}", part)]
    return subtags[-1] if subtags else tag.split("-")[0].lower()


def is_cjk_language(language: str) -> bool:
    """Say whether a language is written in CJK characters without blanks."""
    return language in _CJK_LANGUAGES


def bleu_tokenizer(language: str) -> str:
    """Return the name of sacrebleu's tokenizer for a target language."""
    return _BLEU.get(language, "13a")


def rouge_tokenizer(language: str) -> str:
    """Return the name of the ROUGE tokenizer for a language.

    ``rouge-score``: its own, for English, so that published numbers compare. ``cjk``: one token per
    CJK character, words for the rest. ``words``: runs of letters and digits of any script in lower
    case. On ASCII text all three agree.
    """
    if language == "en":
        return "rouge-score"
    return "cjk" if is_cjk_language(language) else "words"


def cjk_tokens(text: str) -> list[str]:
    """Return CJK characters one by one and runs of other letters and digits, in lower case."""
    return _CJK_TOKEN.findall(text.lower())


def words(text: str) -> list[str]:
    """Return runs of letters and digits of any script, in lower case."""
    return _WORD.findall(text.lower())


def sentences(text: str) -> list[str]:
    """Cut a text at newlines, after ``.!?`` before a blank, and after ``。！？``."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
