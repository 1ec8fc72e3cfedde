r"""When are two short answers the same? SQuAD's rule, as MLQA carried it to other languages.

NFKC (full-width letters and digits become ASCII), lower case, no punctuation of any script, no
articles, single blanks. CJK characters stand alone, so a blank between them never matters. It is
``normalize_answer`` of SQuAD v1.1 (Rajpurkar et al. 2016) and of ``mlqa_evaluation_v1.py`` (Lewis
et al. 2020, arXiv 1910.07475), which removes the Unicode category P besides ASCII punctuation;
NFKC is ours. A text of which nothing would be left ("The ...", "?") is compared as it stands.
"""

import re
import string
import unicodedata

from harness.metrics.tokenizers import CJK, is_cjk_language

RULE = "norm:squad-nfkc"
"""How signatures name it."""

_ARTICLES = {
    "en": re.compile(r"\b(?:a|an|the)\b"),
    "es": re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b"),
    "de": re.compile(r"\b(?:ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
}


def answer_tokens(text: str, language: str) -> list[str]:
    """Return an answer's normalised tokens: words, and CJK characters one by one."""
    plain = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(char for char in plain if not _is_punctuation(char))
    if language in _ARTICLES:
        kept = _ARTICLES[language].sub(" ", kept)
    return _cut(kept, language) or _cut(plain, language)


def _is_punctuation(char: str) -> bool:
    return char in string.punctuation or unicodedata.category(char).startswith("P")


def _cut(text: str, language: str) -> list[str]:
    return (CJK.sub(r" \g<0> ", text) if is_cjk_language(language) else text).split()
