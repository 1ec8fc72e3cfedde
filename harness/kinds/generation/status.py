"""The status of a generated text, and why it doesn't match.

A text that matches is ``ok``. What a match is follows from the task's metrics: the right final
number (``strict``, ``flexible``), an equal answer (``exact_match``), else the very words of a
reference. For the others the first that applies; it never changes a score:

- ``empty``: nothing but blanks.
- ``refusal``: :func:`harness.detectors.refusal.is_refusal`, unless a reference reads so, too.
- ``wrong_language``: Chinese or Japanese was asked for and no letter of the answer is CJK; any
  other language, and more than half of the letters are. A reference that breaks the rule itself
  (a drug name in Latin letters) lifts it.
- ``truncated``: ``max_tokens`` ended the answer.
- ``no_answer``: a final number was asked for and there is none.
- ``ok``: wrong all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.detectors.language import is_foreign
from harness.detectors.refusal import is_refusal
from harness.metrics import exact_match, final_answer
from harness.metrics.outcomes import Text
from harness.records import Generation, Status

Match: TypeAlias = Literal["strict", "flexible", "exact", "words"]


def match_of(metrics: Sequence[str]) -> Match:
    """Return what a match is where these metrics are asked for; the first that says so decides."""
    for name in metrics:
        for rule in final_answer.RULES:
            if name in final_answer.NAMES and name.startswith(rule):
                return rule
        if name == "exact_match":
            return "exact"
    return "words"


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges answers in one language (``en``, ``zh``) by one kind of match."""

    language: str
    match: Match

    def status(self, outcome: Text, response: Generation) -> tuple[Status, str | None]:
        """Return the status and the reason; no reason for a match."""
        answer, references = outcome.prediction, outcome.references
        if not answer:
            return "empty", "empty"
        if self._matches(outcome):
            return "ok", None
        if is_refusal(answer) and not any(map(is_refusal, references)):
            return "refusal", "refusal"
        foreign = is_foreign(answer, self.language)
        if foreign and not any(is_foreign(text, self.language) for text in references):
            return "wrong_language", f"wrong_language: not {self.language}"
        if response.finish[0] == "length":
            return "truncated", f"truncated: {response.tokens[0]} tokens"
        return self._other_than(answer)

    def _matches(self, outcome: Text) -> bool:
        if self.match == "words":
            return outcome.prediction in outcome.references
        if self.match == "exact":
            return exact_match.matches(outcome, self.language)
        return final_answer.is_right(outcome, self.match)

    def _other_than(self, answer: str) -> tuple[Status, str]:
        if self.match == "words":
            return "ok", "wrong"
        if self.match != "exact" and final_answer.final_number(answer, self.match) is None:
            return "no_answer", "no_answer: no final number"
        return "ok", "wrong"
