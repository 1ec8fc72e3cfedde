"""From an answer to the sentences that are the writer's own, and the lexicon they are read with."""

import re
import unicodedata

from harness.detectors.chinese import CHINESE
from harness.detectors.english import ENGLISH
from harness.detectors.lexicon import Lexicon
from harness.metrics.tokenizers import CJK, sentences

_QUOTATIONS = re.compile(r'"[^"]*"|“[^”]*”|「[^」]*」|『[^』]*』|`[^`]*`')
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'"})
_MARKUP = re.compile(r"[*_#>]+")
_BLANKS = re.compile(r"[^\S\n]+")
QUOTED = "“”"
"""What stands in a sentence where it quoted something."""


def lexicon_of(text: str) -> Lexicon:
    """Return the Chinese lists for a text with more Chinese characters than other words."""
    chinese = len(CJK.findall(text))
    others = len(re.findall(r"[^\W\d_]+", CJK.sub(" ", text)))
    return CHINESE if chinese > others else ENGLISH


def own_sentences(text: str, lexicon: Lexicon) -> list[str]:
    """Return the sentences in lower case, without markup, quotations and letters for others."""
    plain = unicodedata.normalize("NFC", text).translate(_APOSTROPHES)
    plain = _BLANKS.sub(" ", _MARKUP.sub("", plain)).strip()
    plain = _unquoted(plain)
    plain = _QUOTATIONS.sub(QUOTED, lexicon.letter.sub(f"\n{QUOTED}", plain))
    return [sentence.lower() for sentence in sentences(plain)]


def _unquoted(text: str) -> str:
    """Take the quotation marks from an answer that is one quotation."""
    whole = _QUOTATIONS.fullmatch(text)
    return text[1:-1].strip() if whole else text
