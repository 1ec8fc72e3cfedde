"""The words a question is framed with, one row per language.

A language that isn't in the table is asked with the English words. Chinese puts no blank between
the cue and the answer, because a blank there never occurs in Chinese text.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Cues of one language; ``delimiter`` separates a question from its answer in plain format."""

    question: str
    answer: str
    which_label: str
    several: str
    comma: str
    delimiter: str

    def ask(self, question: str, choices: Sequence[str] = ()) -> str:
        """Return the framed question; ``choices`` are lines between it and the answer cue."""
        return "\n".join([f"{self.question}{question}", *choices, self.answer])

    def ask_for_label(self, labels: Sequence[str]) -> str:
        """Return the question which of the labels fits a text."""
        return self.which_label.format(labels=self.comma.join(labels))


_WORDING = {
    "en": Wording(
        question="Question: ",
        answer="Answer:",
        which_label="Which of these labels fits the text: {labels}?",
        several="One or more are right. Answer with their letters, separated by commas.",
        comma=", ",
        delimiter=" ",
    ),
    "zh": Wording(
        question="问题：",
        answer="答案：",
        which_label="下列哪个标签符合上述文本：{labels}？",
        several="正确选项有一个或多个，请写出全部正确选项的字母，用顿号隔开。",
        comma="、",
        delimiter="",
    ),
}


def wording(language: str) -> Wording:
    """Return the words for a BCP 47 tag (``zh-Hans`` is ``zh``); English if there are none."""
    return _WORDING.get(language.split("-")[0].lower(), _WORDING["en"])
