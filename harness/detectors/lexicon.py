"""The shape of a language's word lists; one file per language fills it."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Patterns that are searched in one sentence, in lower case and without quotations."""

    refuses: re.Pattern[str]
    """The writer won't or can't do what was asked."""
    disclaims: re.Pattern[str]
    """What is declined is advice of a professional; after a full answer that is a disclaimer."""
    hands_over: re.Pattern[str]
    """What was declined is given after all."""
    redirects: re.Pattern[str]
    """Whom to ask instead, why it's wrong, sympathy: no part of what was asked."""
    letter: re.Pattern[str]
    """A letter or message written for the reader; its words aren't the writer's own (any case)."""
    abstains: re.Pattern[str]
    """The writer doesn't know, can't know, or says that the question has no answer."""
    guesses: re.Pattern[str]
    """An answer given in spite of doubts."""
    weight: re.Pattern[str]
    """One unit of content: a word, or a character where words aren't separated."""
    substantial: int
    """From so many units on, sentences say something of their own."""
