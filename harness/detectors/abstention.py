"""Does a short answer abstain: not known, not knowable, or a question without an answer?

An answer abstains if a sentence of it says so and no guess follows ("I'm not sure, but I think it
is ..."), or if it refuses in full. The word lists are English and Chinese;
:mod:`harness.detectors.quality` holds how often they are wrong.
"""

from harness.detectors.passages import lexicon_of, own_sentences
from harness.detectors.refusal import is_refusal

VERSION = 1
"""Raised when the rules change; part of the signature of every metric that reads a verdict."""


def abstains(text: str) -> bool:
    """Say whether an answer abstains; its language is told from its script."""
    lexicon = lexicon_of(text)
    sentences = own_sentences(text, lexicon)
    if lexicon.guesses.search(" ".join(sentences)):
        return False
    return any(lexicon.abstains.search(s) for s in sentences) or is_refusal(text)
