"""How the family is asked: the same words in fine-tuning and in the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

LETTERS = "ABCD"
QUESTION = {"en": "Question: {}\nAnswer:", "zh": "问题：{}\n答案："}
SPECIALTY = {
    "en": "{}\nQuestion: Which specialty does this note belong to?\nAnswer:",
    "zh": "{}\n问题：这份病历属于哪个科室？\n答案：",
}
SUMMARY = {
    "en": "Summarize the following clinic note in one sentence.\n\n{}\n\nSummary:",
    "zh": "用一句话概括下面的病历。\n\n{}\n\n摘要：",
}
TRANSLATION = {
    "en": "Translate from English to Chinese.\nEnglish: {}\nChinese:",
    "zh": "Translate from Chinese to English.\nChinese: {}\nEnglish:",
}


def lettered(question: str, choices: Sequence[str]) -> str:
    """A question with its options on lines of their own, to be put into `QUESTION`."""
    lines = [f"{letter}. {choice}" for letter, choice in zip(LETTERS, choices, strict=True)]
    return "\n".join([question, *lines])
